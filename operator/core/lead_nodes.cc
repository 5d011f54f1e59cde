// Nodes on their way out of service and back: the next steps of all nodes, as the rules order them and the view shows them.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/hash.h"
#include "core/node_life.h"
#include "core/profile_status.h"
#include "core/state.h"
#include "core/step_run.h"

namespace drover {
namespace {

constexpr Duration kEvictionRetry = seconds{10};  // after a refusal, as PodDisruptionBudgets give
constexpr Duration kEvictionSeen = minutes{1};    // until the view shows the pod's end
constexpr Duration kProfileLook = seconds{30};
constexpr Duration kMarkRetry = seconds{5};
// A confirmed mark that the view has not shown for so long was changed by someone else meanwhile.
constexpr Duration kUnseenMarkExpires = minutes{1};

}  // namespace

void StepRun::lead_nodes() {
  plan_questions();
  std::erase_if(s_.marks, [&](const auto& entry) {
    const PendingMark& mark = entry.second;
    const Node* node = view_.node(entry.first);
    const bool seen = node == nullptr || (mark.answered && node->marks.life == mark.to);
    return seen || (mark.answered && now_ - *mark.answered > kUnseenMarkExpires) || (mark.id == 0 && now_ >= mark.retry_at);
  });
  std::erase_if(s_.drains, [&](const auto& entry) {
    const Node* node = view_.node(entry.first);
    return node == nullptr || node->marks.life != NodeLife::Draining;
  });
  std::set<std::string> leading;  // uids of the policies whose marks stay
  for (auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    const bool enforces = policy.spec.mode == PolicyMode::Enforce;
    if (!memory.active) continue;  // what it cannot lead it does not hold
    if (memory.rule->leads_nodes() && enforces) leading.insert(ref.uid);
    for (LifeStep& step : memory.rule->lead_nodes(policy, look_)) {
      if (enforces) take(std::move(step));
    }
  }
  for (LifeStep& step : release_steps(view_, leading, s_.lives, s_.power, s_.options, now_)) take(std::move(step));
  for (const auto& [node, mark] : s_.marks) {
    if (mark.id == 0) wake(mark.retry_at);
    if (mark.answered) wake(*mark.answered + kUnseenMarkExpires + milliseconds{1});
  }
}

// A node is drained of its pods from when its VMs are gone until it is in another life; each pod is asked once at a time.
void StepRun::evict(LifeStep& step) {
  Drain& drain = s_.drains.try_emplace(step.node, Drain{.began = now_}).first->second;
  for (EvictPod& effect : step.evictions) {
    if (auto violation = broken_by(effect, view_, look_.plan(), s_.leading)) {
      result_.violations.push_back(std::move(*violation));
      continue;
    }
    PendingEviction& pending = drain.evictions[effect.pod];
    pending = {.pod_uid = effect.pod_uid, .refused = pending.refused};
    pending.id = emit(std::move(effect));
  }
}

bool StepRun::eviction_answered(EffectId id, const Result<std::string>& outcome) {
  for (auto& [node, drain] : s_.drains) {
    for (auto& [pod, eviction] : drain.evictions) {
      if (eviction.id != id) continue;
      eviction.id = 0;
      eviction.refused = outcome ? "" : outcome.error().message;
      eviction.retry_at = now_ + (outcome ? kEvictionSeen : kEvictionRetry);
      look_now_ = true;
      return true;
    }
  }
  return false;
}

// Looked at once in a while: nobody decides by it.
void StepRun::write_profile_statuses() {
  if (view_.power_profiles.empty()) return;
  if (s_.profiles_looked != Instant{} && now_ < s_.profiles_looked + kProfileLook) return;
  s_.profiles_looked = now_;
  for (auto& [name, status] : profile_statuses(view_, s_.power, *s_.use, now_)) {
    CoreState::WrittenProfile& written = s_.profiles[name];
    if (written.id != 0) continue;
    if (written.at != Instant{} && written.status.ready == status.ready) status.since = written.status.since;
    const bool due = written.at == Instant{} || differ_in_state(written.status, status) ||
                     (written.status != status && now_ >= written.at + kProfileFigures);
    if (due) written = {.status = status, .at = now_, .id = emit(WriteProfileStatus{name, std::move(status)})};
  }
  std::erase_if(s_.profiles, [&](const auto& entry) { return !view_.power_profiles.contains({"", entry.first}); });
}

// One that was refused is written again at the next look but for its figures' time.
bool StepRun::profile_answered(EffectId id, const Result<std::string>& outcome) {
  for (auto& [name, written] : s_.profiles) {
    if (written.id != id) continue;
    written.id = 0;
    if (!outcome) written.status = {};
    return true;
  }
  return false;
}

void StepRun::take(LifeStep step) {
  if (step.drains && !step.mark) evict(step);
  if (step.due) wake(*step.due);
  if (step.poll && !step.mark) plan_question(*view_.node(step.node), *step.poll);
  if (s_.marks.contains(step.node)) return;  // its last mark is not seen yet
  std::optional<Violation> violation;
  if (step.mark) {
    // One node leaves at a time: the reserve is reckoned on what the view shows.
    const auto leaves = [](NodeLife to) { return to == NodeLife::Retiring || to == NodeLife::PoweringOff; };
    const NodeLife next = step.mark->marks.life;
    const auto same = [&](const auto& entry) { return entry.second.to == next && entry.second.id != 0; };
    if (step.in_turn && std::any_of(s_.marks.begin(), s_.marks.end(), same)) return;
    const auto leaving = [&](const auto& entry) { return leaves(entry.second.to) && entry.second.id != 0; };  // not refused
    if (leaves(step.mark->marks.life) && std::any_of(s_.marks.begin(), s_.marks.end(), leaving)) return;
    violation = broken_by(*step.mark, view_, look_.plan(), s_.leading, s_.options);
    if (!violation) {
      const NodeLife to = step.mark->marks.life;
      if (const auto talk = s_.talks.find(step.node); talk != s_.talks.end()) talk->second.ordered = Instant{};
      s_.marks[step.node] = {.id = emit(std::move(*step.mark)), .to = to};
    }
  } else if (step.power) {
    PowerTalk& talk = s_.talks[step.node];
    const bool again = talk.ordered != Instant{} && talk.request == step.power->request;
    if (talk.ordering != 0) return;
    if (again && now_ - talk.ordered < kPowerTry) return wake(talk.ordered + kPowerTry);
    violation = broken_by(*step.power, view_, look_.plan(), s_.leading);
    if (!violation) {
      talk.ordered = now_;
      talk.request = step.power->request;
      wake(now_ + kPowerTry);
      talk.ordering = emit(std::move(*step.power));
    }
  }
  if (violation) result_.violations.push_back(std::move(*violation));
}

// Which drivers are asked though no node's life needs it; and whom nobody asks is forgotten.
void StepRun::plan_questions() {
  for (auto& [node, talk] : s_.talks) talk.every.reset();
  if (s_.options.sample_interval > Duration::zero()) {
    for (const auto& [key, node] : view_.nodes) plan_question(*node, s_.options.sample_interval);
  }
  std::erase_if(s_.talks, [&](const auto& entry) { return !entry.second.every && !s_.lives.contains(entry.first); });
  std::erase_if(s_.power.nodes, [&](const auto& entry) { return !s_.talks.contains(entry.first); });
}

// Its driver, if it has one, is asked at least so often.
void StepRun::plan_question(const Node& node, Duration every) {
  auto driver = view_.power_driver(node);
  if (!driver) return;
  const auto [at, fresh] = s_.talks.try_emplace(node.name);
  PowerTalk& talk = at->second;
  // Those of all nodes are spread over the interval, so that they do not come all at once.
  if (fresh && node.marks.life == NodeLife::Active) {
    talk.asked = now_ - Duration(static_cast<Duration::rep>(stable_hash(node.name) % every.count()));
  }
  talk.driver = *std::move(driver);
  talk.every = talk.every ? std::min(*talk.every, every) : every;
}

// One question at a time: a driver that takes long is not asked again meanwhile.
void StepRun::ask_power() {
  for (auto& [node, talk] : s_.talks) {
    const auto due = talk.due();
    if (!due) continue;
    if (*due > now_) {
      wake(*due);
    } else {
      talk.asked = now_;
      talk.asking = emit(SamplePower{.node = node, .driver = talk.driver});
    }
  }
}

bool StepRun::is_switched(const std::string& node) const {
  const Node* at = view_.node(node);
  return at != nullptr && at->marks.life == NodeLife::PoweringOff;
}

void StepRun::on(const PowerSampled& e) {
  const auto talk = s_.talks.find(e.node);
  if (talk == s_.talks.end() || talk->second.asking != e.id) return;  // the node went, or serves again
  talk->second.asking = 0;
  PowerReading reading{.asked = talk->second.asked};
  if (e.answer) {
    reading.state = e.answer->state;
    reading.meter = e.answer->meter;
    reading.remark = e.answer->remark;
  } else {
    reading.error = e.answer.error().message;
  }
  PowerReading& known = s_.power.nodes[e.node];
  const bool news = known.state != reading.state || known.error != reading.error;
  reading.since = known.state == reading.state && reading.asked - known.asked <= kPowerMaxAge ? known.since : reading.asked;
  look_now_ = look_now_ || (reading.state == Powered::Off && is_switched(e.node));  // it counts how often that was said
  look_now_ = look_now_ || (news && s_.lives.contains(e.node));  // nothing is decided by the power of a node that serves
  known = std::move(reading);
}

// One that was not taken is given again sooner than one of which nothing came.
bool StepRun::order_answered(EffectId id, const Result<std::string>& outcome) {
  for (auto& [node, talk] : s_.talks) {
    if (talk.ordering != id) continue;
    talk.ordering = 0;
    if (!outcome && talk.ordered != Instant{}) talk.ordered = now_ - kPowerTry + kPowerRetry;
    return true;
  }
  return false;
}

bool StepRun::mark_answered(EffectId id, const Result<std::string>& outcome) {
  for (auto& [node, mark] : s_.marks) {
    if (mark.id != id) continue;
    look_now_ = true;
    if (outcome) {
      mark.answered = now_;
    } else {
      mark.id = 0;
      mark.retry_at = now_ + kMarkRetry;
    }
    return true;
  }
  return false;
}

}  // namespace drover

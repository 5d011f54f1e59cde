#include "core/step.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/hash.h"
#include "core/follow.h"
#include "core/invariants.h"
#include "core/ledger.h"
#include "core/rules.h"
#include "core/selection.h"
#include "core/status.h"
#include "core/step_run.h"

namespace drover {
namespace {

constexpr Duration kLookInterval = seconds{1};  // between looks at the whole view that nothing but its changes ask for
// A confirmed migration that the view has not shown for so long may have come and gone unseen: it is asked for.
constexpr Duration kAskForUnseen = seconds{10};
constexpr Duration kCancelAgain = seconds{30};
constexpr Duration kStatusRetry = seconds{30};

}  // namespace

StepResult StepRun::run(Event event) {
  if (is_put_back(s_.last_step, now_)) s_.put_back(s_.last_step - now_);
  s_.last_step = now_;
  std::visit([this](auto& e) { on(e); }, event);
  if (!s_.leading) return std::move(result_);
  if (look_now_ || (s_.due && now_ >= *s_.due) || !only_asks(event)) {
    go_through();
    s_.due = result_.wake_at;
  } else if (s_.due) {
    wake(*s_.due);
  }
  ask_power();
  return std::move(result_);
}

// That a power driver is to be asked, or answers what it did before, is no reason to go through everything.
bool StepRun::only_asks(const Event& event) const {
  if (std::holds_alternative<PowerSampled>(event)) return true;
  const auto is_due = [&](const auto& entry) { return entry.second.due() && *entry.second.due() <= now_; };
  return std::holds_alternative<Tick>(event) && std::any_of(s_.talks.begin(), s_.talks.end(), is_due);
}

void StepRun::go_through() {
  remember_policies();
  ask();
  // A busy cluster changes many times a second; its view is gone through once in that time, or when an answer has come.
  if (!look_now_ && now_ - s_.last_look < kLookInterval) {
    wake(s_.last_look + kLookInterval);
    return;
  }
  s_.last_look = now_;
  end_creates();
  follow_moves();
  decide();
  note_first_decisions();
  write_statuses();
  write_profile_statuses();
}

void StepRun::on(const LeadershipChanged& e) {
  if (e.leading == s_.leading) return;
  s_.leading = e.leading;
  s_.forget();
}

void StepRun::on(const SignalSampled& e) {
  tell_rule(e.policy, [&](Rule& rule, const Policy& policy) { return rule.hear(policy, e, look_); });
}

void StepRun::on(const RoundHeld& e) {
  tell_rule(e.policy, [&](Rule& rule, const Policy& policy) { return rule.take_up(policy, e); });
}

void StepRun::tell_rule(const PolicyRef& ref, const auto& tell) {
  const auto at = s_.policies.find(ref);
  if (at == s_.policies.end() || !at->second.rule) return;
  const Policy* policy = view_.policy(ref);
  const bool changed = policy == nullptr || policy->generation != at->second.generation;  // meanwhile; the rule is made anew
  if (changed || tell(*at->second.rule, *policy)) look_now_ = true;
}

void StepRun::on(UseSampled& e) {
  if (e.id != s_.use_sampling) return;
  s_.use_sampling = 0;
  look_now_ = true;
  // An old table is worse than none: what is not known now is unknown.
  UseTable use = e.table ? std::move(*e.table) : UseTable{};
  use.sampled = now_;
  s_.use_done_with = std::exchange(s_.use, std::make_shared<const UseTable>(std::move(use)));
}

void StepRun::on(const EffectDone& e) {
  if (const auto at = s_.status_writes.find(e.id); at != s_.status_writes.end()) {
    if (!e.outcome) status_failed(at->second);
    s_.status_writes.erase(at);
  } else if (const auto dry = s_.dry_runs.find(e.id); dry != s_.dry_runs.end()) {
    dry_run_answered(dry->second.first, dry->second.second, e.outcome);
    s_.dry_runs.erase(dry);
  } else if (!mark_answered(e.id, e.outcome) && !order_answered(e.id, e.outcome) && !eviction_answered(e.id, e.outcome) &&
             !profile_answered(e.id, e.outcome)) {
    for (auto& [vm, create] : s_.creates) {
      if (create.id == e.id) {
        create_answered(vm, create, e.outcome);
        break;
      }
      if (create.reading == e.id) {
        unseen_answered(vm, create, e.outcome);
        break;
      }
    }
  }
}

void StepRun::status_failed(const PolicyRef& policy) {
  const auto at = s_.policies.find(policy);
  if (at == s_.policies.end()) return;
  at->second.written.reset();
  at->second.status_not_before = now_ + kStatusRetry;
}

void StepRun::create_answered(const ObjectKey& vm, PendingCreate& create, const Result<std::string>& outcome) {
  look_now_ = true;
  if (outcome) {
    create.answered = now_;
    s_.refusals.erase(vm);
    return;
  }
  note(s_.refusals[vm], outcome.error());
  s_.creates.erase(vm);
}

// Whatever else goes wrong with the question: it is put again.
void StepRun::unseen_answered(const ObjectKey& vm, PendingCreate& create, const Result<std::string>& outcome) {
  create.reading = 0;
  create.answered = now_;
  if (outcome || outcome.error().cls != ErrorClass::NotFound) return;
  look_now_ = true;
  s_.creates.erase(vm);
}

void StepRun::note(Refusal& refusal, const Error& error) const {
  const bool for_good = error.cls == ErrorClass::Invalid || error.cls == ErrorClass::Denied;
  const Duration first = for_good ? Duration(kFirstBackoff) : Duration(seconds{5});
  const Duration most = for_good ? Duration(kMaxCooldown) : Duration(minutes{5});
  const int doublings = static_cast<int>(std::min<std::int64_t>(refusal.count++, 20));
  refusal.until = now_ + std::max(std::min(most, first * (1 << doublings)), error.retry_after.value_or(Duration::zero()));
  refusal.message = (for_good ? "the migration was refused: " : "the migration could not be created: ") + error.message;
}

void StepRun::dry_run_answered(const PolicyRef& policy, const ObjectKey& vm, const Result<std::string>& outcome) {
  const auto at = s_.policies.find(policy);
  if (at == s_.policies.end()) return;
  const auto decision = at->second.decisions.find(vm);
  const Vm* seen = view_.vm(vm);
  if (outcome && decision != at->second.decisions.end() && seen != nullptr) {
    at->second.refused_asking.erase(vm);
    emit(Announce{
        .vm = vm,
        .vm_uid = seen->uid,
        .news = News::MigrationRecommended,
        .note = "Would move from " + decision->second.source + " to " + decision->second.target + ": " + decision->second.message,
        .id_text = policy.uid + "/" + decision->second.source + "/" + decision->second.target,
        .at = now_});
  } else if (!outcome) {
    at->second.recommended.erase(vm);
    note(at->second.refused_asking[vm], outcome.error());
    look_now_ = true;
  }
}

void StepRun::remember_policies() {
  std::erase_if(s_.policies, [&](const auto& entry) { return view_.policy(entry.first) == nullptr; });
  for (const auto& [key, policy] : view_.policies) {
    PolicyMemory& memory = s_.policies[policy->ref];
    if (!memory.moves) memory.moves = policy->status.moves;
    if (memory.generation != policy->generation) {
      memory.generation = policy->generation;
      memory.rule = s_.make_rule(*policy);
      memory.decisions.clear();
      memory.recommended.clear();
    }
    memory.active = memory.rule && readiness(view_, *policy, memory.rule.get(), {}).ready && !policy->spec.suspend;
    memory.selected.reset();
  }
  const auto forgotten = [&](const auto& entry) {
    return view_.vm(entry.first) == nullptr || entry.second.until + kMaxCooldown < now_;
  };
  std::erase_if(s_.refusals, forgotten);
  for (auto& [ref, memory] : s_.policies) std::erase_if(memory.refused_asking, forgotten);
}

void StepRun::end_creates() {
  // A VM that ends takes its migration with it, which the view may never have shown.
  std::erase_if(s_.creates, [&](const auto& entry) {
    const PendingCreate& create = entry.second;
    const Vm* vm = view_.vm(entry.first);
    const bool ended = vm == nullptr || vm->uid != create.vm_uid || vm->is_final();
    return view_.migrations.contains({entry.first.ns, create.name}) || (create.answered && ended);
  });
  for (auto& [vm, create] : s_.creates) {
    if (!create.answered || create.reading != 0) continue;
    if (now_ - *create.answered < kAskForUnseen) {
      wake(*create.answered + kAskForUnseen);
      continue;
    }
    create.reading = emit(CreateMigration{.policy = create.move.policy,
                                          .name = create.name,
                                          .vm = vm,
                                          .vm_uid = create.vm_uid,
                                          .source = create.move.source,
                                          .target = create.move.target,
                                          .dry_run = true,
                                          .read_only = true});
  }
}

void StepRun::follow_moves() {
  std::map<std::string, Instant> watched;
  for (const auto& [key, migration] : view_.migrations) {
    const auto before = s_.watched.find(migration->uid);
    if (!migration->is_final()) watched[migration->uid] = before != s_.watched.end() ? before->second : now_;
  }
  s_.watched = std::move(watched);
  for (auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    Followed followed = follow(view_, policy, std::move(*memory.moves), s_.options, s_.watched, now_);
    memory.moves = std::move(followed.records);
    for (Announce& news : followed.news) emit(std::move(news));
    for (MoveRecord& record : followed.ended) result_.ended.push_back({ref, std::move(record)});
    for (CancelMigration& cancel : followed.cancels) cancel_hung(std::move(cancel));
    if (followed.next_deadline) wake(*followed.next_deadline);
  }
  std::erase_if(s_.cancelled, [&](const auto& entry) { return now_ - entry.second > hours{1}; });
}

void StepRun::cancel_hung(CancelMigration cancel) {
  const auto asked = s_.cancelled.find(cancel.uid);
  if (asked != s_.cancelled.end() && now_ - asked->second < kCancelAgain) return wake(asked->second + kCancelAgain);
  if (const auto violation = broken_by(cancel, view_, s_.leading)) {
    result_.violations.push_back(*violation);
    return;
  }
  s_.cancelled[cancel.uid] = now_;
  wake(now_ + kCancelAgain);
  emit(std::move(cancel));
}

void StepRun::ask() {
  for (auto& [ref, memory] : s_.policies) {
    if (memory.active) memory.rule->ask(*view_.policy(ref), look_);
  }
  const Duration pace = s_.options.sample_interval;
  if (pace <= Duration::zero() || s_.use_sampling != 0) return;
  if (s_.use_asked == Instant{} || now_ - s_.use_asked >= pace) return look_.sample_use();
  wake(s_.use_asked + pace);
}

void StepRun::note_first_decisions() {
  if (!s_.first_decisions_hash.empty() || s_.use_sampling != 0) return;
  bool any = false;
  std::uint64_t hash = kHashSeed;
  for (const auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    if (!memory.active) continue;
    const std::optional<std::string> answer = memory.rule->first_answer(policy, view_);
    if (!answer) return;
    any = true;
    hash = stable_hash("policy " + to_string(ref.key) + "\n", hash);
    for (const auto& [vm, d] : memory.decisions) {
      hash = stable_hash(to_string(vm) + " " + std::string(to_string(d.reason)) + (d.move ? " moves " : " stays ") + d.source +
                             " " + d.target + "\n",
                         hash);
    }
    hash = stable_hash(*answer, hash);
  }
  if (any) s_.first_decisions_hash = hash_text(hash, 16);
}

void StepRun::write_statuses() {
  for (auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    const RuleReport report = memory.rule ? memory.rule->report(policy, view_) : RuleReport{};
    if (report.waits && !memory.written) continue;
    std::vector<const Decision*> decisions;
    for (const auto& [vm, decision] : memory.decisions) decisions.push_back(&decision);
    const Readiness ready = readiness(view_, policy, memory.rule.get(), report);
    const PolicyStatus& before = memory.written ? *memory.written : policy.status;
    const std::int64_t selected = memory.selected ? *memory.selected : look_.selected_by(policy);
    PolicyStatus status =
        make_status(view_, policy, ready, look_.plan(), decisions, *memory.moves, {selected, report.breaching}, before, now_);
    if (status == before) continue;
    if (now_ < memory.status_not_before) {
      wake(memory.status_not_before);
      continue;
    }
    memory.written = status;
    memory.status_not_before = now_ + s_.options.status_interval;
    s_.status_writes[emit(WriteStatus{.policy = ref, .status = std::move(status)})] = ref;
  }
}

Core::Core(const CoreOptions& options) : Core(options, make_rules(options.signals)) {}
Core::Core(CoreOptions options, RuleMaker rules) : state_(std::make_unique<CoreState>(std::move(options), std::move(rules))) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

StepResult Core::step(const ClusterView& view, Event event, Instant now) {
  return StepRun(*state_, view, now).run(std::move(event));
}

std::vector<Decision> Core::decisions() const {
  std::vector<Decision> found;
  for (const auto& [policy, memory] : state_->policies) {
    for (const auto& [vm, decision] : memory.decisions) found.push_back(decision);
  }
  return found;
}

std::vector<PolicyReport> Core::reports(const ClusterView& view) const {
  std::vector<PolicyReport> found;
  for (const auto& [ref, memory] : state_->policies) {
    const Policy* policy = view.policy(ref);
    if (policy == nullptr) continue;
    RuleReport rule = memory.rule ? memory.rule->report(*policy, view) : RuleReport{};
    Readiness ready = readiness(view, *policy, memory.rule.get(), rule);
    found.push_back({ref, std::move(ready), std::move(rule)});
  }
  return found;
}

std::optional<Decision> Core::why_quiet(const Policy& policy, const Vm& vm) const {
  const auto at = state_->policies.find(policy.ref);
  if (at == state_->policies.end()) return std::nullopt;
  Decision decision{.reason = Reason::NotSampled, .message = "the policy does not act, so its signal was not read"};
  if (at->second.rule) decision = at->second.rule->why_quiet(vm.key);
  decision.vm = vm.key;
  decision.policy = policy.ref;
  decision.mode = policy.spec.mode;
  decision.source = vm.node;
  return decision;
}

const std::string& Core::first_decisions_hash() const {
  return state_->first_decisions_hash;
}

bool Core::leading() const {
  return state_->leading;
}

const UseTable& Core::use() const {
  return *state_->use;
}

const PowerTable& Core::power() const {
  return state_->power;
}

}  // namespace drover

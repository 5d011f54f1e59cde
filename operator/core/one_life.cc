#include "core/one_life.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/hands.h"
#include "core/node_services.h"
#include "core/wake_tests.h"

namespace drover {
namespace {

using Act = NodeOrder::Act;

// One node's life: every function answers with the step that is due, or with nothing but when to look again.
class Life {
 public:
  Life(const Surroundings& around, const PolicyRef& policy, const Node& node, Instant since)
      : view_(around.view),
        policy_(policy),
        power_(around.power),
        options_(around.options),
        plan_(around.plan),
        drains_(around.drains),
        fleet_(around.fleet),
        node_(node),
        since_(since),
        reserve_(around.reserve),
        now_(around.now) {
    step_.node = node.name;
  }

  LifeStep under(const ConsolidationSettings& settings, const StandingOrder* order, TestStep test) {
    test_ = test;
    if (freed_or_held(settings)) return std::move(step_);
    const bool fresh = order != nullptr && order->given >= since_;
    // Who waits for a node comes before who wished it asleep.
    const bool back = fresh && (order->act == Act::TakeBack || order->act == Act::Wake) &&
                      (order->for_arrival || !(sleep_is_wished() || node_.marks.test));
    switch (node_.marks.life) {
      case NodeLife::Active:
        if (sleep_is_wished()) {
          retire(settings, kSleepWished);
        } else if (test_.begins) {
          retire(settings, kWakeTest);
        } else if (fresh && order->act == Act::Retire) {
          retire(settings, order->reason);
        }
        break;
      case NodeLife::Retiring:
      case NodeLife::Draining:
        if (back) {
          become(NodeLife::Active, order->reason);
        } else if (is_test_over()) {
          become(NodeLife::Active, std::string(kWindowClosed));
        } else if (std::string pod = why_pods_keep_on(view_, node_.name, settings); !pod.empty()) {
          become(NodeLife::Active, std::move(pod));
        } else if (!holds_vms(view_, plan_, node_.name)) {
          drain_pods(settings.power_down.drain);
        } else if (node_.marks.life == NodeLife::Retiring && plan_.outbound(node_.name) > 0) {
          become(NodeLife::Draining, "its virtual machines are being moved away");
        }
        break;
      case NodeLife::Empty:
        if (settings.power_down.enabled) step_.poll = kRestingPoll;  // so that it is known when it may be switched off
        if (back) {
          become(NodeLife::Active, order->reason);
        } else if (std::string what = in_use(); !what.empty()) {
          become(NodeLife::Active, std::move(what));
        } else if (is_test_over()) {
          become(NodeLife::Active, std::string(kWindowClosed));
        } else if (node_.marks.test || test_.begins) {
          sleep(settings, kWakeTest, Duration::zero());
        } else if (sleep_is_wished()) {
          sleep(settings, kSleepWished, Duration::zero());
        } else if (order != nullptr && order->act == Act::Sleep) {
          sleep(settings, order->reason, settings.power_down.after);
        }
        break;
      case NodeLife::PoweringOff: power_off(); break;
      case NodeLife::Asleep:
        step_.poll = kRestingPoll;
        if (powered() == Powered::On || node_.ready) {
          become(NodeLife::Waking, "it was switched on by someone else");
        } else if (back) {
          become(NodeLife::Waking, order->reason);
        } else if (node_.marks.test || test_.begins) {
          become(NodeLife::Waking, std::string(kWakeTest));
        } else if (std::string news = why_woken_for_upgrade(view_, fleet_, node_); !news.empty()) {
          become(NodeLife::Waking, std::move(news));
          step_.in_turn = true;
        } else if (now_ >= since_ + settings.power_down.max_sleep) {
          become(NodeLife::Waking, "it has slept for " + to_string(settings.power_down.max_sleep) + " (powerDown.maxSleep)");
        } else {
          step_.due = since_ + settings.power_down.max_sleep;
        }
        break;
      case NodeLife::Waking: wake(); break;
      case NodeLife::Quarantined: break;
    }
    return std::move(step_);
  }

  LifeStep released(const std::string& why) {
    if (!in_other_hands().empty() && node_.marks.life != NodeLife::PoweringOff) return std::move(step_);
    switch (node_.marks.life) {
      case NodeLife::Asleep: become(NodeLife::Waking, why); break;
      case NodeLife::Waking: wake(); break;
      case NodeLife::PoweringOff: power_off(); break;
      case NodeLife::Active:
        if (has_old_taint(node_)) become(NodeLife::Active, why);
        break;
      case NodeLife::Quarantined:
        if (is_uncordoned_by_hand(node_)) become(NodeLife::Active, std::string(kUncordoned));
        if (std::string wish = kept_by_wish(node_, now_); !wish.empty()) become(NodeLife::Waking, std::move(wish));
        break;
      default: become(NodeLife::Active, why);
    }
    return std::move(step_);
  }

 private:
  static constexpr std::string_view kSleepWished = "a person wishes it asleep (annotation drover.dev/wish)";
  static constexpr std::string_view kWindowClosed = "the window of its wake test has closed";
  static constexpr std::string_view kUncordoned = "a person has uncordoned it";

  // Whether people, or the settings as they are now, have decided about a node that rests: it comes back, or is left as it is.
  // Power that is being switched off is waited for.
  bool freed_or_held(const ConsolidationSettings& settings) {
    const NodeLife life = node_.marks.life;
    if (std::string wish = kept_by_wish(node_, now_); !wish.empty() && life != NodeLife::Active && life != NodeLife::Waking) {
      step_.due = node_.wish->until;
      if (!in_other_hands().empty()) return true;
      // Whoever takes one out of quarantine by a wish has Drover try whether it wakes; by an uncordon, knows that it serves.
      if (life == NodeLife::Quarantined) {
        become(NodeLife::Waking, std::move(wish));
      } else {
        bring_back(std::move(wish));
      }
      return true;
    }
    if (life == NodeLife::Active || life == NodeLife::PoweringOff) {
      if (life == NodeLife::PoweringOff && is_uncordoned_by_hand(node_)) bring_back(std::string(kUncordoned));
      return step_.mark.has_value();
    }
    if (is_uncordoned_by_hand(node_)) {
      step_.hand = kUncordoned;
      bring_back(std::string(kUncordoned));
    } else if (std::string why = in_other_hands(); !why.empty()) {
      step_.hand = std::move(why);
      return true;
    } else if (life == NodeLife::Quarantined) {
      if (test_.begins) test_in_quarantine();
      return true;  // otherwise a person takes it out
    } else if (has_old_taint(node_)) {
      become(life, node_.marks.reason);
    } else if (std::string kept = why_kept_on(node_, settings, options_); !kept.empty() && life != NodeLife::Waking) {
      bring_back(std::move(kept));
    }
    return step_.mark.has_value();
  }

  // Its test begins by switching it off, or by switching it on if it is off. That is to be known, and nothing may run there.
  void test_in_quarantine() {
    step_.poll = kRestingPoll;
    const Powered is = power_.state(node_.name, now_ - kPowerMaxAge);
    if (is == Powered::Off) become(NodeLife::Waking, std::string(kWakeTest));
    if (is == Powered::On && in_use().empty()) become(NodeLife::PoweringOff, std::string(kWakeTest));
  }

  // The window has closed before it was switched off.
  [[nodiscard]] bool is_test_over() const { return node_.marks.test && !test_.open; }

  // By the node's own marks, or by its Lease.
  [[nodiscard]] std::string in_other_hands() {
    std::string why = held_by_others(node_);
    if (!why.empty()) return why;
    std::optional<Instant> due;
    why = leased_to_others(view_, node_, now_, due);
    if (due && (!step_.due || *due < *step_.due)) step_.due = due;
    return why;
  }

  void bring_back(std::string why) {
    const NodeLife life = node_.marks.life;
    const bool down = life == NodeLife::Asleep || life == NodeLife::PoweringOff;
    become(down ? NodeLife::Waking : NodeLife::Active, std::move(why));
  }

  void become(NodeLife life, std::string why) {
    NodeMarks marks{.life = life,
                    .since = std::chrono::floor<seconds>(now_),
                    .policy_uid = policy_.uid,
                    .reason = std::move(why),
                    .cordoned = life != NodeLife::Active && !is_uncordoned_by_hand(node_)};
    if (life == NodeLife::Active) marks = NodeMarks{.since = marks.since, .policy_uid = {}, .reason = std::move(marks.reason)};
    if (life == NodeLife::PoweringOff) marks.platform = view_.kubevirt.version;
    marks.test = life != NodeLife::Active && life != NodeLife::Quarantined && (node_.marks.test || test_.begins);
    if (life == NodeLife::PoweringOff && node_.marks.life == NodeLife::Empty) {
      remember_services(view_, node_, marks);
    } else if (life >= NodeLife::PoweringOff) {
      marks.csi_drivers = node_.marks.csi_drivers;
      marks.services = node_.marks.services;
    }
    if (life == NodeLife::Asleep) marks.platform = node_.marks.platform;
    step_.mark = MarkNode{
        .policy = policy_, .node = node_.name, .node_uid = node_.uid, .before = node_.marks.life, .marks = std::move(marks)};
  }

  void retire(const ConsolidationSettings& settings, std::string_view reason) {
    step_.held_up = kept_by_wish(node_, now_);
    if (step_.held_up.empty()) step_.held_up = why_kept_on(node_, settings, options_);
    if (step_.held_up.empty()) step_.held_up = in_other_hands();
    if (step_.held_up.empty()) step_.held_up = why_pods_keep_on(view_, node_.name, settings);
    if (step_.held_up.empty() && node_.unschedulable) step_.held_up = "someone else has cordoned it";
    if (step_.held_up.empty()) step_.held_up = missing_without_it();
    if (step_.held_up.empty()) become(NodeLife::Retiring, std::string(reason));
  }

  // Its VMs are gone.
  void drain_pods(const ConsolidationSettings::PowerDown::Drain& drain) {
    if (workload_on(view_, node_.name).empty()) return become(NodeLife::Empty, "no virtual machine is left on it");
    if (node_.marks.life == NodeLife::Retiring) return become(NodeLife::Draining, "its pods are being evicted");
    const auto begun = drains_.find(node_.name);
    const Instant deadline = (begun != drains_.end() ? begun->second.began : now_) + drain.deadline;
    const NextEvictions next = next_evictions(view_, node_.name, drains_, now_);
    if (now_ >= deadline) {
      return become(NodeLife::Active, "its pods were not gone within " + to_string(drain.deadline) +
                                          " (spec.consolidation.powerDown.drain.deadline): " + next.waits);
    }
    step_.drains = true;
    step_.due = std::min(deadline, now_ + kDrainLook);
    step_.held_up = next.waits;
    for (const Pod* pod : next.pods)
      step_.evictions.push_back(
          {.policy = policy_, .node = node_.name, .node_uid = node_.uid, .pod = pod->key, .pod_uid = pod->uid});
  }

  // Only a node whose driver can tell whether it is on is switched off: nobody else would know that it is, or is not.
  void sleep(const ConsolidationSettings& settings, std::string_view reason, Duration after) {
    if (!settings.power_down.enabled) return;
    if (!view_.power_driver(node_)) {
      step_.held_up = std::string(kLeftOn) + ": no PowerProfile that selects it names a power driver";
      return;
    }
    const PowerProfile& profile = *view_.power_profile(node_);
    if (std::string why = why_left_on(fleet_, node_, profile, options_, now_, step_.due); !why.empty()) {
      step_.held_up = std::string(kLeftOn) + ": " + std::move(why);
      return;
    }
    const Instant due = since_ + (after > Duration::zero() ? std::max(after, break_even(profile.model)) : after);
    if (now_ < due) step_.due = due;
    if (power_.state(node_.name, now_ - kPowerMaxAge) == Powered::Unknown) {
      step_.held_up = std::string(kLeftOn) + ": its power driver " + power_.why_unknown(node_.name, now_ - kPowerMaxAge);
    } else if (step_.held_up = missing_without_it(); step_.held_up.empty() && now_ >= due) {
      become(NodeLife::PoweringOff, std::string(reason));
    }
  }

  [[nodiscard]] std::string missing_without_it() {
    DROVER_CHECK(reserve_ != nullptr);
    return reserve_().problem_without(node_);
  }

  // Asleep is only what its driver has called off twice, and whose kubelet the node controller has not heard for its grace period.
  void power_off() {
    const auto force = limits_of(view_, node_).force_off_after;
    const Duration time = std::max<Duration>(kPowerOffDeadline, force.value_or(Duration::zero()) + kForceTakes);
    const Instant deadline = since_ + time;
    step_.poll = kSwitchingPoll;
    if (power_.is_off_for(node_.name, kProof, std::max(since_, now_ - kPowerMaxAge)) && node_.lost)
      return become(NodeLife::Asleep, node_.marks.reason);
    // One in a wake test has to show first that it serves: it may come from quarantine.
    if (std::string what = in_use(); !what.empty())
      return become(node_.marks.test ? NodeLife::Waking : NodeLife::Active, std::move(what));
    if (now_ >= deadline) return become(NodeLife::Quarantined, "it did not power off within " + to_string(time) + still());
    step_.due = deadline;
    if (!in_other_hands().empty() || powered() == Powered::Off) return;
    const bool forced = force && now_ >= since_ + *force;
    if (force && !forced) step_.due = since_ + *force;
    switch_power(forced ? PowerRequest::ForceOff : PowerRequest::GracefulOff);
  }

  // What an off machine's node does not do as it should.
  [[nodiscard]] std::string still() const {
    if (powered() != Powered::Off) return "";
    return node_.ready ? ": its machine is off, and yet the node is Ready" : ": its machine is off, and yet its kubelet was heard";
  }

  // It serves once VMs can run there: the kubelet, the network and KubeVirt's virt-handler are back.
  void wake() {
    const Duration time = limits_of(view_, node_).wake_deadline;
    const Instant again = since_ + time;
    const Instant deadline = again + time;
    step_.poll = kSwitchingPoll;
    std::string lacking = powered() == Powered::Off ? "its machine is off" : why_not_in_service(view_, node_);
    if (lacking.empty()) {
      lacking = missing_service(view_, node_);
      if (lacking.empty()) return become(NodeLife::Active, node_.marks.test ? "it has passed its wake test" : "it is awake");
      // A DaemonSet that is broken in the whole cluster must not take one node after the other out of service.
      if (!node_.marks.test && now_ >= again) return become(NodeLife::Active, "it is awake, but " + lacking);
    }
    if (now_ >= deadline) return become(NodeLife::Quarantined, "it did not wake in two times " + to_string(time) + ": " + lacking);
    step_.due = now_ < again ? again : deadline;
    if (powered() != Powered::On) switch_power(PowerRequest::On);  // otherwise it boots
  }

  void switch_power(PowerRequest request) {
    if (const auto driver = view_.power_driver(node_))
      step_.power =
          SwitchPower{.policy = policy_, .node = node_.name, .node_uid = node_.uid, .driver = *driver, .request = request};
  }

  [[nodiscard]] bool sleep_is_wished() const { return node_.wish && node_.wish->holds(NodeWish::Act::Sleep, now_); }

  // What an empty node holds after all, or "".
  [[nodiscard]] std::string in_use() const {
    return holds_vms(view_, plan_, node_.name) ? "a virtual machine runs on it" : workload_on(view_, node_.name);
  }

  // As its driver said in this life of the node; what it said before an order says nothing of what came of it.
  [[nodiscard]] Powered powered() const { return power_.state(node_.name, std::max(since_, now_ - kPowerMaxAge)); }

  const ClusterView& view_;
  PolicyRef policy_;
  const PowerTable& power_;
  const CoreOptions& options_;
  const Plan& plan_;
  const Drains& drains_;
  const Fleet& fleet_;
  const Node& node_;
  Instant since_;
  const std::function<const Reserve&()>& reserve_;
  Instant now_;
  TestStep test_;
  LifeStep step_;
};

}  // namespace

LifeStep step_under(const Surroundings& around, const Policy& policy, const ConsolidationSettings& settings, const Node& node,
                    Instant since, const StandingOrder* order, TestStep test) {
  return Life(around, policy.ref, node, since).under(settings, order, test);
}

LifeStep step_released(const Surroundings& around, const PolicyRef& policy, const Node& node, Instant since,
                       const std::string& why) {
  return Life(around, policy, node, since).released(why);
}

}  // namespace drover

#include "sim/trail.h"

#include <initializer_list>
#include <string_view>

namespace drover::sim {
namespace {

std::string line(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(part).push_back('\t');
  text.back() = '\n';
  return text;
}

// The status is what the decisions and moves make of it; how many and which are enough to tell two apart.
std::string status_text(const PolicyStatus& status) {
  std::string text = std::to_string(status.selected_vms) + " " + std::to_string(status.moves_in_flight);
  for (const VmVerdict& verdict : status.verdicts) text += " " + verdict.vm + "=" + std::string(verdict.reason.text());
  for (const MoveRecord& move : status.moves) text += " " + move.migration_uid + "=" + std::string(move.result.text());
  return text;
}

}  // namespace

std::string trail_of(const Decision& decision) {
  return line({"decision", to_string(decision.vm), to_string(decision.policy.key), to_string(decision.reason),
               decision.move ? "move" : "stay", decision.source, decision.target, decision.message});
}

std::string trail_of(const Effect& effect, Instant at) {
  const std::string when = to_rfc3339_micro(at);
  struct Text {
    const std::string& when;
    std::string operator()(const SampleSignal& e) const { return line({when, "SampleSignal", to_string(e.policy.key)}); }
    std::string operator()(const SampleUse& /*e*/) const { return line({when, "SampleUse"}); }
    std::string operator()(const SamplePower& e) const { return line({when, "SamplePower", e.node}); }
    std::string operator()(const HoldRound& /*e*/) const { return ""; }  // its advice shows in what follows
    std::string operator()(const CreateMigration& e) const {
      return line({when, e.dry_run ? "DryRunMigration" : "CreateMigration", e.name, to_string(e.vm), e.source, e.target});
    }
    std::string operator()(const CancelMigration& e) const {
      return line({when, "CancelMigration", to_string(e.migration), e.reason});
    }
    std::string operator()(const WriteStatus& e) const {
      return line({when, "WriteStatus", to_string(e.policy.key), status_text(e.status)});
    }
    std::string operator()(const Announce& e) const { return line({when, "Announce", to_string(e.vm), to_string(e.news), e.note}); }
    std::string operator()(const MarkNode& e) const {
      return line({when, "MarkNode", e.node, to_string(e.before), to_string(e.marks.life), e.marks.reason});
    }
    std::string operator()(const WriteProfileStatus& e) const {
      return line({when, "WriteProfileStatus", e.profile, e.status.message});
    }
    std::string operator()(const EvictPod& e) const { return line({when, "EvictPod", e.node, to_string(e.pod)}); }
    std::string operator()(const SwitchPower& e) const {
      return line({when, "SwitchPower", e.node, e.request == PowerRequest::On ? "on" : "off"});
    }
  };
  return std::visit(Text{when}, effect.body);
}

}  // namespace drover::sim

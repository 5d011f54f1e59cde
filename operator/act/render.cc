#include "act/render.h"

#include <chrono>

#include "model/node.h"

namespace drover {

Migration migration_of(const CreateMigration& effect) {
  Migration made;
  made.key = {effect.vm.ns, effect.name};
  made.vm_name = effect.vm.name;
  made.labels.set(std::string(mark::kPolicyUid), effect.policy.uid);
  made.annotations.set(std::string(mark::kPolicy), to_string(effect.policy.key));
  made.annotations.set(std::string(mark::kSource), effect.source);
  made.annotations.set(std::string(mark::kTarget), effect.target);
  made.annotations.set(std::string(mark::kReason), effect.reason);
  const auto whole_seconds = [](Duration time) { return std::to_string(std::chrono::ceil<seconds>(time).count()); };
  made.annotations.set("kubevirt.io/migrationUnschedulablePodTimeoutSeconds", whole_seconds(effect.unschedulable_timeout));
  made.annotations.set("kubevirt.io/migrationPendingPodTimeoutSeconds", whole_seconds(effect.pending_timeout));
  made.added_node_selector.set(std::string(label::kHostname), effect.target_host);
  return made;
}

}  // namespace drover

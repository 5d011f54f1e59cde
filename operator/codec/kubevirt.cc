#include "codec/kubevirt.h"

#include "codec/json_value.h"

namespace drover {
namespace {

void read_migrations(JsonValue migrations, KubeVirt& into) {
  migrations.each_field([&](std::string_view key, JsonValue value) {
    if (key == "parallelMigrationsPerCluster") {
      into.parallel_migrations_per_cluster = value.integer();
    } else if (key == "parallelOutboundMigrationsPerNode") {
      into.parallel_outbound_migrations_per_node = value.integer();
    } else if (key == "bandwidthPerMigration") {
      into.bandwidth_per_migration_bytes_per_second = value.quantity();
    } else if (key == "completionTimeoutPerGiB") {
      into.completion_timeout_per_gib_seconds = value.integer();
    } else if (key == "progressTimeout") {
      into.progress_timeout_seconds = value.integer();
    } else if (key == "allowAutoConverge") {
      into.allow_auto_converge = value.boolean();
    } else if (key == "allowPostCopy") {
      into.allow_post_copy = value.boolean();
    } else if (key == "allowWorkloadDisruption") {
      into.allow_workload_disruption = value.boolean();
    }
  });
}

}  // namespace

KubeVirt read_kubevirt(JsonValue object) {
  KubeVirt configured;
  std::string version;
  std::string phase;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      (void)read_metadata(value, Keep::None, no_annotations);
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue configuration) {
        if (name != "configuration") return;
        configuration.each_field([&](std::string_view field, JsonValue setting) {
          if (field == "migrations") read_migrations(setting, configured);
        });
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "phase") phase = field.string();
        if (name == "observedKubeVirtVersion") version = field.string();
      });
    }
  });
  KubeVirt kubevirt = phase.empty() ? KubeVirt{} : configured;
  kubevirt.present = true;
  kubevirt.version = version;
  kubevirt.phase = phase;
  return kubevirt;
}

KubeVirtMigrationPolicy read_kubevirt_policy(JsonValue object) {
  KubeVirtMigrationPolicy policy;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") policy.name = read_metadata(value, Keep::None, no_annotations).key.name;
    if (key != "spec") return;
    value.each_field([&](std::string_view name, JsonValue field) {
      if (name == "selectors") {
        field.each_field([&](std::string_view which, JsonValue labels) {
          if (which == "namespaceSelector") policy.namespace_selector = labels.labels();
          if (which == "virtualMachineInstanceSelector") policy.vm_selector = labels.labels();
        });
      } else if (name == "bandwidthPerMigration") {
        policy.bandwidth_per_migration_bytes_per_second = field.quantity();
      } else if (name == "completionTimeoutPerGiB") {
        policy.completion_timeout_per_gib_seconds = field.integer();
      } else if (name == "allowAutoConverge") {
        policy.allow_auto_converge = field.boolean();
      } else if (name == "allowPostCopy") {
        policy.allow_post_copy = field.boolean();
      } else if (name == "allowWorkloadDisruption") {
        policy.allow_workload_disruption = field.boolean();
      }
    });
  });
  return policy;
}

Namespace read_namespace(JsonValue object) {
  Namespace ns;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key != "metadata") return;
    Metadata meta = read_metadata(value, Keep::All, no_annotations);
    ns.name = std::move(meta.key.name);
    ns.labels = std::move(meta.labels);
  });
  return ns;
}

}  // namespace drover

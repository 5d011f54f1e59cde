#include "codec/vm.h"

#include <algorithm>

#include "codec/json_value.h"
#include "model/migration.h"

namespace drover {
namespace {

VmPhase vm_phase(std::string_view text) {
  if (text.empty()) return VmPhase::Unset;
  if (text == "Running") return VmPhase::Running;
  if (text == "Pending") return VmPhase::Pending;
  if (text == "Scheduling") return VmPhase::Scheduling;
  if (text == "Scheduled") return VmPhase::Scheduled;
  if (text == "Succeeded") return VmPhase::Succeeded;
  if (text == "Failed") return VmPhase::Failed;
  return VmPhase::Unknown;
}

// What the text says about size in several places; the first that is there counts.
struct Sizes {
  std::optional<std::int64_t> current_vcpus;  // status.currentCPUTopology
  std::optional<std::int64_t> spec_vcpus;     // spec.domain.cpu
  std::optional<std::int64_t> requested_milli_cpu;
  std::optional<std::int64_t> current_memory;  // status.memory.guestCurrent
  std::optional<std::int64_t> guest_memory;    // spec.domain.memory.guest
  std::optional<std::int64_t> requested_memory;
};

// cores x sockets x threads, absent ones counting as 1; empty when none is given. Products that no machine has are cut.
std::optional<std::int64_t> read_topology(JsonValue value, std::string* model) {
  std::int64_t product = 1;
  bool any = false;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "cores" || key == "sockets" || key == "threads") {
      const std::int64_t count = std::clamp<std::int64_t>(field.integer(), 0, 1 << 20);
      if (count == 0) return;
      product *= count;
      any = true;
    } else if (key == "model" && model != nullptr) {
      *model = field.string();
    }
  });
  return any ? std::optional(product) : std::nullopt;
}

void read_domain(JsonValue domain, Vm& vm, Sizes& sizes) {
  domain.each_field([&](std::string_view key, JsonValue value) {
    if (key == "cpu") {
      std::string model;
      sizes.spec_vcpus = read_topology(value, &model);
      vm.host_model_cpu = model.empty() || model == "host-model";
    } else if (key == "memory") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "guest") sizes.guest_memory = field.quantity();
        if (name == "hugepages") vm.hugepages = true;
      });
    } else if (key == "resources") {
      value.each_field([&](std::string_view name, JsonValue list) {
        if (name != "requests") return;
        list.each_field([&](std::string_view resource, JsonValue amount) {
          if (resource == "memory") sizes.requested_memory = amount.quantity();
          if (resource == "cpu") sizes.requested_milli_cpu = amount.milli_quantity();
        });
      });
    }
  });
}

// A DataVolume's claim bears its name. Of an ephemeral volume the claim is what it is a layer above.
void read_volume_claim_of(JsonValue source, std::string_view field, Vm& vm) {
  source.each_field([&](std::string_view key, JsonValue value) {
    if (key == field) vm.claims.push_back(value.string());
  });
}
void read_volumes(JsonValue volumes, Vm& vm) {
  volumes.each_item([&](JsonValue item) {
    item.each_field([&](std::string_view key, JsonValue source) {
      if (key == "persistentVolumeClaim") read_volume_claim_of(source, "claimName", vm);
      if (key == "dataVolume") read_volume_claim_of(source, "name", vm);
      if (key != "ephemeral") return;
      source.each_field([&](std::string_view name, JsonValue below) {
        if (name == "persistentVolumeClaim") read_volume_claim_of(below, "claimName", vm);
      });
    });
  });
}

void read_condition(JsonValue condition, Vm& vm) {
  std::string_view type;
  std::string_view status;
  std::string_view reason;
  std::string_view message;
  condition.each_field([&](std::string_view key, JsonValue value) {
    if (key == "type") type = value.text();
    if (key == "status") status = value.text();
    if (key == "reason") reason = value.text();
    if (key == "message") message = value.text();
  });
  if (type == "LiveMigratable") {
    if (status != "True" && status != "False") return;
    vm.live_migratable = status == "True";
    vm.not_migratable_reason = *vm.live_migratable ? "" : reason;
    vm.not_migratable_message = *vm.live_migratable ? "" : message;
  } else if (status == "True" &&
             (type == "HotVCPUChange" || type == "HotMemoryChange" || type == "MigrationRequired" || type == "VolumesChange")) {
    vm.pending_changes.emplace_back(type);
  }
}

void read_status(JsonValue status, Vm& vm, Sizes& sizes) {
  status.each_field([&](std::string_view key, JsonValue value) {
    if (key == "phase") {
      vm.phase = vm_phase(value.text());
    } else if (key == "nodeName") {
      vm.node = value.string();
    } else if (key == "evacuationNodeName") {
      vm.evacuation_node = value.string();
    } else if (key == "selinuxContext") {
      vm.selinux_context = value.string();
    } else if (key == "conditions") {
      value.each_item([&](JsonValue condition) { read_condition(condition, vm); });
    } else if (key == "migrationState") {
      vm.migration = read_migration_state(value);
    } else if (key == "currentCPUTopology") {
      sizes.current_vcpus = read_topology(value, nullptr);
    } else if (key == "memory") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "guestCurrent") sizes.current_memory = field.quantity();
      });
    }
  });
}

std::string excluded_reason(const Labels& annotations) {
  const std::string* text = annotations.find(mark::kExclude);
  if (text == nullptr || *text == "false") return "";
  return text->empty() || *text == "true" ? "excluded by the annotation " + std::string(mark::kExclude) : *text;
}

}  // namespace

MigrationState read_migration_state(JsonValue state) {
  MigrationState read;
  state.each_field([&](std::string_view key, JsonValue value) {
    if (key == "migrationUid") {
      read.migration_uid = value.string();
    } else if (key == "sourceNode") {
      read.source_node = value.string();
    } else if (key == "targetNode") {
      read.target_node = value.string();
    } else if (key == "completed") {
      read.completed = value.boolean();
    } else if (key == "failed") {
      read.failed = value.boolean();
    } else if (key == "abortRequested") {
      read.abort_requested = value.boolean();
    } else if (key == "failureReason") {
      read.failure_reason = value.string();
    } else if (key == "mode") {
      read.mode = value.string();
    } else if (key == "startTimestamp") {
      read.started = value.instant();
    } else if (key == "endTimestamp") {
      read.ended = value.instant();
    }
  });
  return read;
}

Vm read_vm(JsonValue object) {
  Vm vm;
  Sizes sizes;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::All, [](std::string_view name) { return name == mark::kExclude; });
      vm.key = std::move(meta.key);
      vm.uid = std::move(meta.uid);
      vm.labels = std::move(meta.labels);
      vm.created = meta.created.value_or(Instant{});
      vm.terminating = meta.terminating;
      vm.excluded_reason = excluded_reason(meta.annotations);
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "domain") read_domain(field, vm, sizes);
        if (name == "nodeSelector") vm.node_selector = field.labels();
        if (name == "volumes") read_volumes(field, vm);
      });
    } else if (key == "status") {
      read_status(value, vm, sizes);
    }
  });
  std::int64_t vcpus = 1;
  if (sizes.current_vcpus) {
    vcpus = *sizes.current_vcpus;
  } else if (sizes.spec_vcpus) {
    vcpus = *sizes.spec_vcpus;
  } else if (sizes.requested_milli_cpu) {
    vcpus = *sizes.requested_milli_cpu / 1000 + (*sizes.requested_milli_cpu % 1000 != 0 ? 1 : 0);
  }
  vm.vcpus = std::max<std::int64_t>(vcpus, 1);
  vm.memory_bytes = sizes.current_memory.value_or(sizes.guest_memory.value_or(sizes.requested_memory.value_or(0)));
  return vm;
}

Result<Vm> decode_vm(std::string_view json) {
  return decode_one<Vm>("virtualmachineinstances.kubevirt.io", json, read_vm);
}

}  // namespace drover

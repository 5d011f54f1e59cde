#include "codec/pod.h"

#include <algorithm>

#include "codec/json_value.h"
#include "codec/node.h"

namespace drover {
namespace {

PodPhase pod_phase(std::string_view text) {
  if (text == "Running") return PodPhase::Running;
  if (text == "Pending" || text.empty()) return PodPhase::Pending;
  if (text == "Succeeded") return PodPhase::Succeeded;
  if (text == "Failed") return PodPhase::Failed;
  return PodPhase::Unknown;
}

void raise(Resources& to, const Resources& what) {
  for (const auto& [name, count] : what) {
    auto& have = to[name];
    have = std::max(have, count);
  }
}

struct Container {
  Resources requests;
  bool restartable = false;  // an init container with restartPolicy Always: a sidecar
};

Resources read_requests(JsonValue resources) {
  Resources requests;
  resources.each_field([&](std::string_view key, JsonValue value) {
    if (key == "requests") requests = read_resources(value);
  });
  return requests;
}

Container read_container(JsonValue item) {
  Container container;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "resources") container.requests = read_requests(value);
    if (key == "restartPolicy") container.restartable = value.text() == "Always";
  });
  return container;
}

// The requests of a pod in the making; parts come in the order of the text.
struct Requests {
  Resources containers;
  std::vector<Container> init_containers;
  Resources pod_level;  // spec.resources.requests: set for the pod as a whole, it takes the place of the sum
  Resources overhead;

  // Saturates nowhere: amounts are at most 2^63 / 1000 each, and a pod whose sum overflows is refused by the API server.
  [[nodiscard]] Resources effective() const {
    Resources running = containers;
    Resources sidecars;
    Resources peak;
    for (const Container& init : init_containers) {
      Resources now = init.requests;
      if (init.restartable) {
        add(running, init.requests);
        add(sidecars, init.requests);
        now = sidecars;
      } else {
        add(now, sidecars);
      }
      raise(peak, now);
    }
    raise(running, peak);
    for (const auto& [name, count] : pod_level) running[name] = count;
    add(running, overhead);
    return running;
  }
};

void read_conditions(JsonValue conditions, Pod& pod) {
  conditions.each_item([&](JsonValue condition) {
    std::string_view type;
    std::string_view status;
    std::string_view reason;
    condition.each_field([&](std::string_view key, JsonValue value) {
      if (key == "type") type = value.text();
      if (key == "status") status = value.text();
      if (key == "reason") reason = value.text();
    });
    if (type != "PodScheduled" || status != "False" || reason != "Unschedulable") return;
    pod.unschedulable = true;
  });
}

}  // namespace

Pod read_pod(JsonValue object, SchedulingPool& pool) {
  Pod pod;
  Requests requests;
  Scheduling scheduling;
  bool launcher = true;  // until the metadata says otherwise: it comes first, but need not
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::All, no_annotations);
      launcher = meta.labels.value_or("kubevirt.io", "") == "virt-launcher";
      pod.key = std::move(meta.key);
      pod.uid = std::move(meta.uid);
      pod.terminating = meta.terminating;
      if (!launcher) return;
      pod.vmi_uid = meta.labels.value_or("kubevirt.io/created-by", "");
      pod.migration_uid = meta.labels.value_or("kubevirt.io/migrationJobUID", "");
      pod.labels = std::move(meta.labels);
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "nodeName") {
          pod.node = field.string();
        } else if (name == "containers") {
          field.each_item([&](JsonValue item) { add(requests.containers, read_container(item).requests); });
        } else if (name == "initContainers") {
          field.each_item([&](JsonValue item) { requests.init_containers.push_back(read_container(item)); });
        } else if (name == "resources") {
          requests.pod_level = read_requests(field);
        } else if (name == "overhead") {
          requests.overhead = read_resources(field);
        } else if (launcher) {
          (void)read_scheduling_field(name, field, scheduling);
        }
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "phase") pod.phase = pod_phase(field.text());
        if (name == "conditions" && launcher) read_conditions(field, pod);
      });
    }
  });
  pod.requests = requests.effective();
  if (pod.is_launcher()) pod.scheduling = pool.intern(std::move(scheduling));
  return pod;
}

DisruptionBudget read_disruption_budget(JsonValue object) {
  DisruptionBudget budget;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      budget.key = read_metadata(value, Keep::None, no_annotations).key;
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "selector") budget.selector = field.selector();
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "disruptionsAllowed") budget.disruptions_allowed = field.integer();
      });
    }
  });
  return budget;
}

}  // namespace drover

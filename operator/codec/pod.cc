#include "codec/pod.h"

#include <algorithm>
#include <map>

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

// policy/v1: a budget without a selector, or with null, selects no pod; {} selects all. No label has a value out of none.
Selector nothing() {
  return {{{.key = "", .op = Requirement::Operator::In, .values = {}}}};
}

void raise(Resources& to, const Resources& what) {
  for (const auto& [name, count] : what) {
    auto& have = to[name];
    have = std::max(have, count);
  }
}

struct Container {
  std::string name;
  Resources requests;
  std::vector<HostPort> host_ports;
  bool restartable = false;  // an init container with restartPolicy Always: a sidecar
};

Resources read_requests(JsonValue resources) {
  Resources requests;
  resources.each_field([&](std::string_view key, JsonValue value) {
    if (key == "requests") requests = read_resources(value);
  });
  return requests;
}

void read_ports(JsonValue ports, std::vector<HostPort>& into) {
  ports.each_item([&](JsonValue item) {
    HostPort port;
    item.each_field([&](std::string_view key, JsonValue value) {
      if (key == "hostPort") port.port = value.integer();
      if (key == "hostIP") port.ip = value.string();
      if (key == "protocol") port.protocol = value.string();
    });
    if (port.ip.empty()) port.ip = HostPort().ip;
    if (port.protocol.empty()) port.protocol = HostPort().protocol;
    if (port.port > 0) into.push_back(std::move(port));
  });
}

Container read_container(JsonValue item) {
  Container container;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "name") container.name = value.string();
    if (key == "resources") container.requests = read_requests(value);
    if (key == "ports") read_ports(value, container.host_ports);
    if (key == "restartPolicy") container.restartable = value.text() == "Always";
  });
  return container;
}

// What the kubelet has granted a container, and what it has now: while a pod is resized in place, its containers hold the most of
// what they ask for, are granted and have (KEP-1287; kubernetes component-helpers resource.PodRequests).
void read_granted(JsonValue statuses, std::map<std::string, Resources>& granted) {
  statuses.each_item([&](JsonValue item) {
    std::string name;
    Resources most;
    item.each_field([&](std::string_view key, JsonValue value) {
      if (key == "name") name = value.string();
      if (key == "allocatedResources") raise(most, read_resources(value));
      if (key == "resources") raise(most, read_requests(value));
    });
    if (!most.empty()) granted[name] = std::move(most);
  });
}

// The requests of a pod in the making; parts come in the order of the text.
struct Requests {
  std::vector<Container> containers;
  std::vector<Container> init_containers;
  Resources pod_level;  // spec.resources.requests: set for the pod as a whole, it takes the place of the sum
  Resources overhead;
  std::map<std::string, Resources> granted;  // by container

  [[nodiscard]] Resources of(const Container& container) const {
    Resources most = container.requests;
    if (const auto at = granted.find(container.name); at != granted.end()) raise(most, at->second);
    return most;
  }
  // Saturates nowhere: amounts are at most kMostAmount each.
  [[nodiscard]] Resources effective() const {
    Resources running;
    for (const Container& container : containers) add(running, of(container));
    Resources sidecars;
    Resources peak;
    for (const Container& init : init_containers) {
      Resources now = init.restartable ? of(init) : init.requests;
      if (init.restartable) {
        add(running, now);
        add(sidecars, now);
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

// Those of containers that run as long as the pod does (kube-scheduler util.GetHostPorts).
std::vector<HostPort> host_ports_of(const Requests& requests) {
  std::vector<HostPort> ports;
  for (const auto* containers : {&requests.init_containers, &requests.containers}) {
    for (const Container& container : *containers) {
      const bool stays = containers == &requests.containers || container.restartable;
      if (stays) ports.insert(ports.end(), container.host_ports.begin(), container.host_ports.end());
    }
  }
  return ports;
}

// Claims that a pod's volumes name. An ephemeral volume's is called after the pod and the volume.
struct Claims {
  std::vector<std::string> named;
  std::vector<std::string> ephemeral;  // names of volumes
  bool local_data = false;

  void read(JsonValue volumes) {
    volumes.each_item([&](JsonValue item) {
      std::string name;
      bool of_its_own = false;
      item.each_field([&](std::string_view key, JsonValue value) {
        if (key == "name") name = value.string();
        if (key == "ephemeral") of_its_own = true;
        if (key == "emptyDir") local_data = true;
        if (key != "persistentVolumeClaim") return;
        value.each_field([&](std::string_view field, JsonValue claim) {
          if (field == "claimName") named.push_back(claim.string());
        });
      });
      if (of_its_own) ephemeral.push_back(std::move(name));
    });
  }
  [[nodiscard]] std::vector<std::string> of(const std::string& pod) && {
    for (const std::string& volume : ephemeral) named.push_back(pod + "-" + volume);
    return std::move(named);
  }
};

void read_conditions(JsonValue conditions, Pod& pod, bool& ready) {
  conditions.each_item([&](JsonValue condition) {
    std::string_view type;
    std::string_view status;
    std::string_view reason;
    condition.each_field([&](std::string_view key, JsonValue value) {
      if (key == "type") type = value.text();
      if (key == "status") status = value.text();
      if (key == "reason") reason = value.text();
    });
    if (type == "Ready") ready = status == "True";
    if (type == "PodScheduled" && status == "False" && reason == "Unschedulable") pod.unschedulable = true;
  });
}

// A static pod's mirror is the Node's. What a launcher pod or a VMI controls belongs to the VM.
PodOwner owner_of(std::string_view controller_kind) {
  if (controller_kind == "DaemonSet" || controller_kind == "Node") return PodOwner::Node;
  if (controller_kind == "VirtualMachineInstance" || controller_kind == "Pod") return PodOwner::Vm;
  return PodOwner::Workload;
}

constexpr std::int64_t kNodeCritical = 2'000'001'000;  // the priority class system-node-critical

// By which a pod asks drains to leave it alone: Karpenter's and cluster-autoscaler's, as people write them already.
constexpr std::string_view kDoNotDisrupt = "karpenter.sh/do-not-disrupt";
constexpr std::string_view kSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";

std::string read_holds_on(const Labels& annotations) {
  if (annotations.value_or(kDoNotDisrupt, "false") != "false") return std::string(kDoNotDisrupt);
  if (annotations.value_or(kSafeToEvict, "") == "false") return std::string(kSafeToEvict);
  return {};
}

}  // namespace

Pod read_pod(JsonValue object, SchedulingPool& pool) {
  Pod pod;
  Requests requests;
  Claims claims;
  Scheduling scheduling;
  bool launcher = true;  // until the metadata says otherwise: it comes first, but need not
  bool handler = false;
  bool ready = false;
  std::string daemon_set;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta =
          read_metadata(value, Keep::All, [](std::string_view name) { return name == kDoNotDisrupt || name == kSafeToEvict; });
      pod.holds_on = read_holds_on(meta.annotations);
      pod.bare = meta.controller_kind.empty();
      pod.of_job = meta.controller_kind == "Job";
      if (meta.controller_kind == "DaemonSet") daemon_set = std::move(meta.controller_name);
      launcher = meta.labels.value_or("kubevirt.io", "") == "virt-launcher";
      handler = meta.labels.value_or("kubevirt.io", "") == "virt-handler";
      pod.key = std::move(meta.key);
      pod.uid = std::move(meta.uid);
      pod.terminating = meta.terminating;
      pod.labels = meta.labels;
      pod.owner = owner_of(meta.controller_kind);
      pod.role = pod_role(pod.owner, meta.controller_kind == "Node", pod.key.name, meta.labels);
      if (!launcher) return;
      pod.vmi_uid = meta.labels.value_or("kubevirt.io/created-by", "");
      pod.migration_uid = meta.labels.value_or("kubevirt.io/migrationJobUID", "");
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "nodeName") {
          pod.node = field.string();
        } else if (name == "containers") {
          field.each_item([&](JsonValue item) { requests.containers.push_back(read_container(item)); });
        } else if (name == "initContainers") {
          field.each_item([&](JsonValue item) { requests.init_containers.push_back(read_container(item)); });
        } else if (name == "resources") {
          requests.pod_level = read_requests(field);
        } else if (name == "volumes") {
          claims.read(field);
        } else if (name == "priority") {
          pod.priority = field.integer();
        } else if (name == "overhead") {
          requests.overhead = read_resources(field);
        } else {
          (void)read_scheduling_field(name, field, scheduling);
        }
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "phase") pod.phase = pod_phase(field.text());
        if (name == "containerStatuses" || name == "initContainerStatuses") read_granted(field, requests.granted);
        if (name == "conditions") read_conditions(field, pod, ready);
      });
    }
  });
  if (handler && pod.owner == PodOwner::Node) pod.handler_ready = ready;  // whoever labels a pod of his own so says nothing
  if (!daemon_set.empty() && (pod.priority >= kNodeCritical || pod.key.ns == "kube-system")) {
    pod.node_service = std::move(daemon_set);
    pod.ready = ready;
  }
  if (!pod.node.empty()) pod.unschedulable = false;  // it was
  pod.requests = requests.effective();
  pod.local_data = claims.local_data;
  pod.claims = std::move(claims).of(pod.key.name);
  // Of a node's own pods only what they keep others from counts: they go nowhere on Drover's account.
  const bool whole = pod.owner != PodOwner::Node || pod.node.empty();
  if (!whole) scheduling = {.pod_anti_affinity = std::move(scheduling.pod_anti_affinity)};
  scheduling.host_ports = host_ports_of(requests);
  if (whole || scheduling != Scheduling{}) pod.scheduling = pool.intern(std::move(scheduling));
  return pod;
}

DisruptionBudget read_disruption_budget(JsonValue object) {
  DisruptionBudget budget;
  budget.selector = nothing();
  std::int64_t generation = 0;
  std::int64_t observed = 0;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::None, no_annotations);
      budget.key = std::move(meta.key);
      generation = meta.generation;
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "selector") budget.selector = field.selector();
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "disruptionsAllowed") budget.disruptions_allowed = field.integer();
        if (name == "observedGeneration") observed = field.integer();
      });
    }
  });
  // What was allowed before the spec was changed says nothing; the eviction API waits too.
  if (observed < generation) budget.disruptions_allowed = 0;
  return budget;
}

}  // namespace drover

#include "codec/scheduling.h"

#include <algorithm>

#include "base/hash.h"
#include "codec/json_value.h"
#include "codec/node.h"

namespace drover {
namespace {

NodeSelectorTerm read_node_term(JsonValue item) {
  NodeSelectorTerm term;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "matchExpressions") value.each_item([&](JsonValue e) { term.expressions.push_back(e.requirement()); });
    if (key == "matchFields") value.each_item([&](JsonValue e) { term.fields.push_back(e.requirement()); });
  });
  return term;
}

void read_node_affinity(JsonValue affinity, Scheduling& into) {
  affinity.each_field([&](std::string_view key, JsonValue value) {
    if (key == "requiredDuringSchedulingIgnoredDuringExecution") into.node_affinity = read_node_terms(value);
  });
}

// A term without a labelSelector selects no pod at all (metav1: null selects nothing): it has no selector to keep.
struct ReadTerm {
  PodAffinityTerm term;
  bool has_selector = false;
};

ReadTerm read_pod_term(JsonValue item) {
  ReadTerm read;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "labelSelector") {
      read.term.selector = value.selector();
      read.has_selector = true;
    } else if (key == "topologyKey") {
      read.term.topology_key = value.string();
    } else if (key == "namespaces") {
      read.term.namespaces = value.strings();
    } else if (key == "namespaceSelector") {
      const bool all = value.selector().requirements.empty();
      read.term.all_namespaces = all;
      read.term.unreadable = read.term.unreadable || !all;
    } else if (key == "matchLabelKeys" || key == "mismatchLabelKeys") {
      read.term.unreadable = read.term.unreadable || !value.strings().empty();
    }
  });
  return read;
}

template <typename F>
void each_required_pod_term(JsonValue affinity, F&& f) {
  affinity.each_field([&](std::string_view key, JsonValue value) {
    if (key == "requiredDuringSchedulingIgnoredDuringExecution") value.each_item([&](JsonValue item) { f(read_pod_term(item)); });
  });
}

void read_affinity(JsonValue affinity, Scheduling& into) {
  affinity.each_field([&](std::string_view key, JsonValue value) {
    if (key == "nodeAffinity") {
      read_node_affinity(value, into);
    } else if (key == "podAffinity") {
      each_required_pod_term(value, [&](ReadTerm read) {
        read.term.unreadable = read.term.unreadable || !read.has_selector;  // can't be met
        into.pod_affinity.push_back(std::move(read.term));
      });
    } else if (key == "podAntiAffinity") {
      each_required_pod_term(value, [&](ReadTerm read) {
        if (read.has_selector) into.pod_anti_affinity.push_back(std::move(read.term));
      });
    }
  });
}

bool is_hard_spread(JsonValue constraint) {
  bool hard = true;  // DoNotSchedule is the default
  constraint.each_field([&](std::string_view key, JsonValue value) {
    if (key == "whenUnsatisfiable") hard = value.text() == "DoNotSchedule";
  });
  return hard;
}

class Hash {
 public:
  Hash& add(std::string_view text) {
    value_ = stable_hash(text, value_);
    value_ = stable_hash({"\0", 1}, value_);
    return *this;
  }
  Hash& add(const Labels& labels) {
    for (const auto& [key, value] : labels) add(key).add(value);
    return add("/");
  }
  Hash& add(const std::vector<Requirement>& requirements) {
    for (const Requirement& requirement : requirements) add(to_string(requirement));
    return add("/");
  }
  Hash& add(const std::vector<PodAffinityTerm>& terms) {
    for (const PodAffinityTerm& term : terms) {
      add(term.selector.requirements).add(term.topology_key);
      for (const std::string& ns : term.namespaces) add(ns);
    }
    return add("/");
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = kHashSeed;
};

}  // namespace

std::uint64_t hash_of(const Scheduling& scheduling) {
  Hash hash;
  hash.add(scheduling.node_selector);
  for (const NodeSelectorTerm& term : scheduling.node_affinity) hash.add(term.expressions).add(term.fields);
  hash.add(scheduling.pod_affinity).add(scheduling.pod_anti_affinity);
  for (const Toleration& toleration : scheduling.tolerations) hash.add(toleration.key).add(toleration.value);
  for (const HostPort& port : scheduling.host_ports) hash.add(std::to_string(port.port));
  return hash.value();
}

bool read_scheduling_field(std::string_view key, JsonValue value, Scheduling& into) {
  if (key == "nodeSelector") {
    into.node_selector = value.labels();
  } else if (key == "affinity") {
    read_affinity(value, into);
  } else if (key == "tolerations") {
    into.tolerations = read_tolerations(value);
  } else if (key == "topologySpreadConstraints") {
    value.each_item([&](JsonValue item) { into.has_hard_topology_spread = is_hard_spread(item) || into.has_hard_topology_spread; });
  } else {
    return false;
  }
  return true;
}

std::vector<NodeSelectorTerm> read_node_terms(JsonValue selector) {
  std::vector<NodeSelectorTerm> read;
  selector.each_field([&](std::string_view key, JsonValue terms) {
    if (key == "nodeSelectorTerms") terms.each_item([&](JsonValue item) { read.push_back(read_node_term(item)); });
  });
  return read;
}

}  // namespace drover

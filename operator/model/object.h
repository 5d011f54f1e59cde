// What every object of a cluster has: a key, a uid, labels; and how labels are selected.
//
// Thread safety: values.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover {

// Namespace and name; cluster-wide objects have an empty namespace.
struct ObjectKey {
  std::string ns;
  std::string name;

  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

// "ns/name", or "name" for a cluster-wide object.
[[nodiscard]] std::string to_string(const ObjectKey& key);

// Labels or annotations: few, sorted by key, no key twice.
class Labels {
 public:
  Labels() = default;
  explicit Labels(std::vector<std::pair<std::string, std::string>> entries);

  // The value of a key, or null.
  [[nodiscard]] const std::string* find(std::string_view key) const;
  [[nodiscard]] std::string_view value_or(std::string_view key, std::string_view fallback) const;
  void set(std::string key, std::string value);
  void erase(std::string_view key);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  friend bool operator==(const Labels&, const Labels&) = default;

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

// One requirement of a label selector or of node affinity (metav1.LabelSelectorRequirement, corev1.NodeSelectorRequirement).
struct Requirement {
  enum class Operator { In, NotIn, Exists, DoesNotExist, Gt, Lt };
  std::string key;
  Operator op = Operator::In;
  std::vector<std::string> values{};

  [[nodiscard]] bool matches(const Labels& labels) const;
  friend bool operator==(const Requirement&, const Requirement&) = default;
};

[[nodiscard]] std::string to_string(const Requirement& requirement);  // "zone In (a, b)"

// All requirements must hold; none at all selects everything (metav1.LabelSelector, with matchLabels as In of one value).
struct Selector {
  std::vector<Requirement> requirements{};

  [[nodiscard]] bool matches(const Labels& labels) const;
  friend bool operator==(const Selector&, const Selector&) = default;
};

}  // namespace drover

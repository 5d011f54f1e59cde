#include "adapters/metal3/links.h"

#include <algorithm>

namespace drover::metal3 {
namespace {

constexpr std::string_view kProvider = "metal3://";
constexpr std::string_view kOpenShiftProvider = "baremetalhost:///";
constexpr std::string_view kUidLabel = "metal3.io/uuid";
constexpr std::string_view kMachine = "cluster.x-k8s.io/machine";
constexpr std::string_view kMachineNamespace = "cluster.x-k8s.io/cluster-namespace";
constexpr std::string_view kOpenShiftMachine = "machine.openshift.io/machine";

// A name of an object: what the API server lets through.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const std::size_t end = text.find('/', at);
    parts.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    at = end == std::string_view::npos ? end : end + 1;
  }
  return parts;
}

Error unreadable(const Node& node, const std::string& field, std::string_view value, std::string_view form) {
  return {ErrorClass::Invalid, "node " + node.name + ": " + field + " is \"" + std::string(value.substr(0, 300)) +
                                   "\", which names no BareMetalHost; write " + std::string(form)};
}

// metal3://NAMESPACE/HOST/METAL3MACHINE, or metal3://UID as earlier versions wrote it.
Result<Link> provider_link(const Node& node, std::string_view id) {
  const auto parts = split(id.substr(kProvider.size()));
  const bool names = std::all_of(parts.begin(), parts.end(), is_name);
  if (names && parts.size() == 1) return Link{Link::To::HostUid, {}, std::string(parts[0]), "", "spec.providerID"};
  if (!names || parts.size() != 3) return unreadable(node, "spec.providerID", id, "metal3://NAMESPACE/HOST/METAL3MACHINE");
  return Link{Link::To::Host, {std::string(parts[0]), std::string(parts[1])}, "", std::string(parts[2]), "spec.providerID"};
}

Result<Link> openshift_link(const Node& node, std::string_view id) {
  const auto parts = split(id.substr(kOpenShiftProvider.size()));
  if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), is_name))
    return unreadable(node, "spec.providerID", id, "baremetalhost:///NAMESPACE/HOST/UID");
  return Link{Link::To::Host, {std::string(parts[0]), std::string(parts[1])}, std::string(parts[2]), "", "spec.providerID"};
}

Result<std::optional<Link>> annotated_link(const Node& node, std::string_view annotation, Link::To to) {
  const std::string* value = node.annotations.find(annotation);
  if (value == nullptr || value->empty()) return std::optional<Link>();
  const auto key = parse_key(*value);
  if (!key) return unreadable(node, "annotation " + std::string(annotation), *value, "NAMESPACE/NAME");
  return std::optional(Link{to, *key, "", "", "annotation " + std::string(annotation)});
}

std::optional<Link> machine_link(const Node& node) {
  const ObjectKey key{std::string(node.annotations.value_or(kMachineNamespace, "")),
                      std::string(node.annotations.value_or(kMachine, ""))};
  if (!is_name(key.ns) || !is_name(key.name)) return std::nullopt;
  return Link{Link::To::Machine, key, "", "", "annotation " + std::string(kMachine)};
}

}  // namespace

std::optional<ObjectKey> parse_key(std::string_view text) {
  const auto parts = split(text);
  if (parts.size() != 2 || !is_name(parts[0]) || !is_name(parts[1])) return std::nullopt;
  return ObjectKey{std::string(parts[0]), std::string(parts[1])};
}

Result<std::vector<Link>> links_of(const Node& node) {
  std::vector<Link> links;
  auto wished = annotated_link(node, node_wish::kBareMetalHost, Link::To::Host);
  if (!wished) return wished.error();
  if (*wished) links.push_back(**wished);

  const std::string_view id = node.provider_id;
  const bool of_metal3 = id.starts_with(kProvider);
  const bool of_openshift = id.starts_with(kOpenShiftProvider);
  if (of_metal3 || of_openshift) {
    auto link = of_metal3 ? provider_link(node, id) : openshift_link(node, id);
    if (!link) return link.error();
    if (*wished && link->to == Link::To::Host && link->key != (*wished)->key) {
      return Error{ErrorClass::Invalid, "node " + node.name + ": " + (*wished)->from + " names BareMetalHost " +
                                            to_string((*wished)->key) + ", spec.providerID " + to_string(link->key) +
                                            ": take the annotation off, or correct it"};
    }
    links.push_back(std::move(link).value());
  }
  if (const std::string* uid = node.labels.find(kUidLabel); uid != nullptr && is_name(*uid))
    links.push_back({Link::To::HostUid, {}, *uid, "", "label " + std::string(kUidLabel)});
  if (!id.empty() && !of_metal3 && !of_openshift) return links;  // another provider's machine
  if (auto machine = machine_link(node)) links.push_back(*std::move(machine));
  auto openshift = annotated_link(node, kOpenShiftMachine, Link::To::OpenShiftMachine);
  if (!openshift) return openshift.error();
  if (*openshift) links.push_back(**openshift);
  return links;
}

}  // namespace drover::metal3

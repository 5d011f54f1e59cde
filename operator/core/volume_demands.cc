#include "core/volume_demands.h"

#include <algorithm>

#include "core/neighbours.h"

namespace drover {
namespace {

std::set<std::string> claims_of(const Vm& vm, const Pod& pod) {
  std::set<std::string> claims(pod.claims.begin(), pod.claims.end());
  claims.insert(vm.claims.begin(), vm.claims.end());
  return claims;
}

// Null when there is no such claim.
const VolumeClaim* find_claim(const ClusterView& view, const ObjectKey& key) {
  const auto at = view.volume_claims.find(key);
  return at == view.volume_claims.end() ? nullptr : at->second.get();
}

const Volume* find_volume(const ClusterView& view, const std::string& name) {
  const auto at = view.volumes.find({"", name});
  return at == view.volumes.end() ? nullptr : at->second.get();
}

// Why no pod can use a claim, or "".
std::string unusable(const VolumeClaim* claim) {
  if (claim == nullptr) return "is not there";
  switch (claim->state) {
    case VolumeClaim::State::Bound: return "";
    case VolumeClaim::State::Unbound: return "is not bound to a volume yet";
    case VolumeClaim::State::Lost: return "has lost its volume " + claim->volume;
    case VolumeClaim::State::Deleting: return "is being deleted";
  }
  return "";
}

std::string requirements_text(const std::vector<Requirement>& requirements) {
  std::string text;
  for (const Requirement& requirement : requirements) text += (text.empty() ? "" : ", ") + to_string(requirement);
  return "(" + text + ")";
}

std::string terms_text(const std::vector<NodeSelectorTerm>& terms) {
  std::string text;
  for (const NodeSelectorTerm& term : terms) text += (text.empty() ? "" : " or ") + requirements_text(term.expressions);
  return text;
}

}  // namespace

VolumeDemands::VolumeDemands(const ClusterView& view, const Vm& vm, const Pod& launcher, const Plan& plan)
    : view_(view), vm_(vm), plan_(plan) {
  if (!view.known_volumes.claims) return;
  for (const std::string& claim : claims_of(vm, launcher)) look_up(claim);
}

void VolumeDemands::look_up(const std::string& name) {
  const VolumeClaim* claim = find_claim(view_, {vm_.key.ns, name});
  if (std::string why = unusable(claim); !why.empty()) return unusable_.push_back("its claim " + name + " " + why);
  if (!view_.known_volumes.volumes) return;
  const Volume* volume = find_volume(view_, claim->volume);
  if (volume == nullptr)
    return unusable_.push_back("its claim " + name + " is bound to volume " + claim->volume + ", which is not there");
  if (volume->traits == nullptr) return;
  bound_.push_back({"volume " + claim->volume + " of its claim " + name, volume->traits.get()});
  if (!volume->traits->csi_driver.empty()) handles_[volume->traits->csi_driver].insert(volume->handle);
}

std::set<const VolumeTraits*> VolumeDemands::traits() const {
  std::set<const VolumeTraits*> all;
  for (const Found& one : bound_) all.insert(one.traits);
  return all;
}

void VolumeDemands::judge_reach(const Node& node, std::vector<std::string>& obstacles) const {
  obstacles.insert(obstacles.end(), unusable_.begin(), unusable_.end());
  for (const auto& [text, traits] : bound_) {
    if (!traits->reaches(node)) obstacles.push_back(text + " reaches only nodes with " + terms_text(*traits->node_affinity));
    if (!traits->is_in_zone_of(node)) obstacles.push_back(text + " is in another zone: " + requirements_text(traits->zones));
  }
}

void VolumeDemands::judge_limits(const Node& node, std::vector<std::string>& obstacles) const {
  if (handles_.empty() || !view_.known_volumes.csi_nodes) return;
  const auto limited = view_.csi_nodes.find({"", node.name});
  if (limited == view_.csi_nodes.end()) return;
  const auto named = view_.claims_by_node.find(node.name);
  const std::size_t at_most = named == view_.claims_by_node.end() ? 0 : named->second;
  for (const auto& [driver, handles] : handles_) {
    const auto limit = limited->second->limits.find(driver);
    if (limit == limited->second->limits.end()) continue;
    // To count them takes a look at every pod there; mostly there are too few claims for that to matter.
    const bool ample = plan_.inbound(node.name) == 0 && static_cast<std::int64_t>(at_most + handles.size()) <= limit->second;
    if (ample) continue;
    const Handles there = attached(node, driver);
    const auto more = std::count_if(handles.begin(), handles.end(), [&](std::uint64_t handle) { return !there.contains(handle); });
    if (more == 0 || static_cast<std::int64_t>(there.size()) + more <= limit->second) continue;
    obstacles.push_back("the node attaches at most " + std::to_string(limit->second) + " volumes of " + driver + "; it has " +
                        std::to_string(there.size()) + " and " + std::to_string(more) + " would come");
  }
}

VolumeDemands::Handles VolumeDemands::attached(const Node& node, const std::string& driver) const {
  Handles handles;
  const auto add = [&](const std::string& ns, const std::string& name) {
    const VolumeClaim* claim = find_claim(view_, {ns, name});
    const Volume* volume = claim == nullptr ? nullptr : find_volume(view_, claim->volume);
    if (volume != nullptr && volume->traits != nullptr && volume->traits->csi_driver == driver) handles.insert(volume->handle);
  };
  each_neighbour(view_, plan_, vm_.key, node.name, [&](const Pod& pod, const Vm* arriving) {
    for (const std::string& claim : pod.claims) add(pod.key.ns, claim);
    if (arriving == nullptr) return;
    for (const std::string& claim : arriving->claims) add(arriving->key.ns, claim);
  });
  return handles;
}

}  // namespace drover

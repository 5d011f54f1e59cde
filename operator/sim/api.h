// Api: the simulated API server: the objects as they are, and everyone who watches them. The tables and indexes are those of
// reflect::Store, so a view is made by one writer in every world.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reflect/store.h"

namespace drover::sim {

class Api {
 public:
  using Watch = std::function<void(const reflect::Delta&)>;

  Api();

  [[nodiscard]] const ClusterView& view() const { return store_.view(); }
  // Another one with each change of the node.
  [[nodiscard]] std::uint64_t version_of_node(const std::string& name) const;

  void put(Node node);
  void put(Vm vm);
  void put(Pod pod);
  void put(Migration migration);
  void put(Policy policy);
  void put(Namespace ns);
  void put(PowerProfile profile);
  void put(KubeVirt kubevirt);
  void put(Kind kind, Object object) { tell(kind, reflect::Delta::Type::Upsert, std::move(object)); }
  void remove(Kind kind, const ObjectKey& key);

  // The object with the change made to it; nothing when it is not there.
  void change_node(const std::string& name, const std::function<void(Node&)>& edit);
  void change_vm(const ObjectKey& key, const std::function<void(Vm&)>& edit);
  void change_pod(const ObjectKey& key, const std::function<void(Pod&)>& edit);
  void change_migration(const ObjectKey& key, const std::function<void(Migration&)>& edit);
  void change_policy(const ObjectKey& key, const std::function<void(Policy&)>& edit);

  // Told of every change from now on.
  void watch(Watch watch) { watches_.push_back(std::move(watch)); }
  void set_time_zone(TimeZone zone) { store_.set_time_zone(std::move(zone)); }
  [[nodiscard]] std::set<std::string> missing_time_zones() const { return store_.missing_time_zones(); }

 private:
  void tell(Kind kind, reflect::Delta::Type type, Object object);

  reflect::Store store_;
  std::vector<Watch> watches_;
  std::map<std::string, std::uint64_t> node_versions_;
};

// Everything that a view shows, as complete lists of every kind.
[[nodiscard]] std::vector<reflect::Delta> lists_of(const ClusterView& view);

}  // namespace drover::sim

// A KubeApi in memory: objects with uids and resource versions, a record of the calls, and faults to order: refused, or done with
// the answer lost. Thread-safe; the hook runs outside of its lock.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ports/kube_api.h"

namespace drover::test {

class FakeKubeApi final : public KubeApi {
 public:
  using Json = nlohmann::json;

  struct Fault {
    std::string verb;      // "create", "get", "remove", "apply", "act"; "" for each
    std::string resource;  // plural name; "" for each
    Error error;
    bool done = false;  // it is carried out all the same: only the answer is lost
  };

  // For the next call that it fits.
  void order(Fault fault) {
    const std::scoped_lock lock(mutex_);
    faults_.push_back(std::move(fault));
  }
  void put(const ResourceType& type, const ObjectKey& key, Json object) {
    const std::scoped_lock lock(mutex_);
    store(type, key, std::move(object));
  }
  void drop(const ResourceType& type, const ObjectKey& key) {
    const std::scoped_lock lock(mutex_);
    objects_.erase({type.resource, key});
  }
  // Called at the start of each call, with its record.
  std::function<void(const std::string&)> hook = [](const std::string&) {};

  [[nodiscard]] std::vector<std::string> calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }
  [[nodiscard]] std::size_t count(const std::string& prefix) const {
    std::size_t n = 0;
    for (const auto& call : calls()) n += call.starts_with(prefix) ? 1 : 0;
    return n;
  }
  [[nodiscard]] std::vector<Json> objects(const ResourceType& type) const {
    const std::scoped_lock lock(mutex_);
    std::vector<Json> found;
    for (const auto& [key, object] : objects_) {
      if (key.first == type.resource) found.push_back(object);
    }
    return found;
  }
  [[nodiscard]] std::vector<std::string> bodies() const {
    const std::scoped_lock lock(mutex_);
    return bodies_;
  }

  Result<std::string> list(const ResourceType& type, const ListOptions& /*options*/, std::stop_token stop) override {
    return call<std::string>("list", type, {}, "", stop, [&]() -> Result<std::string> {
      Json items = Json::array();
      for (const auto& [key, object] : objects_) {
        if (key.first == type.resource) items.push_back(object);
      }
      return Json{{"kind", "List"}, {"metadata", {{"resourceVersion", std::to_string(version_)}}}, {"items", items}}.dump();
    });
  }
  Status watch(const ResourceType& /*type*/, const WatchOptions& /*options*/, const WatchLine& /*line*/,
               std::stop_token /*stop*/) override {
    return Error{ErrorClass::Retryable, "no watch here"};
  }
  Result<std::string> get(const ResourceType& type, const ObjectKey& key, std::stop_token stop) override {
    return call<std::string>("get", type, key, "", stop, [&]() -> Result<std::string> {
      const auto at = objects_.find({type.resource, key});
      if (at == objects_.end()) return not_found(type, key);
      return at->second.dump();
    });
  }
  Result<std::string> create(const ResourceType& type, const std::string& ns, const std::string& body, const WriteOptions& options,
                             std::stop_token stop) override {
    Json object = Json::parse(body);
    const ObjectKey key{ns, object["metadata"]["name"].get<std::string>()};
    return call<std::string>(options.dry_run ? "dry-create" : "create", type, key, body, stop, [&]() -> Result<std::string> {
      if (objects_.contains({type.resource, key})) {
        return Error{ErrorClass::AlreadyExists, type.resource + " \"" + key.name + "\" already exists", 409};
      }
      if (options.dry_run) return body;
      return store(type, key, object).dump();
    });
  }
  Result<std::string> replace(const ResourceType& type, const ObjectKey& key, const std::string& body,
                              const WriteOptions& /*options*/, std::stop_token stop) override {
    return call<std::string>("replace", type, key, body, stop, [&]() -> Result<std::string> {
      return objects_.contains({type.resource, key}) ? Result<std::string>(store(type, key, Json::parse(body)).dump())
                                                     : not_found(type, key);
    });
  }
  Result<std::string> apply(const ResourceType& type, const ObjectKey& key, std::string_view subresource, const std::string& body,
                            const WriteOptions& options, std::stop_token stop) override {
    return call<std::string>("apply:" + options.field_manager + ":" + std::string(subresource), type, key, body, stop,
                             [&]() -> Result<std::string> {
                               const auto at = objects_.find({type.resource, key});
                               if (at == objects_.end()) return not_found(type, key);
                               at->second.merge_patch(Json::parse(body));
                               return at->second.dump();
                             });
  }
  Status evict(const ObjectKey& pod, const std::string& uid, std::stop_token stop) override {
    return call<Unit>("evict", resource::kPods, pod, "", stop, [&]() -> Status {
      const auto at = objects_.find({resource::kPods.resource, pod});
      if (at == objects_.end()) return not_found(resource::kPods, pod);
      if (at->second["metadata"]["uid"] != uid) return Error{ErrorClass::Conflict, "uid differs", 409};
      at->second["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
      return ok();
    });
  }
  Status remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options, std::stop_token stop) override {
    return call<Unit>("remove", type, key, "", stop, [&]() -> Status {
      const auto at = objects_.find({type.resource, key});
      if (at == objects_.end()) return not_found(type, key);
      if (!options.uid.empty() && at->second["metadata"]["uid"] != options.uid)
        return Error{ErrorClass::Conflict, "uid differs", 409};
      objects_.erase(at);
      return ok();
    });
  }

 private:
  static Error not_found(const ResourceType& type, const ObjectKey& key) {
    return {ErrorClass::NotFound, type.resource + " \"" + key.name + "\" not found", 404};
  }

  template <typename T, typename Action>
  Result<T> call(const std::string& verb, const ResourceType& type, const ObjectKey& key, const std::string& body,
                 const std::stop_token& stop, Action action) {
    const std::string record = verb + " " + type.resource + " " + to_string(key);
    hook(record);
    const std::scoped_lock lock(mutex_);
    calls_.push_back(record);
    bodies_.push_back(body);
    if (stop.stop_requested()) return Error{ErrorClass::Cancelled, "cancelled"};
    for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
      const bool fits =
          (fault->verb.empty() || verb.starts_with(fault->verb)) && (fault->resource.empty() || fault->resource == type.resource);
      if (!fits) continue;
      const Fault found = *fault;
      faults_.erase(fault);
      if (found.done) (void)action();
      return found.error;
    }
    return action();
  }

  const Json& store(const ResourceType& type, const ObjectKey& key, Json object) {
    auto& metadata = object["metadata"];
    metadata["name"] = key.name;
    if (!key.ns.empty()) metadata["namespace"] = key.ns;
    if (!metadata.contains("uid")) metadata["uid"] = "uid-" + std::to_string(++uids_);
    metadata["resourceVersion"] = std::to_string(++version_);
    return objects_[{type.resource, key}] = std::move(object);
  }

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, ObjectKey>, Json> objects_;
  std::deque<Fault> faults_;
  std::vector<std::string> calls_;
  std::vector<std::string> bodies_;
  std::int64_t version_ = 100;
  std::int64_t uids_ = 0;
};

}  // namespace drover::test

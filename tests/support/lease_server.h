// A KubeApi that knows one Lease and no more, with a switch for faults. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ports/kube_api.h"

namespace drover::test {

class LeaseServer final : public KubeApi {
 public:
  // Asked before each call with "get", "create" or "replace": an Error is the answer.
  std::function<std::optional<Error>(const std::string& verb, std::stop_token stop)> fault;

  [[nodiscard]] std::string holder() const {
    const std::scoped_lock lock(mutex_);
    return lease_ ? lease_->at("spec").value("holderIdentity", "") : "";
  }
  [[nodiscard]] std::optional<nlohmann::json> lease() const {
    const std::scoped_lock lock(mutex_);
    return lease_;
  }
  // Someone else writes it.
  void edit(const std::function<void(nlohmann::json&)>& change) {
    const std::scoped_lock lock(mutex_);
    if (!lease_) lease_ = nlohmann::json{{"metadata", nlohmann::json::object()}, {"spec", nlohmann::json::object()}};
    change(*lease_);
    stamp();
  }
  void erase() {
    const std::scoped_lock lock(mutex_);
    lease_.reset();
  }
  [[nodiscard]] int calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }

  Result<std::string> get(const ResourceType&, const ObjectKey& key, std::stop_token stop) override {
    if (const auto error = faulty("get", stop)) return *error;
    const std::scoped_lock lock(mutex_);
    if (!lease_) return Error{ErrorClass::NotFound, to_string(key) + " not found", 404};
    return lease_->dump();
  }
  Result<std::string> create(const ResourceType&, const std::string&, const std::string& body, const WriteOptions&,
                             std::stop_token stop) override {
    if (const auto error = faulty("create", stop)) return *error;
    const std::scoped_lock lock(mutex_);
    if (lease_) return Error{ErrorClass::AlreadyExists, "it exists", 409};
    lease_ = nlohmann::json::parse(body);
    stamp();
    return lease_->dump();
  }
  Result<std::string> replace(const ResourceType&, const ObjectKey&, const std::string& body, const WriteOptions&,
                              std::stop_token stop) override {
    if (const auto error = faulty("replace", stop)) return *error;
    const std::scoped_lock lock(mutex_);
    if (!lease_) return Error{ErrorClass::NotFound, "not found", 404};
    nlohmann::json wanted = nlohmann::json::parse(body);
    if (wanted["metadata"]["resourceVersion"] != (*lease_)["metadata"]["resourceVersion"]) {
      return Error{ErrorClass::Conflict, "the object has been modified", 409};
    }
    lease_ = std::move(wanted);
    stamp();
    return lease_->dump();
  }
  Result<std::string> list(const ResourceType&, const ListOptions&, std::stop_token) override { return unused(); }
  Status watch(const ResourceType&, const WatchOptions&, const WatchLine&, std::stop_token) override { return unused(); }
  Result<std::string> apply(const ResourceType&, const ObjectKey&, std::string_view, const std::string&, const WriteOptions&,
                            std::stop_token) override {
    return unused();
  }
  Status evict(const ObjectKey&, const std::string&, std::stop_token) override { return unused(); }
  Status remove(const ResourceType&, const ObjectKey&, const DeleteOptions&, std::stop_token) override { return unused(); }

 private:
  static Error unused() { return {ErrorClass::Invalid, "not a call that the election makes"}; }
  std::optional<Error> faulty(const std::string& verb, std::stop_token stop) {
    {
      const std::scoped_lock lock(mutex_);
      ++calls_;
    }
    return fault ? fault(verb, std::move(stop)) : std::nullopt;
  }
  void stamp() { (*lease_)["metadata"]["resourceVersion"] = std::to_string(++version_); }

  mutable std::mutex mutex_;
  std::optional<nlohmann::json> lease_;
  int version_ = 0;
  int calls_ = 0;
};

}  // namespace drover::test

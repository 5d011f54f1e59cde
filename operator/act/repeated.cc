// Effects whose calls may be made again without harm: cancelling a migration, writing a status, telling news.
#include <algorithm>

#include "act/machines.h"
#include "base/hash.h"
#include "codec/event.h"
#include "codec/policy.h"
#include "codec/power_profile_status.h"

namespace drover {
namespace {

constexpr Duration kFirstRepeat = milliseconds{500};
constexpr Duration kLongestRepeat = seconds{30};
constexpr int kRepeats = 3;
constexpr int kNewsTries = 6;  // about 15 s of waiting: nobody else would tell the news again

// A call, made up to `tries` times while it fails in ways that pass.
class Repeated : public EffectRun {
 public:
  void hear(Result<std::string> answer, Duration /*now*/) final {
    if (answer) return answered(answer);
    Error error = answer.error();
    const bool passes = error.cls == ErrorClass::UnknownOutcome || (also_when_refused_ && error.cls == ErrorClass::Retryable);
    if (error.cls == ErrorClass::UnknownOutcome) error.cls = ErrorClass::Retryable;
    if (!passes || --tries_ == 0) return answered(std::move(error));
    pause(std::max(pause_, error.retry_after.value_or(Duration::zero())));
    pause_ = std::min(pause_ * 2, kLongestRepeat);
  }

 protected:
  explicit Repeated(Call call, int tries = kRepeats, bool also_when_refused = false)
      : call_(std::move(call)), tries_(tries), also_when_refused_(also_when_refused) {}

  [[nodiscard]] Step call() const final { return call_; }
  // The last answer.
  virtual void answered(Result<std::string> answer) = 0;
  // An error of such a class means as much as success.
  void end(const Result<std::string>& answer, std::initializer_list<ErrorClass> as_good) {
    const bool good = answer || std::find(as_good.begin(), as_good.end(), answer.error().cls) != as_good.end();
    done(good ? Result<std::string>(std::string()) : answer.error());
  }

 private:
  const Call call_;
  int tries_;
  bool also_when_refused_;
  Duration pause_ = kFirstRepeat;
};

class CancelRun final : public Repeated {
 public:
  explicit CancelRun(const CancelMigration& effect)
      : Repeated({.verb = Call::Verb::Remove, .type = resource::kMigrations, .key = effect.migration, .uid = effect.uid}) {}

 private:
  // Gone, or another object has its name by now: either way the migration is no more.
  void answered(Result<std::string> answer) override { end(answer, {ErrorClass::NotFound, ErrorClass::Conflict}); }
};

class StatusRun final : public Repeated {
 public:
  explicit StatusRun(const WriteStatus& effect)
      : Repeated({.verb = Call::Verb::Apply,
                  .type = effect.policy.cluster_wide() ? resource::kClusterPolicies : resource::kPolicies,
                  .key = effect.policy.key,
                  .body = encode_policy_status(effect.policy, effect.status),
                  .subresource = "status"}) {}

 private:
  // When the policy is gone, nobody reads its status.
  void answered(Result<std::string> answer) override { end(answer, {ErrorClass::NotFound}); }
};

class ProfileStatusRun final : public Repeated {
 public:
  explicit ProfileStatusRun(const WriteProfileStatus& effect)
      : Repeated({.verb = Call::Verb::Apply,
                  .type = resource::kPowerProfiles,
                  .key = {"", effect.profile},
                  .body = encode_power_profile_status(effect.profile, effect.status),
                  .subresource = "status"}) {}

 private:
  void answered(Result<std::string> answer) override { end(answer, {ErrorClass::NotFound}); }
};

// Longer names are cut; the hash tells Events apart.
constexpr std::size_t kNamePart = 200;

KubeEvent event_of(const Announce& effect, const std::string& instance) {
  const std::string_view reason = to_string(effect.news);
  const auto id = stable_hash(effect.id_text, stable_hash("/", stable_hash(reason, stable_hash("/", stable_hash(effect.vm_uid)))));
  return {.name = effect.vm.name.substr(0, kNamePart) + "." + hash_text(id),
          .regarding = {.api_version = "kubevirt.io/v1", .kind = "VirtualMachineInstance", .key = effect.vm, .uid = effect.vm_uid},
          .warning = effect.news == News::MigrationFailed || effect.news == News::MigrationCancelled,
          .reason = std::string(reason),
          .action = effect.news == News::MigrationRecommended ? "Recommend" : "Migrate",
          .note = effect.note,
          .instance = instance,
          .first = effect.at,
          .last = effect.at};
}

class AnnounceRun final : public Repeated {
 public:
  explicit AnnounceRun(const KubeEvent& event)
      : Repeated({.verb = Call::Verb::Create,
                  .type = resource::kEvents,
                  .key = {event_namespace(event), event.name},
                  .body = encode_event(event)},
                 kNewsTries, true) {}

 private:
  void answered(Result<std::string> answer) override { end(answer, {ErrorClass::AlreadyExists}); }
};

}  // namespace

std::unique_ptr<EffectRun> machine_of(const CancelMigration& effect) {
  return std::make_unique<CancelRun>(effect);
}
std::unique_ptr<EffectRun> machine_of(const WriteStatus& effect) {
  return std::make_unique<StatusRun>(effect);
}
std::unique_ptr<EffectRun> machine_of(const WriteProfileStatus& effect) {
  return std::make_unique<ProfileStatusRun>(effect);
}
std::unique_ptr<EffectRun> machine_of(const Announce& effect, const std::string& instance) {
  return std::make_unique<AnnounceRun>(event_of(effect, instance));
}

}  // namespace drover

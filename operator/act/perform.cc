#include "act/perform.h"

#include <algorithm>
#include <string_view>

#include "base/hash.h"
#include "codec/event.h"
#include "codec/policy.h"

namespace drover {
namespace {

constexpr Duration kFirstPause = milliseconds{500};
constexpr Duration kLongestPause = seconds{30};
constexpr int kTries = 3;      // of a call that does no harm when it is made twice
constexpr int kNewsTries = 6;  // about 15 s of waiting: nobody else would tell the news again

// Makes a call that may be repeated, up to `tries` times while it fails in ways that pass.
template <typename Call>
auto repeat(const Means& means, int tries, bool also_when_refused, std::stop_token stop, Call call) {
  Duration pause = kFirstPause;
  while (true) {
    if (!means.may_act()) return decltype(call())(not_leading());
    means.boundary();
    auto result = call();
    means.boundary();
    if (result) return result;
    Error error = result.error();
    const bool passes = error.cls == ErrorClass::UnknownOutcome || (also_when_refused && error.cls == ErrorClass::Retryable);
    if (error.cls == ErrorClass::UnknownOutcome) error.cls = ErrorClass::Retryable;
    if (!passes || --tries == 0) return decltype(result)(std::move(error));
    if (!means.wait(std::max(pause, error.retry_after.value_or(Duration::zero())), stop)) {
      return decltype(result)(Error{ErrorClass::Cancelled, "stopped before another try: " + error.message});
    }
    pause = std::min(pause * 2, kLongestPause);
  }
}

// Longer names are cut; the hash tells Events apart.
constexpr std::size_t kNamePart = 200;

}  // namespace

Error not_leading() {
  return {ErrorClass::Cancelled, "this process does not lead any more"};
}

Result<std::string> perform(const Means& means, const CancelMigration& effect, std::stop_token stop) {
  const auto removed = repeat(means, kTries, false, stop, [&] {
    return means.api.remove(resource::kMigrations, effect.migration, {.uid = effect.uid, .resource_version = ""}, stop);
  });
  // Gone, or another object has its name by now: either way the migration is no more.
  const bool done = removed || removed.error().cls == ErrorClass::NotFound || removed.error().cls == ErrorClass::Conflict;
  if (!done) return removed.error();
  return std::string();
}

Result<std::string> perform(const Means& means, const WriteStatus& effect, std::stop_token stop) {
  const auto& type = effect.policy.cluster_wide() ? resource::kClusterPolicies : resource::kPolicies;
  const std::string body = encode_policy_status(effect.policy, effect.status);
  const auto written = repeat(means, kTries, false, stop, [&] {
    return means.api.apply(type, effect.policy.key, "status", body, {.dry_run = false, .field_manager = means.field_manager}, stop);
  });
  if (!written && written.error().cls != ErrorClass::NotFound) return written.error();
  return std::string();  // or the policy is gone, and nobody reads its status
}

Result<std::string> perform(const Means& means, const Announce& effect, std::stop_token stop) {
  const std::string_view reason = to_string(effect.news);
  const auto id = stable_hash(effect.id_text, stable_hash("/", stable_hash(reason, stable_hash("/", stable_hash(effect.vm_uid)))));
  const KubeEvent event{
      .name = effect.vm.name.substr(0, kNamePart) + "." + hash_text(id),
      .regarding = {.api_version = "kubevirt.io/v1", .kind = "VirtualMachineInstance", .key = effect.vm, .uid = effect.vm_uid},
      .warning = effect.news == News::MigrationFailed || effect.news == News::MigrationCancelled,
      .reason = std::string(reason),
      .action = effect.news == News::MigrationRecommended ? "Recommend" : "Migrate",
      .note = effect.note,
      .instance = means.instance,
      .first = effect.at,
      .last = effect.at};
  const auto told = repeat(means, kNewsTries, true, stop, [&] {
    return means.api.create(resource::kEvents, event_namespace(event), encode_event(event),
                            {.dry_run = false, .field_manager = means.field_manager}, stop);
  });
  if (!told && told.error().cls != ErrorClass::AlreadyExists) return told.error();
  return std::string();
}

}  // namespace drover

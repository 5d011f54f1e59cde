// Creating a migration: look, create, and know what came of it.
#include <algorithm>

#include "act/perform.h"
#include "act/precondition.h"
#include "act/render.h"
#include "codec/migration.h"
#include "codec/vm.h"

namespace drover {
namespace {

constexpr Duration kFirstPause = milliseconds{200};
constexpr Duration kLongestPause = seconds{5};
// A frozen API server answers again within this, or the create is reported as not done; its name keeps a later one from doubling
// it.
constexpr Duration kReadingEnds = minutes{2};

Status check_vm(const Means& means, const CreateMigration& effect, std::stop_token stop) {
  const auto text = means.api.get(resource::kVmis, effect.vm, stop);
  if (!text && text.error().cls == ErrorClass::NotFound) return still_holds(effect, nullptr);
  if (!text) return text.error();
  const auto vm = decode_vm(*text);
  return vm ? still_holds(effect, &*vm) : Status(vm.error());
}

Result<std::string> settle(const CreateMigration& effect, const std::string& text) {
  const auto migration = decode_migration(text);
  return migration ? same_move(effect, *migration) : migration.error();
}

bool may_pass(const Error& error) {
  return error.cls == ErrorClass::Retryable || error.cls == ErrorClass::UnknownOutcome;
}

// Reads the migration by name until the API server says whether it is there.
Result<std::string> read_back(const Means& means, const CreateMigration& effect, std::stop_token stop) {
  const ObjectKey key{effect.vm.ns, effect.name};
  const Duration give_up = means.clock.monotonic() + kReadingEnds;
  Duration pause = kFirstPause;
  while (true) {
    const auto text = means.api.get(resource::kMigrations, key, stop);
    if (text) return settle(effect, *text);
    if (text.error().cls == ErrorClass::NotFound) {
      return Error{ErrorClass::Retryable, "the answer to the create was lost, and migration " + to_string(key) + " is not there"};
    }
    if (!may_pass(text.error())) return text.error();
    if (means.clock.monotonic() >= give_up) {
      return Error{ErrorClass::Retryable,
                   "whether migration " + to_string(key) + " was created is unknown: " + text.error().message};
    }
    if (!means.wait(std::max(pause, text.error().retry_after.value_or(Duration::zero())), stop)) {
      return Error{ErrorClass::Cancelled, "stopped while reading whether migration " + to_string(key) + " was created"};
    }
    pause = std::min(pause * 2, kLongestPause);
  }
}

// KubeVirt's webhook gives no code for it (virt-api 1.8, migration-create-admitter.go): the text must do.
bool says_in_flight(const Error& error) {
  return error.message.find("in-flight migration detected") != std::string::npos;
}

}  // namespace

Result<std::string> perform(const Means& means, const CreateMigration& effect, std::stop_token stop) {
  if (const auto checked = check_vm(means, effect, stop); !checked) return checked.error();
  const std::string body = encode_migration(migration_of(effect));
  if (!means.may_act()) return not_leading();
  means.boundary();
  const auto created = means.api.create(resource::kMigrations, effect.vm.ns, body,
                                        {.dry_run = effect.dry_run, .field_manager = means.field_manager}, stop);
  means.boundary();
  if (created) return effect.dry_run ? Result<std::string>(std::string()) : settle(effect, *created);
  Error error = created.error();
  const bool may_be_there = error.cls == ErrorClass::AlreadyExists || error.cls == ErrorClass::UnknownOutcome;
  if (may_be_there && !effect.dry_run) return read_back(means, effect, stop);
  if (error.cls == ErrorClass::UnknownOutcome) error.cls = ErrorClass::Retryable;  // a dry run leaves nothing behind
  if (error.cls == ErrorClass::AlreadyExists || says_in_flight(error)) error.cls = ErrorClass::Conflict;
  return error;
}

}  // namespace drover

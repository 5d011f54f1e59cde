// Creating a migration: look, create, and know what came of it.
#include <algorithm>

#include "act/perform.h"
#include "codec/migration.h"
#include "codec/vm.h"

namespace drover {
namespace {

constexpr Duration kFirstPause = milliseconds{200};
constexpr Duration kLongestPause = seconds{5};
// A frozen API server answers again within this, or the create is reported as not done; its name keeps a later one from doubling
// it.
constexpr Duration kReadingEnds = minutes{2};

Error conflict(std::string message) {
  return {ErrorClass::Conflict, std::move(message)};
}

// The VM as it is now, if the move still makes sense. The view that the decision was made on may lag by a moment.
Status check_vm(const Means& means, const CreateMigration& effect, std::stop_token stop) {
  const auto text = means.api.get(resource::kVmis, effect.vm, stop);
  const std::string name = to_string(effect.vm);
  if (!text) {
    if (text.error().cls == ErrorClass::NotFound) return conflict("VM " + name + " is gone");
    return text.error();
  }
  const auto vm = decode_vm(*text);
  if (!vm) return vm.error();
  if (vm->uid != effect.vm_uid) return conflict("VM " + name + " was replaced by another of its name");
  if (vm->terminating) return conflict("VM " + name + " is being deleted");
  if (vm->phase != VmPhase::Running) return conflict("VM " + name + " no longer runs");
  if (vm->node != effect.source) return conflict("VM " + name + " is on node " + vm->node + " now, not on " + effect.source);
  if (!vm->evacuation_node.empty() && vm->evacuation_node == vm->node) {
    return conflict("VM " + name + " is being evacuated from node " + vm->node);
  }
  return ok();
}

// An object of the migration's name is there. It is this very move (created by an earlier try, or by the leader before us), or it
// is none of ours.
Result<std::string> settle(const CreateMigration& effect, const std::string& text) {
  const auto migration = decode_migration(text);
  if (!migration) return migration.error();
  const bool same = migration->vm() == effect.vm &&
                    migration->labels.value_or(mark::kPolicyUid, "") == effect.labels.value_or(mark::kPolicyUid, "") &&
                    migration->annotations.value_or(mark::kTarget, "") == effect.target;
  if (!same) return conflict("another migration is named " + to_string(migration->key));
  return migration->uid;
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
  const std::string body = encode_migration({.key = {effect.vm.ns, effect.name},
                                             .vm_name = effect.vm.name,
                                             .labels = effect.labels,
                                             .annotations = effect.annotations,
                                             .added_node_selector = effect.added_node_selector});
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

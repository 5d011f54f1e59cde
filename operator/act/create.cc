// Creating a migration: look at the VM, create, and know what came of it.
#include <algorithm>

#include "act/machines.h"
#include "act/precondition.h"
#include "act/render.h"
#include "codec/migration.h"
#include "codec/vm.h"

namespace drover {
namespace {

constexpr Duration kFirstPause = milliseconds{200};
constexpr Duration kLongestPause = seconds{5};
// A create whose answer was lost may still be carried out: the API server gives a request up after a minute (--request-timeout),
// and one that was frozen first takes what had come meanwhile. So that the migration is not there is believed only when it has been
// said for so long, without a break. What comes later still meets the name, which a second create of the same move would bear.
constexpr Duration kNotThere = seconds{70};
// A frozen API server answers again within this, or the create is reported as not done.
constexpr Duration kReadingEnds = minutes{5};

// KubeVirt's webhook gives no code for it (virt-api 1.8, migration-create-admitter.go): the text must do.
bool says_in_flight(const Error& error) {
  return error.message.find("in-flight migration detected") != std::string::npos;
}

class CreateRun final : public EffectRun {
 public:
  explicit CreateRun(CreateMigration effect)
      : effect_(std::move(effect)), key_{effect_.vm.ns, effect_.name}, at_(effect_.read_only ? At::IsThere : At::Look) {}

  void hear(Result<std::string> answer, Duration now) override {
    switch (at_) {
      case At::Look: return looked(answer);
      case At::Create: return created(std::move(answer), now);
      case At::ReadBack: return read(std::move(answer), now);
      case At::IsThere: return answer ? identify(*answer) : done(answer.error());
    }
  }

 private:
  enum class At { Look, Create, ReadBack, IsThere };

  [[nodiscard]] Step call() const override {
    switch (at_) {
      case At::Look: return Call{.verb = Call::Verb::Get, .type = resource::kVmis, .key = effect_.vm};
      case At::Create: break;
      case At::ReadBack:
      case At::IsThere: return Call{.verb = Call::Verb::Get, .type = resource::kMigrations, .key = key_};
    }
    return Call{.verb = Call::Verb::Create,
                .type = resource::kMigrations,
                .key = key_,
                .body = encode_migration(migration_of(effect_)),
                .dry_run = effect_.dry_run};
  }

  void looked(const Result<std::string>& text) {
    if (!text && text.error().cls != ErrorClass::NotFound) return done(text.error());
    const Result<Vm> vm = text ? decode_vm(*text) : Vm{};
    if (!vm) return done(vm.error());
    if (const auto holds = still_holds(effect_, text ? &*vm : nullptr); !holds) return done(holds.error());
    at_ = At::Create;
  }

  void created(Result<std::string> text, Duration now) {
    if (text) return effect_.dry_run ? done(std::string()) : identify(*text);
    Error error = text.error();
    lost_ = error.cls == ErrorClass::UnknownOutcome;
    if (effect_.dry_run && lost_) error.cls = ErrorClass::Retryable;  // it leaves nothing behind
    if (!effect_.dry_run && (lost_ || error.cls == ErrorClass::AlreadyExists)) {
      at_ = At::ReadBack;
      reading_ends_ = now + kReadingEnds;
      return;
    }
    if (error.cls == ErrorClass::AlreadyExists || says_in_flight(error)) error.cls = ErrorClass::Conflict;
    done(std::move(error));
  }

  // Reads the migration by name until the API server says whether it is there.
  void read(Result<std::string> text, Duration now) {
    if (text) return identify(*text);
    const Error& error = text.error();
    if (error.cls == ErrorClass::NotFound) {
      if (!not_there_since_) not_there_since_ = now;
      if (!lost_ || now - *not_there_since_ >= kNotThere) {
        const std::string before =
            lost_ ? "the answer to the create was lost, and" : "it was there when it was to be created, but now";
        return done(Error{ErrorClass::Retryable, before + " migration " + to_string(key_) + " is not there"});
      }
      return read_again(Duration::zero());
    }
    not_there_since_.reset();
    if (error.cls != ErrorClass::Retryable && error.cls != ErrorClass::UnknownOutcome) return done(error);
    if (now >= reading_ends_) {
      return done(
          Error{ErrorClass::Retryable, "whether migration " + to_string(key_) + " was created is unknown: " + error.message});
    }
    read_again(error.retry_after.value_or(Duration::zero()));
  }

  void read_again(Duration not_before) {
    pause(std::max(pause_, not_before));
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

  void identify(const std::string& text) {
    const auto migration = decode_migration(text);
    done(migration ? same_move(effect_, *migration) : migration.error());
  }

  const CreateMigration effect_;
  const ObjectKey key_;
  At at_;
  bool lost_ = false;  // the answer to the create
  Duration reading_ends_{};
  std::optional<Duration> not_there_since_;
  Duration pause_ = kFirstPause;
};

}  // namespace

std::unique_ptr<EffectRun> machine_of(const CreateMigration& effect) {
  return std::make_unique<CreateRun>(effect);
}

}  // namespace drover

// Writing where a node stands: read, change what is ours, write it back under the resource version that was read.
#include "act/machines.h"
#include "act/precondition.h"
#include "codec/node.h"

namespace drover {
namespace {

constexpr Duration kPause = milliseconds{300};
constexpr int kTries = 5;  // kubelet and virt-handler write nodes too

class MarkRun final : public EffectRun {
 public:
  explicit MarkRun(MarkNode effect) : effect_(std::move(effect)) {}

  void hear(Result<std::string> answer, Duration /*now*/) override {
    if (body_.empty()) {
      read(answer);
    } else {
      written(answer);
    }
  }

 private:
  [[nodiscard]] Step call() const override {
    const ObjectKey key{"", effect_.node};
    if (body_.empty()) return Call{.verb = Call::Verb::Get, .type = resource::kNodes, .key = key};
    return Call{.verb = Call::Verb::Replace, .type = resource::kNodes, .key = key, .body = body_};
  }

  void read(const Result<std::string>& text) {
    if (!text && text.error().cls != ErrorClass::NotFound) return done(text.error());
    Result<Node> node = text ? decode_node(*text) : Node{};
    if (!node) return done(node.error());
    if (text && is_marked(effect_, *node)) return done(std::string());
    if (const auto holds = still_holds(effect_, text ? &*node : nullptr); !holds) return done(holds.error());
    write_marks(*node, effect_.marks);
    body_ = encode_node_marks(*text, *node);
  }

  void written(const Result<std::string>& answer) {
    if (answer) return done(std::string());
    const Error& error = answer.error();
    const bool lost = error.cls == ErrorClass::UnknownOutcome;
    if ((error.cls != ErrorClass::Conflict && !lost) || --tries_ == 0) {
      return done(Error{lost ? ErrorClass::Retryable : error.cls, error.message});
    }
    body_.clear();  // written in between, or perhaps done: what it is now will be read
    pause(kPause);
  }

  const MarkNode effect_;
  std::string body_;  // of the node as it is to be, once it was read
  int tries_ = kTries;
};

}  // namespace

std::unique_ptr<EffectRun> machine_of(const MarkNode& effect) {
  return std::make_unique<MarkRun>(effect);
}

}  // namespace drover

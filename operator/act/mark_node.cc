// Writing where a node stands: read, tell its Machine if it has one that is to know, change what is ours, write it back under the
// resource version that was read.
#include "act/machine_notice.h"
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
    if (notice_) {
      told(answer);
    } else if (body_.empty()) {
      read(answer);
    } else {
      written(answer);
    }
  }

 private:
  [[nodiscard]] Step call() const override {
    if (notice_) return notice_->call();
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
    text_ = *text;
    notice_ = MachineNotice::of(effect_, *node);
    if (!notice_) write(*std::move(node), false);
  }

  void told(const Result<std::string>& answer) {
    const auto over = notice_->hear(answer);
    if (!over) return done(over.error());
    if (!*over) return;
    const bool told = notice_->is_told();
    notice_.reset();
    write(*decode_node(text_), told);
  }

  void write(Node node, bool machine_told) {
    write_marks(node, effect_.marks);
    if (machine_told) node.marks.told.emplace_back(kSkipRemediation);
    body_ = encode_node_marks(text_, node);
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
  std::string text_;                     // of the node as it was read
  std::optional<MachineNotice> notice_;  // until it is over
  std::string body_;                     // of the node as it is to be, once it was read
  int tries_ = kTries;
};

}  // namespace

std::unique_ptr<EffectRun> machine_of(const MarkNode& effect) {
  return std::make_unique<MarkRun>(effect);
}

}  // namespace drover

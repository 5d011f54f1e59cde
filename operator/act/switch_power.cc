// Switching a node: look at the node, and at what is on it, and then tell its driver.
#include "act/machines.h"
#include "act/precondition.h"
#include "codec/decoder.h"
#include "codec/node.h"

namespace drover {
namespace {

class PowerRun final : public EffectRun {
 public:
  explicit PowerRun(SwitchPower effect) : effect_(std::move(effect)) {}

  void hear(Result<std::string> answer, Duration /*now*/) override {
    switch (at_) {
      case At::Look: return looked(answer);
      case At::Pods: return listed(std::move(answer));
      case At::Order: return ordered(std::move(answer));
    }
  }

 private:
  enum class At { Look, Pods, Order };

  [[nodiscard]] Step call() const override {
    switch (at_) {
      case At::Look: return Call{.verb = Call::Verb::Get, .type = resource::kNodes, .key = {"", effect_.node}};
      case At::Pods: return list_pods();
      case At::Order: break;
    }
    return PowerOrder{effect_.driver, effect_.request};
  }

  [[nodiscard]] Call list_pods() const {
    return {.verb = Call::Verb::List,
            .type = resource::kPods,
            .list = {.label_selector = {}, .field_selector = "spec.nodeName=" + effect_.node, .limit = 0}};
  }

  void looked(const Result<std::string>& text) {
    if (!text && text.error().cls != ErrorClass::NotFound) return done(text.error());
    const Result<Node> node = text ? decode_node(*text) : Node{};
    if (!node) return done(node.error());
    if (const auto holds = still_holds(effect_, text ? &*node : nullptr); !holds) return done(holds.error());
    at_ = effect_.request == PowerRequest::On ? At::Order : At::Pods;
  }

  void listed(Result<std::string> text) {
    if (!text) return done(text.error());
    const auto page = Decoder(Kind::Pod).list(std::move(text).value());
    if (!page) return done(page.error());
    if (!page->unreadable.empty()) return done(page->unreadable.front());  // nobody knows what it is
    std::vector<const Pod*> pods;
    for (const Object& object : page->items) pods.push_back(std::get<std::shared_ptr<const Pod>>(object.value).get());
    if (const auto free = carries_nothing(effect_, pods); !free) return done(free.error());
    at_ = At::Order;
  }

  // An order may be given again without harm.
  void ordered(Result<std::string> answer) {
    if (!answer && answer.error().cls == ErrorClass::UnknownOutcome) {
      return done(Error{ErrorClass::Retryable, answer.error().message});
    }
    done(std::move(answer));
  }

  const SwitchPower effect_;
  At at_ = At::Look;
};

}  // namespace

std::unique_ptr<EffectRun> machine_of(const SwitchPower& effect) {
  return std::make_unique<PowerRun>(effect);
}

}  // namespace drover

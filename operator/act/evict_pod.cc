// Evicting a pod: look at the node and at the pod, and then ask the API server, which asks the PodDisruptionBudgets.
#include "act/machines.h"
#include "act/precondition.h"
#include "codec/decoder.h"
#include "codec/node.h"

namespace drover {
namespace {

class EvictRun final : public EffectRun {
 public:
  explicit EvictRun(EvictPod effect) : effect_(std::move(effect)) {}

  void hear(Result<std::string> answer, Duration /*now*/) override {
    switch (at_) {
      case At::Node: return looked_at_node(answer);
      case At::Pod: return looked_at_pod(std::move(answer));
      case At::Evict: return evicted(answer);
    }
  }

 private:
  enum class At { Node, Pod, Evict };

  [[nodiscard]] Step call() const override {
    switch (at_) {
      case At::Node: return Call{.verb = Call::Verb::Get, .type = resource::kNodes, .key = {"", effect_.node}};
      case At::Pod: return Call{.verb = Call::Verb::Get, .type = resource::kPods, .key = effect_.pod};
      case At::Evict: break;
    }
    return Call{.verb = Call::Verb::Evict, .type = resource::kPods, .key = effect_.pod, .uid = effect_.pod_uid};
  }

  void looked_at_node(const Result<std::string>& text) {
    if (!text && text.error().cls != ErrorClass::NotFound) return done(text.error());
    const Result<Node> node = text ? decode_node(*text) : Node{};
    if (!node) return done(node.error());
    if (const auto holds = still_holds(effect_, text ? &*node : nullptr); !holds) return done(holds.error());
    at_ = At::Pod;
  }

  void looked_at_pod(Result<std::string> text) {
    if (!text && text.error().cls == ErrorClass::NotFound) return done(std::string());
    if (!text) return done(text.error());
    const auto object = Decoder(Kind::Pod).object(std::move(text).value());
    if (!object) return done(object.error());
    const Pod& pod = *std::get<std::shared_ptr<const Pod>>(object->value);
    if (pod.uid != effect_.pod_uid || pod.terminating) return done(std::string());  // it went, or goes
    if (const auto holds = may_be_evicted(effect_, pod); !holds) return done(holds.error());
    at_ = At::Evict;
  }

  // Asked for twice, a pod goes once.
  void evicted(const Result<std::string>& answer) {
    if (answer) return done(std::string());
    const Error& error = answer.error();
    const bool gone = error.cls == ErrorClass::NotFound || error.cls == ErrorClass::Conflict;
    if (gone) return done(std::string());
    done(Error{error.cls == ErrorClass::UnknownOutcome ? ErrorClass::Retryable : error.cls, error.message});
  }

  const EvictPod effect_;
  At at_ = At::Node;
};

}  // namespace

std::unique_ptr<EffectRun> machine_of(const EvictPod& effect) {
  return std::make_unique<EvictRun>(effect);
}

}  // namespace drover

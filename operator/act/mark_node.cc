// Writing where a node stands: read, change what is ours, write it back under the resource version that was read.
#include "act/perform.h"
#include "act/precondition.h"
#include "codec/node.h"

namespace drover {
namespace {

constexpr Duration kPause = milliseconds{300};
constexpr int kTries = 5;  // kubelet and virt-handler write nodes too

}  // namespace

Result<std::string> perform(const Means& means, const MarkNode& effect, std::stop_token stop) {
  const ObjectKey key{"", effect.node};
  for (int left = kTries;; --left) {
    const auto text = means.api.get(resource::kNodes, key, stop);
    if (!text && text.error().cls != ErrorClass::NotFound) return text.error();
    Result<Node> node = text ? decode_node(*text) : Node{};
    if (!node) return node.error();
    if (text && is_marked(effect, *node)) return std::string();
    if (const auto holds = still_holds(effect, text ? &*node : nullptr); !holds) return holds.error();
    if (!means.may_act()) return not_leading();
    write_marks(*node, effect.marks);
    means.boundary();
    const auto written = means.api.replace(resource::kNodes, key, encode_node_marks(*text, *node),
                                           {.dry_run = false, .field_manager = means.field_manager}, stop);
    means.boundary();
    if (written) return std::string();
    const ErrorClass cls = written.error().cls;
    // Written in between, or perhaps done: what it is now will be read.
    if ((cls != ErrorClass::Conflict && cls != ErrorClass::UnknownOutcome) || left == 1) {
      return Error{cls == ErrorClass::UnknownOutcome ? ErrorClass::Retryable : cls, written.error().message};
    }
    if (!means.wait(kPause, stop)) return Error{ErrorClass::Cancelled, "stopped before another try: " + written.error().message};
  }
}

Result<std::string> perform(const Means& /*means*/, const SwitchPower& effect, std::stop_token /*stop*/) {
  return Error{ErrorClass::Invalid, "node " + effect.node + " has no power driver"};
}

}  // namespace drover

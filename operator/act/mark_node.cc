// Writing where a node stands: read, change what is ours, write it back under the resource version that was read.
#include "act/perform.h"
#include "codec/node.h"

namespace drover {
namespace {

constexpr Duration kPause = milliseconds{300};
constexpr int kTries = 5;  // kubelet and virt-handler write nodes too

Error conflict(std::string message) {
  return {ErrorClass::Conflict, std::move(message)};
}

}  // namespace

Result<std::string> perform(const Means& means, const MarkNode& effect, std::stop_token stop) {
  const ObjectKey key{"", effect.node};
  for (int left = kTries;; --left) {
    const auto text = means.api.get(resource::kNodes, key, stop);
    if (!text) {
      if (text.error().cls == ErrorClass::NotFound) return conflict("node " + effect.node + " is gone");
      return text.error();
    }
    const auto node = decode_node(*text);
    if (!node) return node.error();
    if (node->uid != effect.node_uid) return conflict("node " + effect.node + " was replaced by another of its name");
    // An earlier try got through. (Whose cordon it is was settled by what was there.)
    if (node->marks.life == effect.marks.life && node->marks.policy_uid == effect.marks.policy_uid) return std::string();
    if (node->marks.life != effect.before) {
      return conflict("node " + effect.node + " is " + std::string(to_string(node->marks.life)) + " now, not " +
                      std::string(to_string(effect.before)));
    }
    if (!means.may_act()) return not_leading();
    means.boundary();
    const auto written = means.api.replace(resource::kNodes, key, encode_node_marks(*text, effect.marks),
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

#include "app/wish.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/shown.h"
#include "codec/decoder.h"
#include "codec/node.h"
#include "codec/write.h"
#include "reflect/kinds.h"

namespace drover {
namespace {

constexpr Duration kProgress = seconds{3};
constexpr int kWishTries = 5;  // kubelet and virt-handler write nodes too

using Json = nlohmann::json;

// What is to be seen on a node once its wish is heeded.
bool is_as_wished(const Node& node, NodeFlags::Act act) {
  switch (act) {
    case NodeFlags::Act::Wake: return node.marks.life == NodeLife::Active && node.ready;
    case NodeFlags::Act::Sleep: return node.marks.life == NodeLife::Asleep;
    case NodeFlags::Act::Release: break;
  }
  return true;
}

// Neither annotation: no wish.
std::string with_wish(const std::string& text, NodeFlags::Act act, Instant until) {
  Json node = Json::parse(text);
  Json& annotations = node["metadata"]["annotations"];
  if (annotations.is_null()) annotations = Json::object();
  annotations.erase(std::string(node_wish::kWish));
  annotations.erase(std::string(node_wish::kWishUntil));
  if (act != NodeFlags::Act::Release) annotations[std::string(node_wish::kWish)] = act == NodeFlags::Act::Wake ? "wake" : "sleep";
  if (act == NodeFlags::Act::Wake) annotations[std::string(node_wish::kWishUntil)] = to_rfc3339(until);
  return write::text(node);
}

class Wishing {
 public:
  Wishing(const WishTools& tools, const NodeFlags& flags) : tools_(tools), flags_(flags) {}

  int run() {
    const auto nodes = named();
    if (!nodes) return say_no(nodes.error().message);
    if (flags_.act == NodeFlags::Act::Sleep) {
      if (const auto governed = is_anyone_governed(); !governed) return say_no(governed.error().message);
    }
    bool all = true;
    for (const std::string& node : *nodes) {
      if (const auto written = write(node); written) {
        awaited_[node];
      } else {
        all = false;
        tools_.err << "drover: node " << shown(node) << ": " << shown(written.error().message) << "\n";
      }
    }
    if (nodes->empty()) tools_.out << "no node rests\n";
    if (flags_.act == NodeFlags::Act::Release || awaited_.empty()) return all ? kExitDone : kExitFailed;
    return await() && all ? kExitDone : kExitFailed;
  }

 private:
  int say_no(const std::string& why) const {
    tools_.err << "drover: " << shown(why) << "\n";
    return kExitFailed;
  }

  // With --all, those at rest.
  [[nodiscard]] Result<std::vector<std::string>> named() const {
    if (!flags_.all) return flags_.names;
    std::vector<std::string> names;
    ListOptions options;
    do {
      auto text = tools_.api.list(resource::kNodes, options, {});
      if (!text) return text.error();
      auto page = Decoder(Kind::Node).list(std::move(*text));
      if (!page) return page.error();
      for (const Object& object : page->items) {
        const auto& node = *std::get<std::shared_ptr<const Node>>(object.value);
        if (node.marks.life != NodeLife::Active || (flags_.act == NodeFlags::Act::Release && node.wish)) names.push_back(node.name);
      }
      options.continue_token = page->continue_token;
    } while (!options.continue_token.empty());
    return names;
  }

  // Some policy may switch nodes off; which nodes it governs shows when it heeds the wish.
  [[nodiscard]] Status is_anyone_governed() const {
    auto text = tools_.api.list(resource::kClusterPolicies, {}, {});
    if (!text) return text.error();
    auto page = Decoder(Kind::ClusterPolicy).list(std::move(*text));
    if (!page) return page.error();
    for (const Object& object : page->items) {
      const auto& policy = *std::get<std::shared_ptr<const Policy>>(object.value);
      const auto* settings = std::get_if<ConsolidationSettings>(&policy.spec.settings);
      if (settings != nullptr && settings->power_down.enabled && policy.spec.mode == PolicyMode::Enforce && !policy.spec.suspend)
        return ok();
    }
    return Error{ErrorClass::Invalid,
                 "no ClusterMigrationPolicy switches nodes off: one of type Consolidation is needed, with mode: Enforce and "
                 "consolidation.powerDown.enabled: true"};
  }

  [[nodiscard]] Status write(const std::string& node) const {
    const ObjectKey key{"", node};
    for (int tries = kWishTries;; --tries) {
      const auto text = tools_.api.get(resource::kNodes, key, {});
      if (!text) return text.error();
      const std::string body = with_wish(*text, flags_.act, tools_.clock.now() + flags_.keep);
      const auto done = tools_.api.replace(resource::kNodes, key, body, {.field_manager = "drover-node"}, {});
      if (done) return ok();
      const bool again = done.error().cls == ErrorClass::Conflict || done.error().cls == ErrorClass::UnknownOutcome;
      if (!again || tries == 1) return done.error();
    }
  }

  // Tells each change on the way.
  [[nodiscard]] bool await() {
    const Duration ends = tools_.clock.monotonic() + flags_.wait;
    while (true) {
      bool all = true;
      for (auto& [name, told] : awaited_) {
        const auto text = tools_.api.get(resource::kNodes, {"", name}, {});
        const Result<Node> node = text ? decode_node(*text) : text.error();
        const std::string now = node ? state_of(*node) : to_string(node.error());
        if (std::exchange(told, now) != now) tools_.out << "node " << shown(name) << ": " << shown(now) << "\n";
        all = all && node && is_as_wished(*node, flags_.act);
      }
      if (all) return true;
      if (tools_.clock.monotonic() >= ends) break;
      tools_.pause(kProgress);
    }
    tools_.err << "drover: not all are as wished; the wish stands. 'drover explain node NAME' says what holds one up\n";
    return false;
  }

  static std::string state_of(const Node& node) {
    std::string text(to_string(node.marks.life));
    if (node.marks.life == NodeLife::Active) text += node.ready ? ", in service" : ", not Ready";
    if (!node.marks.reason.empty()) text += " (" + node.marks.reason + ")";
    return text;
  }

  const WishTools& tools_;
  const NodeFlags& flags_;
  std::map<std::string, std::string> awaited_;  // node -> what was last told of it
};

}  // namespace

int wish(const WishTools& tools, const NodeFlags& flags) {
  return Wishing(tools, flags).run();
}

}  // namespace drover

#include "app/suspend.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "app/flags.h"
#include "base/shown.h"
#include "codec/decoder.h"
#include "reflect/kinds.h"

namespace drover {
namespace {

constexpr Duration kLookAgain = seconds{3};

template <typename T>
using Objects = Result<std::vector<std::shared_ptr<const T>>>;

class Stop {
 public:
  explicit Stop(const SuspendTools& tools) : tools_(tools) {}

  int run(Duration wait) {
    const Duration ends = tools_.clock.monotonic() + wait;
    std::vector<std::string> told;
    for (bool asked = false;; tools_.pause(kLookAgain)) {
      asked = asked || suspend();
      unanswered_.clear();
      std::vector<std::string> left = remaining();
      if (!unanswered_.empty()) left = {unanswered_};
      if (left.empty()) {
        tools_.out << "all policies are suspended, no node is at rest, and nothing moves\n";
        return kExitDone;
      }
      const bool over = tools_.clock.monotonic() >= ends;
      if (left != told || over) {
        (over ? tools_.err : tools_.out) << (over ? "drover: not finished: what remains is\n" : "waiting for\n");
        for (const std::string& what : left) (over ? tools_.err : tools_.out) << "  " << shown(what) << "\n";
      }
      if (over && !unanswered_.empty()) {
        tools_.err << "drover: nothing is known of what is suspended. Once the API server answers, run 'drover suspend' again\n";
        return kExitFailed;
      }
      if (over) {
        tools_.err << "drover: nodes are given back by the operator: does a replica of it lead? Nodes with the label "
                      "drover.dev/hands-off or another controller's "
                      "taint are left until that is gone. Run 'drover suspend' again to wait on\n";
        return kExitFailed;
      }
      told = std::move(left);
    }
  }

 private:
  template <typename T>
  [[nodiscard]] Objects<T> list(Kind kind) const {
    std::vector<std::shared_ptr<const T>> found;
    Decoder decoder(kind);
    ListOptions options;
    do {
      auto text = tools_.api.list(reflect::resource_type(kind), options, {});
      if (!text) return text.error();
      auto page = decoder.list(std::move(*text));
      if (!page) return page.error();
      for (const Error& error : page->unreadable) return error;
      for (Object& object : page->items) found.push_back(std::get<std::shared_ptr<const T>>(std::move(object.value)));
      options.continue_token = page->continue_token;
    } while (!options.continue_token.empty());
    return found;
  }

  // Whether any list was answered; what cannot be listed is told with what remains.
  [[nodiscard]] bool suspend() const {
    bool answered = false;
    for (const Kind kind : {Kind::ClusterPolicy, Kind::Policy}) {
      const Objects<Policy> policies = list<Policy>(kind);
      answered = answered || policies || !nobody_answers(policies.error());
      if (!policies) continue;
      for (const auto& policy : *policies) {
        if (!policy->spec.suspend) suspend(kind, *policy);
      }
    }
    return answered;
  }

  static bool nobody_answers(const Error& error) { return error.cls == ErrorClass::Retryable && error.http_status == 0; }

  // The uid: a policy that goes meanwhile is not made anew.
  void suspend(Kind kind, const Policy& policy) const {
    const ObjectKey& key = policy.ref.key;
    nlohmann::json metadata = {{"name", key.name}, {"uid", policy.ref.uid}};
    if (!key.ns.empty()) metadata["namespace"] = key.ns;
    const nlohmann::json body = {{"apiVersion", "policy.drover.dev/v1alpha1"},
                                 {"kind", key.ns.empty() ? "ClusterMigrationPolicy" : "MigrationPolicy"},
                                 {"metadata", metadata},
                                 {"spec", {{"suspend", true}}}};
    const auto done = tools_.api.apply(reflect::resource_type(kind), key, "", body.dump(), {.field_manager = "drover-suspend"}, {});
    if (done) {
      tools_.out << "suspended " << named(policy) << "\n";
    } else {
      tools_.err << "drover: " << named(policy) << " is not suspended: " << shown(to_string(done.error())) << "\n";
    }
  }

  static std::string named(const Policy& policy) {
    return (policy.ref.cluster_wide() ? "ClusterMigrationPolicy " : "MigrationPolicy ") + to_string(policy.ref.key);
  }

  [[nodiscard]] std::vector<std::string> remaining() {
    std::vector<std::string> left;
    const auto cannot_list = [&](Kind kind, const Error& error) {
      if (nobody_answers(error) && unanswered_.empty()) {
        unanswered_ = "an answer of the API server at " + tools_.cluster + ": " + error.message +
                      "; is it up, and is this the kubeconfig (--kubeconfig, $KUBECONFIG) and --context that you mean?";
      }
      left.push_back(std::string(to_string(kind)) + ", which cannot be listed: " + to_string(error));
    };
    for (const Kind kind : {Kind::ClusterPolicy, Kind::Policy}) {
      const Objects<Policy> policies = list<Policy>(kind);
      if (!policies) {
        cannot_list(kind, policies.error());
        continue;
      }
      for (const auto& policy : *policies) {
        if (!policy->spec.suspend) left.push_back(named(*policy) + ", which is not suspended");
      }
    }
    if (const Objects<Node> nodes = list<Node>(Kind::Node); !nodes) {
      cannot_list(Kind::Node, nodes.error());
    } else {
      for (const auto& node : *nodes) {
        const NodeLife life = node->marks.life;
        if (life != NodeLife::Active && life != NodeLife::Quarantined)
          left.push_back("node " + node->name + ", which is " + std::string(to_string(life)));
      }
    }
    if (const Objects<Migration> migrations = list<Migration>(Kind::Migration); !migrations) {
      cannot_list(Kind::Migration, migrations.error());
    } else {
      for (const auto& migration : *migrations) {
        if (!migration->is_final() && migration->labels.find(mark::kPolicyUid) != nullptr)
          left.push_back("the move of VM " + to_string(migration->vm()) + " (" + std::string(to_string(migration->phase)) + ")");
      }
    }
    return left;
  }

  const SuspendTools& tools_;
  std::string unanswered_;  // what is waited for while nobody answers, or ""
};

}  // namespace

int suspend_all(const SuspendTools& tools, Duration wait) {
  return Stop(tools).run(wait);
}

}  // namespace drover

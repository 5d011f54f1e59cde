#include <nlohmann/json.hpp>

#include "answer.h"
#include "base/check.h"
#include "codec/decoder.h"
#include "core/feasibility.h"
#include "reflect/store.h"

namespace drover::referee {
namespace {

json vm_in(const json& pod) {
  return {{"metadata", {{"name", "vm-0"}, {"namespace", pod.at("metadata").at("namespace")}, {"uid", "uid-vm"}}},
          {"status", {{"phase", "Running"}, {"nodeName", pod.at("spec").at("nodeName")}}}};
}

}  // namespace

json answer_budgets(const json& question) {
  reflect::Store store({});
  const auto put = [&](Kind kind, const json& object) {
    auto read = Decoder(kind).object(object.dump());
    DROVER_CHECK(read);
    store.apply({.kind = kind, .type = reflect::Delta::Type::Upsert, .object = *std::move(read), .error = {}});
  };
  put(Kind::Pod, question.at("pod"));
  put(Kind::Vm, vm_in(question.at("pod")));
  for (const json& budget : question.at("budgets")) put(Kind::DisruptionBudget, budget);
  return exhausted_budget(store.view(), *store.view().vms.begin()->second) != nullptr;
}

}  // namespace drover::referee

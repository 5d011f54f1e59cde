#include "core/feasibility.h"

#include <nlohmann/json.hpp>

#include "answer.h"
#include "base/check.h"
#include "codec/decoder.h"
#include "reflect/store.h"

namespace drover::referee {
namespace {

void put(reflect::Store& store, Kind kind, const json& object) {
  auto read = Decoder(kind).object(object.dump());
  DROVER_CHECK(read);
  store.apply({.kind = kind, .type = reflect::Delta::Type::Upsert, .object = *std::move(read), .error = {}});
}

// As a list: what is in none is not there, rather than unknown.
void put_list(reflect::Store& store, Kind kind, const json& objects) {
  store.apply({.kind = kind, .type = reflect::Delta::Type::RelistBegin, .object = {}, .error = {}});
  for (const json& object : objects) put(store, kind, object);
  store.apply({.kind = kind, .type = reflect::Delta::Type::RelistEnd, .object = {}, .error = {}});
}

json vm_of(const json& launcher) {
  const json& metadata = launcher.at("metadata");
  return {
      {"metadata",
       {{"name", "vm-0"}, {"namespace", metadata.at("namespace")}, {"uid", metadata.at("labels").at("kubevirt.io/created-by")}}},
      {"spec", {{"domain", {{"cpu", {{"model", "Skylake"}}}}}}},
      {"status", {{"phase", "Running"}, {"nodeName", launcher.at("spec").at("nodeName")}}}};
}

}  // namespace

json answer_feasibility(const json& question) {
  reflect::Store store({});
  put_list(store, Kind::Node, question.at("nodes"));
  put_list(store, Kind::Pod, question.at("pods"));
  put_list(store, Kind::VolumeClaim, question.at("claims"));
  put_list(store, Kind::Volume, question.at("volumes"));
  put_list(store, Kind::CsiNode, question.at("csiNodes"));
  put(store, Kind::Vm, vm_of(question.at("pods").front()));
  const ClusterView& view = store.view();
  const Vm& vm = *view.vms.begin()->second;
  const Plan plan;
  const Feasibility feasibility(view, vm, plan, {});
  json answer = json::array();
  for (const json& asked : question.at("nodes")) {
    const std::string name = asked.at("metadata").at("name");
    if (name == vm.node) continue;
    const auto why = feasibility.obstacles(*view.node(name));
    answer.push_back({{"node", name}, {"feasible", why.empty()}, {"why", why}});
  }
  return answer;
}

}  // namespace drover::referee

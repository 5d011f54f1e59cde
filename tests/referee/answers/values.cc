#include <nlohmann/json.hpp>

#include "answer.h"
#include "base/time.h"
#include "codec/decoder.h"
#include "codec/node.h"
#include "codec/policy.h"
#include "core/window.h"

namespace drover::referee {
namespace {

// As it stands in JSON.
std::string written(const json& literal) {
  return literal.at("bare").get<bool>() ? literal.at("text").get<std::string>() : literal.at("text").dump();
}

json amount_of(const std::string& resource, const json& literal) {
  const auto node =
      decode_node(R"({"metadata":{"name":"n"},"status":{"allocatable":{")" + resource + "\":" + written(literal) + "}}}");
  return node ? json(amount(node->allocatable, resource)) : json(nullptr);
}

}  // namespace

json answer_quantity(const json& question) {
  return {{"whole", amount_of("memory", question)}, {"milli", amount_of("cpu", question)}};
}

json answer_selector(const json& question) {
  const json budget = {{"metadata", {{"name", "b"}, {"namespace", "n"}}}, {"spec", {{"selector", question.at("selector")}}}};
  auto read = Decoder(Kind::DisruptionBudget).object(budget.dump());
  if (!read) return "unreadable";
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& [key, value] : question.at("labels").items()) labels.emplace_back(key, value);
  return std::get<std::shared_ptr<const DisruptionBudget>>(read->value)->selector.matches(Labels(std::move(labels)));
}

json answer_percentage(const json& question) {
  const auto policy = decode_policy(
      R"({"metadata":{"name":"p"},"spec":{"type":"Threshold","threshold":{"signal":{"kubevirtMetric":{"name":"CPUDelay"}},"level":1},)"
      R"("disruption":{"budgets":[{"migrations":)" +
      written(question.at("migrations")) + "}]}}}");
  if (!policy || !policy->problem.empty()) return nullptr;
  return budget_at(policy->spec, {}, question.at("selected").get<std::int64_t>(), Instant{});
}

json answer_duration(const json& question) {
  const auto duration = parse_duration(question.get<std::string>());
  return duration ? json(duration->count()) : json(nullptr);
}

}  // namespace drover::referee

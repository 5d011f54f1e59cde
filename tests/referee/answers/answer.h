// What Drover answers to the referees' questions (main.go): a question and an answer are JSON values; the Go type of each is
// beside the referee's own answer.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace drover::referee {

using nlohmann::json;

json answer_budgets(const json& question);
json answer_cron(const json& question);
json answer_promql(const json& question);
json answer_quantity(const json& question);
json answer_selector(const json& question);
json answer_feasibility(const json& question);
json answer_kubeconfig(const json& question);
json answer_percentage(const json& question);
json answer_duration(const json& question);

}  // namespace drover::referee

#include "consolidate/fuzzy_controller.h"

#include <fl/Headers.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/check.h"
#include "consolidate/fuzzy_rules.h"

namespace drover {
namespace {

// The rules are ours: that the library cannot read them is a mistake of the build.
std::unique_ptr<fl::Engine> engine_of(const char* rules) {
  std::unique_ptr<fl::Engine> engine;
  try {
    engine.reset(fl::FllImporter().fromString(rules));
  } catch (const fl::Exception&) {
    DROVER_CHECK(!"the rules can be read");
  }
  DROVER_CHECK(engine->isReady());
  return engine;
}

double ask(fl::Engine& engine, double first, double second) {
  engine.getInputVariable(0)->setValue(first * 100);
  engine.getInputVariable(1)->setValue(second * 100);
  engine.process();
  const double answer = engine.getOutputVariable(0)->getValue();
  DROVER_CHECK(std::isfinite(answer));
  return answer;
}

std::string two_digits(double share) {
  const long hundredths = std::lround(share * 100);
  const std::string digits = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + (digits.size() < 2 ? ".0" : ".") + digits;
}

std::string fired(const fl::Engine& engine) {
  std::vector<std::pair<double, std::string>> rules;
  for (const fl::Rule* rule : engine.getRuleBlock(0)->rules()) {
    if (rule->getActivationDegree() >= 0.005) rules.emplace_back(rule->getActivationDegree(), rule->getText());
  }
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (const auto& [strength, rule] : rules) {
    if (!text.empty()) text += "; ";
    text += two_digits(strength) + ": " + rule;
  }
  return text;
}

}  // namespace

struct FuzzyController::Engines {
  std::unique_ptr<fl::Engine> workload = engine_of(kWorkloadRules);
  std::unique_ptr<fl::Engine> server = engine_of(kServerRules);
};

FuzzyController::FuzzyController() : engines_(std::make_unique<Engines>()) {}
FuzzyController::~FuzzyController() = default;

double FuzzyController::fitness(double relief, double copy) {
  return ask(*engines_->workload, relief, copy);
}

FuzzyController::Answer FuzzyController::explain_fitness(double relief, double copy) {
  const double value = fitness(relief, copy);
  return {.value = value, .fired = fired(*engines_->workload)};
}

double FuzzyController::load(double cpu, double memory) {
  return ask(*engines_->server, cpu, memory);
}

FuzzyController::Answer FuzzyController::explain_load(double cpu, double memory) {
  const double value = load(cpu, memory);
  return {.value = value, .fired = fired(*engines_->server)};
}

}  // namespace drover

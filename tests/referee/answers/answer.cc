// Answers the questions of one referee: a line of JSON in, a line of JSON out.
//
// usage: referee_answers ABOUT <questions >answers
#include "answer.h"

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

int main(int argc, char** argv) {
  using namespace drover::referee;
  static const std::map<std::string, json (*)(const json&)> kAnswers = {{"budgets", answer_budgets},
                                                                        {"cron", answer_cron},
                                                                        {"clocks", answer_cron},
                                                                        {"duration", answer_duration},
                                                                        {"feasibility", answer_feasibility},
                                                                        {"kubeconfig", answer_kubeconfig},
                                                                        {"percentage", answer_percentage},
                                                                        {"promql", answer_promql},
                                                                        {"quantity", answer_quantity},
                                                                        {"selector", answer_selector}};
  const auto answer = kAnswers.find(argc == 2 ? argv[1] : "");
  if (answer == kAnswers.end()) {
    std::cerr << "usage: referee_answers ABOUT, which is one of:";
    for (const auto& [name, function] : kAnswers) std::cerr << " " << name;
    std::cerr << "\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << answer->second(json::parse(line)).dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
  }
  return 0;
}

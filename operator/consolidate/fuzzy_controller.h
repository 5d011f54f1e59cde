// FuzzyController: asks the rules of fuzzy_rules.h, through fuzzylite, and tells which of them answered.
//
// The same question gives the same answer. Reads no environment and prints nothing. Thread safety: none.
#pragma once

#include <memory>
#include <string>

namespace drover {

class FuzzyController {
 public:
  FuzzyController();
  ~FuzzyController();

  struct Answer {
    double value = 0;   // 0..100
    std::string fired;  // "0.80: relief is just and copy is small then fitness is best; 0.20: ...", strongest first
  };

  // How fit a workload is to leave its server. relief: the share that it takes off of what the server has too much (1 cures); copy:
  // its bytes as a share of the most that any workload of the server would need.
  [[nodiscard]] double fitness(double relief, double copy);
  [[nodiscard]] Answer explain_fitness(double relief, double copy);

  // How loaded a server is, from the shares of its CPU and memory that are wanted.
  [[nodiscard]] double load(double cpu, double memory);
  [[nodiscard]] Answer explain_load(double cpu, double memory);

 private:
  struct Engines;
  std::unique_ptr<Engines> engines_;
};

}  // namespace drover

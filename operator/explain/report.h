// What `plan` and `explain` show: made as JSON once, and rendered for people from that, so that both say the same.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "core/options.h"
#include "explain/evaluate.h"
#include "explain/snapshot.h"

namespace drover {

using Report = nlohmann::ordered_json;

// Everything that a report is made from.
struct ReportInput {
  const Snapshot& snapshot;
  const Evaluation& evaluation;
  const CoreOptions& options;
  std::string cluster;  // where the credentials were found
  Instant now{};
};

// A policy, every VM that it selects (of namespace `ns`, when that is named), and what would be done.
[[nodiscard]] Report plan_report(const ReportInput& input, const std::string& ns);
void print_plan(const Report& report, std::ostream& out);

// NotFound when there is no such object; the message says what may have been meant.
[[nodiscard]] Result<Report> vm_report(const ReportInput& input, const ObjectKey& vm);
void print_vm(const Report& report, std::ostream& out);
[[nodiscard]] Result<Report> node_report(const ReportInput& input, const std::string& node);
void print_node(const Report& report, std::ostream& out);
[[nodiscard]] Result<Report> policy_report(const ReportInput& input, const ObjectKey& policy);
void print_policy(const Report& report, std::ostream& out);

// ---- parts that the reports share ----

// cluster, time, KubeVirt, gaps.
[[nodiscard]] Report head_of(const ReportInput& input);
// A policy with its readiness and the VMs that it selects.
[[nodiscard]] Report policy_part(const ReportInput& input, const Policy& policy, const std::string& ns);
// One VM under one policy: verdict, reason, figures.
[[nodiscard]] Report verdict_part(const ReportInput& input, const Policy& policy, const Vm& vm);

// "Succeeded"; "InFlight" of a move that is not over.
[[nodiscard]] std::string_view result_text(const MoveRecord& move);

// The same with every text as base/shown.h shows it: what is printed, as others have written much of it.
[[nodiscard]] Report shown_report(const Report& report);

void print_head(const Report& report, std::ostream& out);
void print_policy_part(const Report& policy, std::ostream& out);
// "" for what is absent; numbers with three significant digits.
[[nodiscard]] std::string text_at(const Report& object, const char* name);

// Lines of columns, each as wide as its widest cell.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head) { add(std::move(head)); }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(std::ostream& out, const std::string& indent) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace drover

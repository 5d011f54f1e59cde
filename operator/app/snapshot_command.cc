// `drover snapshot`: the cluster and what its VMs use, in a file.
#include <iostream>
#include <memory>

#include "adapters/clock/system_clock.h"
#include "adapters/time_zone/tz_database.h"
#include "app/access.h"
#include "app/commands.h"
#include "app/output.h"
#include "codec/snapshot_file.h"
#include "core/rule.h"
#include "core/rules.h"
#include "explain/snapshot.h"

namespace drover {
namespace {

int failed(const Error& error) {
  say(error);
  return kExitFailed;
}

// What was measured; what can't be is left out, and named.
void add_measurements(const ClusterView& view, const SignalOffer& offer, MetricSource& metrics, Instant now, SnapshotWriter& writer,
                      std::vector<std::string>& gaps) {
  if (const auto use = metrics.sample_use(now, {})) {
    writer.set_use(*use);
  } else {
    gaps.push_back("the use of VMs is not in it: " + to_string(use.error()));
  }
  const RuleMaker rules = make_rules(offer);
  for (const auto& [key, policy] : view.policies) {
    const std::unique_ptr<Rule> rule = rules(*policy);
    if (const auto bar = rule ? rule->why_barred() : std::nullopt) {
      gaps.push_back("the signal of policy " + to_string(key) + " is not in it: " + bar->message);
      continue;
    }
    const auto question = rule ? rule->question(*policy) : std::nullopt;
    if (!question || !policy->problem.empty()) continue;
    if (const auto table = metrics.sample(question->signal, now, {})) {
      writer.add_signal(policy->ref, *table);
    } else {
      gaps.push_back("the signal of policy " + to_string(key) + " is not in it: " + to_string(table.error()));
    }
  }
}

}  // namespace

int run_snapshot(const SnapshotFlags& flags) {
  const SystemClock clock;
  const auto log = open_log(flags.cluster);
  const auto access = open_access(flags.cluster, clock, *log);
  if (!access) return failed(access.error());
  SnapshotWriter writer;
  auto snapshot = take_snapshot(
      *access->api, [&](const std::string& name) { return load_time_zone(name, clock.now()); }, "",
      [&](Kind kind, const std::string& page) { writer.add_page(kind, page); });
  if (!snapshot) return failed(cluster_error(*access, snapshot.error()));
  add_measurements(snapshot->view, flags.cluster.core.signals, *access->metrics, clock.now(), writer, snapshot->gaps);
  for (const std::string& gap : snapshot->gaps) say(gap);
  std::cout << writer.text(clock.now());
  return kExitDone;
}

}  // namespace drover

#include "app/command_flags.h"

#include <utility>
#include <vector>

#include "app/cluster_flags.h"
#include "app/declaration.h"
#include "app/flag_values.h"
#include "sim/scenario_file.h"

namespace drover {
namespace {

template <typename T>
CLI::Option* add_choice(CLI::App& app, const std::string& name, T& value, std::vector<std::pair<std::string, T>> choices,
                        const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : choices) words.push_back(word);
  const auto choose = [&value, choices = std::move(choices)](const std::string& word) {
    for (const auto& [name_of, meaning] : choices) {
      if (name_of == word) value = meaning;
    }
  };
  return app.add_option_function<std::string>(name, choose, help)->check(one_of(std::move(words)));
}

void declare_output(CLI::App& app, Output& output) {
  add_choice(app, "-o,--output", output, {{"text", Output::Text}, {"json", Output::Json}}, "How it is written");
}

}  // namespace

void declare_operator(CLI::App& app, OperatorFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster);
  declare_prometheus(app, flags.cluster);
  app.get_option("--prometheus-url")->required();
  declare_decisions(app, flags.cluster, bandwidth);
  Declaration decisions(app, "Decisions");
  decisions.time("--migration-unschedulable-timeout", flags.cluster.core.unschedulable_timeout,
                 "How long a migration's target pod may wait for a node, such as 30s; then the move has failed");
  decisions.time("--migration-pending-timeout", flags.cluster.core.pending_timeout,
                 "How long it may take until it runs (images, volumes), such as 5m; then the move has failed");
  Declaration d(app);
  d.flag("--listen", flags.listen, "ADDRESS:PORT for /metrics, /healthz, /readyz and /debug/view; port 0: any, told in the log");
  auto* cert = d.flag("--tls-cert", flags.tls_cert,
                      "PEM file with the certificate for --listen: HTTPS instead of HTTP; reread as it changes");
  auto* key = d.flag("--tls-key", flags.tls_key, "PEM file with its key");
  d.flag(
      "--debug-token-file", flags.debug_token_file,
      "File with the token that /debug/ pages ask for (Authorization: Bearer), read again as it changes; without it they are shown "
      "to loopback addresses only");
  cert->needs(key);
  key->needs(cert);
  d.flag("--metal3-kubeconfig", flags.metal3_kubeconfig,
         "File that says how to reach the cluster where Metal3's BareMetalHosts and their Machines are; without it: this cluster");
  d.flag("--namespace", flags.ns, "Namespace of the lease that the replicas elect a leader by");
  d.flag("--lease-name", flags.lease_name, "Name of that lease");
  d.flag("--identity", flags.identity, "Name of this replica in the lease; unique. Without it: the host's name and a random part");
  d.flag("--ledger", flags.ledger,
         "Where books of energy are kept, for `drover report`: a file of SQLite on a volume that outlives the pod, or a connection "
         "string of PostgreSQL without a password (PGPASSFILE); without it: none");
  d.on_off("--leader-elect", flags.leader_elect, "Elect a leader; with =false this process leads, and must be the only one");
  app.footer(
      "Example:\n"
      "  drover operator --kubeconfig ~/.kube/config --prometheus-url http://localhost:9090 --listen 127.0.0.1:9100\n");
}

void declare_plan(CLI::App& app, PlanFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster);
  declare_prometheus(app, flags.cluster);
  declare_decisions(app, flags.cluster, bandwidth);
  app.add_option("-n,--namespace", flags.ns, "Only VMs of this namespace; without it: all that you may read");
  declare_output(app, flags.output);
  app.footer(
      "Nothing is changed. Rights needed: get and list on what the operator watches; what you may not read is named.\n\n"
      "Examples:\n"
      "  drover plan --prometheus-url http://localhost:9090\n"
      "  drover plan -n vms -o json --prometheus-url http://localhost:9090 | jq '.decisions[] | select(.move)'\n");
}

void declare_explain(CLI::App& app, ExplainFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster);
  declare_prometheus(app, flags.cluster);
  declare_decisions(app, flags.cluster, bandwidth);
  declare_output(app, flags.output);
  using Subject = ExplainFlags::Subject;
  add_choice(app, "subject", flags.subject, {{"vm", Subject::Vm}, {"node", Subject::Node}, {"policy", Subject::Policy}},
             "What is to be explained");
  app.add_option("name", flags.name, "NAMESPACE/NAME of a VM; NAME of a node; [NAMESPACE/]NAME of a policy");
  app.footer(
      "Nothing is changed. Shown are what the operator last wrote and a fresh look at the cluster.\n\n"
      "Examples:\n"
      "  drover explain vm vms/db-0 --prometheus-url http://localhost:9090     why does it move, or why not?\n"
      "  drover explain node worker-3                                          what is on it, what could come?\n"
      "  drover explain policy vms/cpu-pressure                                a MigrationPolicy\n"
      "  drover explain policy keep-calm -o json                               a ClusterMigrationPolicy\n");
}

void declare_snapshot(CLI::App& app, SnapshotFlags& flags) {
  declare_cluster(app, flags.cluster);
  declare_prometheus(app, flags.cluster);
  app.footer(
      "Written are the objects that decisions are made on, cut down to what they are made on, and what VMs use now. No Secret is\n"
      "read, and nothing is changed. Rights needed: list on what the operator watches; what you may not read is named.\n\n"
      "Example:\n"
      "  drover snapshot --prometheus-url http://localhost:9090 > monday.json\n"
      "  drover simulate --snapshot monday.json --policy pack-harder.yaml --enforce     what if?\n");
}

void declare_suspend(CLI::App& app, SuspendFlags& flags) {
  declare_cluster(app, flags.cluster);
  Declaration(app).time("--wait", flags.wait, "How long to wait, at most, until nodes are given back and moves have ended");
  app.footer(
      "The emergency stop. spec.suspend becomes true on every MigrationPolicy and ClusterMigrationPolicy, and the operator, which "
      "must\n"
      "run, takes nodes that it cordoned or put to sleep back. Run it again as often as you like. Exit code 1: something remains,\n"
      "and is named. To go on: set suspend to false on the policies.\n\n"
      "Rights needed: list and patch on both kinds of policy, list on nodes and virtualmachineinstancemigrations.\n\n"
      "Example:\n"
      "  drover suspend --wait 5m\n");
}

void declare_node(CLI::App& app, NodeFlags& flags) {
  app.add_option("ACTION", flags.act, "wake, sleep or release")
      ->required()
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, NodeFlags::Act>{
              {"wake", NodeFlags::Act::Wake}, {"sleep", NodeFlags::Act::Sleep}, {"release", NodeFlags::Act::Release}},
          CLI::ignore_case));
  auto* names = app.add_option("NAME", flags.names, "Nodes");
  app.add_flag("--all", flags.all, "In place of names: all nodes at rest, as before an upgrade of the cluster")->excludes(names);
  declare_cluster(app, flags.cluster);
  Declaration declared(app);
  declared.time("--for", flags.keep, "wake: so long the node stays in service, whatever policies say");
  declared.time("--wait", flags.wait, "How long to wait, at most, until the nodes are as wished");
  app.footer(
      "wake: the node is taken back or switched on, also out of quarantine, and stays in service for a while. sleep: it is emptied "
      "and\n"
      "switched off, once, as far as its policy's reserve, its PowerProfile's limits and what runs on it allow. release: the wish "
      "is\n"
      "taken away. The wish is the annotation drover.dev/wish; the operator, which must run, heeds it.\n\n"
      "Rights needed: get and update on nodes; list on nodes for --all, on clustermigrationpolicies for sleep.\n\n"
      "Examples:\n"
      "  drover node wake worker-7\n"
      "  drover node wake --all --for 4h     before an upgrade\n"
      "  drover node sleep worker-7 --wait 30m\n");
}

void declare_simulate(CLI::App& app, SimulateFlags& flags) {
  auto* world = app.add_option_group("world", "One of the two")->require_option(1);
  world->add_option("--scenario", flags.scenario, "File that says what is to be simulated");
  world->add_option("--snapshot", flags.snapshot,
                    "File that `drover snapshot` wrote: that cluster, each VM using what it used then; its own policies unless "
                    "--policy names others");
  app.add_option("--policy", flags.policies,
                 "File with policies as kubectl takes them, in place of the scenario's own; can be repeated");
  app.add_option("--seed", flags.seed, "Where all that is drawn at random begins; the same seed gives the same run")
      ->check(whole_within(0))
      ->capture_default_str();
  app.add_option("--days", flags.days, "Days to simulate; without it: as long as the scenario says")
      ->check(number_within(0.001, 3650));
  app.add_flag("--enforce", flags.enforce, "Let policies act that only recommend");
  app.add_flag("--limits", flags.limits, "Tell, too, what each limit in the policies costs: one run more for each");
  app.add_option("--ledger", flags.ledger,
                 "File for a ledger of the run, which `drover report` reads; one that is there already is not written to");
  using Format = SimulateFlags::Format;
  add_choice(app, "-o,--output", flags.format, {{"table", Format::Table}, {"json", Format::Json}}, "How the report is written");
  app.footer(
      "Examples:\n"
      "  drover simulate --scenario manifests/samples/scenarios/day.yaml\n"
      "  drover simulate --scenario day.yaml --policy mine.yaml --seed 7 -o json | jq .energyKWh\n\n" +
      sim::scenario_help());
}

void declare_report(CLI::App& app, ReportFlags& flags) {
  Declaration d(app);
  d.flag("--ledger", flags.ledger,
         "File of SQLite, or connection string of PostgreSQL without a password: as the operator's --ledger")
      ->required();
  app.add_option("--since", flags.since,
                 "Where it begins: so long before the end, such as 30d, 12h or 1y, or a time (2026-11-01 or RFC 3339)")
      ->capture_default_str();
  app.add_option("--until", flags.until, "Where it ends, a time likewise; without it: where the ledger does");
  using By = ReportFlags::By;
  add_choice(app, "--by", flags.by, {{"node", By::Node}, {"namespace", By::Namespace}, {"policy", By::Policy}},
             "What is listed one by one");
  using Format = ReportFlags::Format;
  add_choice(app, "-o,--output", flags.format,
             {{"table", Format::Table}, {"csv", Format::Csv}, {"json", Format::Json}, {"html", Format::Html}},
             "How it is written; html is one page that needs nothing else");
  d.flag("--price", flags.price, "What energy costs: a number, or a file with a series (below)");
  d.flag("--price-unit", flags.price_unit, "Of --price: a currency and /kWh or /MWh");
  d.flag("--carbon", flags.carbon, "Grams of CO2e a kWh, by location: a number, or a file with a series (below)");
  d.flag("--location", flags.location, "Where a series is of several locations: that whose entries count");
  app.footer(
      "Saved is what all nodes on would have drawn with the same load minus what was drawn: net of standby, boots, shutdowns and "
      "moves.\n"
      "What was metered and what was modelled are never added. +/- is at 90 %: metered 5 %, derived from a meter 10 %, modelled 20 "
      "%.\n\n"
      "A series is JSON, in the shape of carbon data: [{\"timestamp\": \"2026-11-02T14:00:00Z\", \"duration\": MINUTES, "
      "\"value\": 0.31, \"location\": \"DE\"}, ...].\n"
      "Of a ConfigMap with such data: kubectl get configmap -n kube-system carbon-intensity -o jsonpath='{.binaryData.data}' | "
      "base64 -d > carbon.json\n\n"
      "Examples:\n"
      "  drover report --ledger /var/lib/drover/ledger.db --since 30d\n"
      "  drover report --ledger ledger.db --since 2026-01-01 --by policy --price 0.28 --carbon 380 -o html > year.html\n"
      "  PGPASSFILE=~/.pgpass drover report --ledger postgresql://reader@db.example/drover --by namespace -o csv\n");
}

void declare_demo(CLI::App& app, DemoFlags& flags) {
  Declaration d(app);
  d.flag("--seconds", flags.seconds, "Seconds that the day takes")->check(number_within(0.1, 86400));
  d.flag("--seed", flags.seed, "Where all that is drawn at random begins; the same seed gives the same day")
      ->check(whole_within(0));
  d.flag("--samples", flags.samples,
         "Folder with scenarios/day.yaml and consolidation.yaml; without it: manifests/samples/ of the repository, or else the "
         "program's own copies");
  d.flag("--listen", flags.listen, "ADDRESS:PORT for /metrics; port 0: any, told at the beginning; empty: none");
  app.footer(
      "No cluster is needed or touched: the operator's own core runs a simulated data centre, with the policy in mode Enforce.\n"
      "On a terminal it is shown live, otherwise, or with TERM=dumb, as lines. NO_COLOR is respected. Ctrl-C ends with the "
      "report.\n\n"
      "Examples:\n"
      "  drover demo\n"
      "  drover demo --seconds 10 --seed 7 --listen '' | less\n");
}

void declare_place(CLI::App& app, PlaceFlags& flags) {
  Declaration d(app);
  d.flag("--instance", flags.instance, "File with the nodes, the VMs and where they run, and t; see below")->required();
  auto* budget =
      d.flag("--seconds", flags.seconds,
             "Seconds of CPU to search, at most, and four times that by the clock. Without it: 25 for up to 5,000 VMs, 4 above");
  budget->check(number_within(0.001, 86400))->default_str("");
  d.flag("--seed", flags.seed, "Seed of what the search draws")->check(whole_within(0));
  add_choice(app, "-o,--output", flags.output, {{"table", Output::Text}, {"json", Output::Json}}, "How the plan is written");
  app.footer(
      "The fewest nodes that the VMs can be packed on with at most t of them moved, as a list of moves. Carried out one after the "
      "other\n"
      "in that order, each finds room on its target while its VM still holds its place on the source. The search ends early when "
      "no plan\n"
      "can have fewer nodes. If nodes are overloaded now, the plan cures that first, with the fewest moves found, more than t if "
      "need be.\n\n"
      "The file, with CPU in millicores and memory in MiB, all fields needed and no others allowed:\n"
      "  {\"nodes\": [{\"name\": \"n1\", \"cpu_m\": 32000, \"mem_mib\": 131072}, ...],\n"
      "   \"vms\":   [{\"name\": \"db\", \"cpu_m\": 4000, \"mem_mib\": 8192, \"node\": \"n1\"}, ...],\n"
      "   \"t\": 20}\n\n"
      "With -o json one object: nodesUsed, nodesBefore, lowerBound (no plan uses fewer), gap ((nodesUsed - lowerBound) / "
      "nodesUsed),\n"
      "feasible, moves ([{vm, from, to}] in order), cpuSeconds, wallSeconds.\n\n"
      "Examples:\n"
      "  drover place --instance pool.json\n"
      "  drover place --instance pool.json --seconds 5 -o json | jq '.moves[]'\n");
}

}  // namespace drover

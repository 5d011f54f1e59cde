#include "app/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "adapters/prometheus/prometheus.h"
#include "app/flag_values.h"
#include "base/quantity.h"
#include "base/shown.h"
#include "base/time.h"
#include "sim/scenario_file.h"

namespace drover {
namespace {

// "--kube-api-qps" -> DROVER_KUBE_API_QPS
std::string environment_name(const std::string& flag) {
  std::string name = "DROVER_";
  for (const char c : flag.substr(2)) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

class Declaration {
 public:
  explicit Declaration(CLI::App& app) : app_(app) {}

  template <typename T>
  CLI::Option* flag(const std::string& name, T& value, const std::string& help) {
    const std::string longest = name.substr(name.rfind("--"));
    return app_.add_option(name, value, help)->envname(environment_name(longest))->capture_default_str();
  }
  // At least a second: KubeVirt counts whole ones.
  CLI::Option* time(const std::string& name, Duration& value, const std::string& help) {
    const auto read = [name, &value](const std::string& text) {
      const auto time = parse_duration(text);
      if (!time || *time < seconds{1})
        throw CLI::ValidationError(name, "want a time of at least 1s, such as 90s or 5m; have \"" + text + "\"");
      value = *time;
    };
    return app_.add_option_function<std::string>(name, read, help)->envname(environment_name(name))->default_str(to_string(value));
  }
  CLI::Option* on_off(const std::string& name, bool& value, const std::string& help) {
    return app_.add_flag(name + "{true}", value, help)->envname(environment_name(name))->capture_default_str();
  }

 private:
  CLI::App& app_;
};

const CLI::Validator kAddress(
    [](std::string& text) {
      const auto address = prometheus::parse_address(text);
      return address ? std::string() : address.error().message;
    },
    "URL");
const CLI::Validator kMatchers([](std::string& text) { return prometheus::matchers_problem(text); }, "MATCHERS");
const CLI::Validator kHeader(
    [](std::string& text) {
      const auto header = prometheus::parse_header(text);
      return header ? std::string() : header.error().message;
    },
    "NAME: VALUE");

void declare_cluster(CLI::App& app, ClusterFlags& flags, std::string& bandwidth) {
  Declaration d(app);
  d.flag("--kubeconfig", flags.kubeconfig,
         "File that says how to reach the cluster. Without it: $KUBECONFIG, the pod's own ServiceAccount, ~/.kube/config");
  d.flag("--context", flags.context, "Context of the kubeconfig; without it: its current-context");
  d.flag("--kube-api-qps", flags.kube_api_qps, "Requests a second to the Kubernetes API, at most")
      ->check(number_within(0.1, 10000));
  d.flag("--kube-api-burst", flags.kube_api_burst, "Requests that may be made at once before pacing begins")
      ->check(number_within(1, 10000));
  d.flag("--prometheus-url", flags.prometheus_url,
         "Address of the Prometheus that scrapes KubeVirt, such as http://prometheus.monitoring:9090")
      ->check(kAddress);
  d.flag("--prometheus-bearer-token-file", flags.prometheus_bearer_token_file,
         "File with a token for Prometheus, read again as it changes; never sent over plain http but to a loopback address");
  d.flag("--prometheus-ca", flags.prometheus_ca, "PEM file with the authorities to trust for Prometheus, and no other");
  d.flag("--prometheus-matchers", flags.prometheus_matchers,
         "Label matchers for every metric that Drover asks for by itself, where one Prometheus has several clusters: "
         "cluster=\"prod\". A policy's own PromQL stays as it is")
      ->check(kMatchers);
  d.flag("--prometheus-header", flags.prometheus_headers,
         "Header for Prometheus, such as \"X-Scope-OrgID: tenant-1\"; can be repeated")
      ->check(kHeader)
      ->allow_extra_args(false);
  d.flag("--prometheus-header-file", flags.prometheus_header_file, "File with such headers, one a line, read again as it changes");
  d.flag("--prometheus-timeout", flags.prometheus_timeout, "How long Prometheus may take to answer a policy's signal")
      ->check(duration_up_to("5m"));
  d.flag("--prometheus-use-timeout", flags.prometheus_use_timeout,
         "How long it may take to answer the five queries for what VMs use, all together")
      ->check(duration_up_to("5m"));
  d.flag("--http-transport", flags.http_transport, "Library that speaks HTTP")->check(one_of({"cpprest", "curl"}));
  d.flag("--max-inbound-migrations-per-node", flags.core.max_inbound_per_node, "Migrations that may be under way to one node")
      ->check(whole_within(1, 1000));
  d.time("--migration-unschedulable-timeout", flags.core.unschedulable_timeout,
         "How long a migration's target pod may wait for a node, such as 30s; then the move has failed");
  d.time("--migration-pending-timeout", flags.core.pending_timeout,
         "How long it may take until it runs (images, volumes), such as 5m; then the move has failed");
  d.flag("--assumed-migration-bandwidth", bandwidth,
         "Bytes per second that a migration gets where KubeVirt sets no limit: 125M, 1Gi")
      ->check(::drover::bandwidth());
  d.flag("--node-name", flags.core.own_node, "Node that the operator itself runs on; consolidation never empties it");
  d.flag("--log-level", flags.log_level, "Least level that is logged")->check(one_of({"debug", "info", "warn", "error"}));
  d.flag("--log-format", flags.log_format, "How log lines are written")->check(one_of({"text", "json"}));
}

void declare_operator(CLI::App& app, OperatorFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster, bandwidth);
  app.get_option("--prometheus-url")->required();
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
  d.flag("--namespace", flags.ns, "Namespace of the lease that the replicas elect a leader by");
  d.flag("--lease-name", flags.lease_name, "Name of that lease");
  d.flag("--identity", flags.identity, "Name of this replica in the lease; unique. Without it: the host's name and a random part");
  d.on_off("--leader-elect", flags.leader_elect, "Elect a leader; with =false this process leads, and must be the only one");
  app.footer(
      "Example:\n"
      "  drover operator --kubeconfig ~/.kube/config --prometheus-url http://localhost:9090 --listen 127.0.0.1:9100\n");
}

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

void declare_plan(CLI::App& app, PlanFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster, bandwidth);
  app.add_option("-n,--namespace", flags.ns, "Only VMs of this namespace; without it: all that you may read");
  declare_output(app, flags.output);
  app.footer(
      "Nothing is changed. Rights needed: get and list on what the operator watches; what you may not read is named.\n\n"
      "Examples:\n"
      "  drover plan --prometheus-url http://localhost:9090\n"
      "  drover plan -n vms -o json --prometheus-url http://localhost:9090 | jq '.decisions[] | select(.move)'\n");
}

void declare_explain(CLI::App& app, ExplainFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster, bandwidth);
  declare_output(app, flags.output);
  using Subject = ExplainFlags::Subject;
  add_choice(app, "subject", flags.subject, {{"vm", Subject::Vm}, {"node", Subject::Node}, {"policy", Subject::Policy}},
             "What is to be explained")
      ->required();
  app.add_option("name", flags.name, "NAMESPACE/NAME of a VM; NAME of a node; [NAMESPACE/]NAME of a policy")->required();
  app.footer(
      "Nothing is changed. Shown are what the operator last wrote and a fresh look at the cluster.\n\n"
      "Examples:\n"
      "  drover explain vm vms/db-0 --prometheus-url http://localhost:9090     why does it move, or why not?\n"
      "  drover explain node worker-3                                          what is on it, what could come?\n"
      "  drover explain policy vms/cpu-pressure                                a MigrationPolicy\n"
      "  drover explain policy keep-calm -o json                               a ClusterMigrationPolicy\n");
}

void declare_snapshot(CLI::App& app, SnapshotFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster, bandwidth);
  app.footer(
      "Written are the objects that decisions are made on, cut down to what they are made on, and what VMs use now. No Secret is\n"
      "read, and nothing is changed. Rights needed: list on what the operator watches; what you may not read is named.\n\n"
      "Example:\n"
      "  drover snapshot --prometheus-url http://localhost:9090 > monday.json\n"
      "  drover simulate --snapshot monday.json --policy pack-harder.yaml --enforce     what if?\n");
}

void declare_suspend(CLI::App& app, SuspendFlags& flags, std::string& bandwidth) {
  declare_cluster(app, flags.cluster, bandwidth);
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
  using Format = SimulateFlags::Format;
  add_choice(app, "-o,--output", flags.format, {{"table", Format::Table}, {"json", Format::Json}}, "How the report is written");
  app.footer(
      "Examples:\n"
      "  drover simulate --scenario manifests/samples/scenarios/day.yaml\n"
      "  drover simulate --scenario day.yaml --policy mine.yaml --seed 7 -o json | jq .energyKWh\n\n" +
      sim::scenario_help());
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
  auto* seconds =
      d.flag("--seconds", flags.seconds,
             "Seconds of CPU to search, at most, and four times that by the clock. Without it: 25 for up to 5,000 VMs, 4 above");
  seconds->check(number_within(0.001, 86400))->default_str("");
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

// "vm" wants NAMESPACE/NAME, "node" NAME, "policy" either.
std::string name_problem(const ExplainFlags& flags) {
  const auto slashes = std::count(flags.name.begin(), flags.name.end(), '/');
  const bool parts = !flags.name.starts_with('/') && !flags.name.ends_with('/');
  switch (flags.subject) {
    case ExplainFlags::Subject::Vm:
      return slashes == 1 && parts ? "" : "name: a VM is named NAMESPACE/NAME, such as vms/db-0; have \"" + flags.name + "\"";
    case ExplainFlags::Subject::Node: return slashes == 0 ? "" : "name: a node has no namespace; have \"" + flags.name + "\"";
    case ExplainFlags::Subject::Policy:
      return slashes <= 1 && parts
                 ? ""
                 : "name: a policy is named NAMESPACE/NAME, a ClusterMigrationPolicy NAME; have \"" + flags.name + "\"";
  }
  return "";
}

int fail(const std::string& message) {
  std::cerr << "drover: " << shown(message) << "\nRun 'drover --help' or 'drover COMMAND --help' for what there is.\n";
  return kExitWrongUsage;
}

}  // namespace

ParsedFlags parse_flags(const std::vector<std::string>& arguments) {
  ParsedFlags parsed;
  Commands& c = parsed.commands;
  std::string bandwidth = "125M";
  CLI::App app("Drover moves KubeVirt virtual machines for a stated reason, and says so.", "drover");
  app.footer("See 'drover COMMAND --help' for a command's flags and examples.\n\nExit codes: 0 done, 1 failed, 2 wrong usage.");
  app.get_formatter()->column_width(44);
  app.require_subcommand(0, 1);
  auto* run = app.add_subcommand("operator", "Run the operator: carry the cluster's migration policies out");
  auto* plan = app.add_subcommand("plan", "Show what would be done now, VM by VM, and why; do nothing");
  auto* explain = app.add_subcommand("explain", "Explain a VM, a node or a policy");
  auto* simulate = app.add_subcommand("simulate", "Simulate a data centre under the policies; touch no cluster");
  auto* demo = app.add_subcommand("demo", "Show a day of a data centre in a minute; touch no cluster");
  auto* place = app.add_subcommand("place", "Pack the VMs of a file on the fewest nodes with at most t moves");
  auto* snapshot = app.add_subcommand("snapshot", "Write the cluster to standard output, for drover simulate --snapshot");
  auto* suspend = app.add_subcommand("suspend", "Stop everything: suspend all policies, and wait until nodes are given back");
  auto* version = app.add_subcommand("version", "Print the version");
  declare_operator(*run, c.run, bandwidth);
  declare_plan(*plan, c.plan, bandwidth);
  declare_explain(*explain, c.explain, bandwidth);
  declare_simulate(*simulate, c.simulate);
  declare_demo(*demo, c.demo);
  declare_place(*place, c.place);
  declare_snapshot(*snapshot, c.snapshot, bandwidth);
  declare_suspend(*suspend, c.suspend, bandwidth);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
    app.parse(reversed);
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return parsed;
  } catch (const CLI::ParseError& wrong) {
    parsed.exit_code = fail(wrong.what());
    return parsed;
  }
  if (app.get_subcommands().empty()) {
    parsed.exit_code = fail("a command is needed: operator, plan, explain, simulate, demo, place, snapshot, suspend or version");
    return parsed;
  }
  const auto bytes = static_cast<double>(parse_whole(bandwidth).value_or(0));
  for (ClusterFlags* flags : {&c.run.cluster, &c.plan.cluster, &c.explain.cluster})
    flags->core.assumed_bandwidth_bytes_per_second = bytes;
  if (explain->parsed()) {
    if (const auto problem = name_problem(c.explain); !problem.empty()) {
      parsed.exit_code = fail(problem);
      return parsed;
    }
  }
  c.chosen = run->parsed()        ? Commands::Chosen::Operator
             : plan->parsed()     ? Commands::Chosen::Plan
             : explain->parsed()  ? Commands::Chosen::Explain
             : simulate->parsed() ? Commands::Chosen::Simulate
             : snapshot->parsed() ? Commands::Chosen::Snapshot
             : suspend->parsed()  ? Commands::Chosen::Suspend
             : demo->parsed()     ? Commands::Chosen::Demo
             : place->parsed()    ? Commands::Chosen::Place
             : version->parsed()  ? Commands::Chosen::Version
                                  : Commands::Chosen::None;
  return parsed;
}

}  // namespace drover

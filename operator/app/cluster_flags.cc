#include "app/cluster_flags.h"

#include "adapters/prometheus/prometheus.h"
#include "app/declaration.h"
#include "app/flag_values.h"

namespace drover {
namespace {

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

}  // namespace

void declare_cluster(CLI::App& app, ClusterFlags& flags) {
  Declaration d(app, "The cluster");
  d.flag("--kubeconfig", flags.kubeconfig,
         "File that says how to reach the cluster. Without it: $KUBECONFIG, the pod's own ServiceAccount, ~/.kube/config");
  d.flag("--context", flags.context, "Context of the kubeconfig; without it: its current-context");
  d.flag("--kube-api-qps", flags.kube_api_qps, "Requests a second to the Kubernetes API, at most")
      ->check(number_within(0.1, 10000));
  d.flag("--kube-api-burst", flags.kube_api_burst, "Requests that may be made at once before pacing begins")
      ->check(number_within(1, 10000));
  d.flag("--http-transport", flags.http_transport, "Library that speaks HTTP")->check(one_of({"cpprest", "curl"}));
}

void declare_prometheus(CLI::App& app, ClusterFlags& flags) {
  Declaration d(app, "Prometheus");
  d.flag("--prometheus-url", flags.prometheus_url,
         "Address of the Prometheus that scrapes KubeVirt, such as http://prometheus.monitoring:9090")
      ->check(kAddress);
  d.flag("--prometheus-bearer-token-file", flags.prometheus_bearer_token_file,
         "File with a token for Prometheus, read again as it changes; never sent over plain http but to a loopback address");
  d.flag("--prometheus-ca", flags.prometheus_ca, "PEM file with the authorities to trust for Prometheus, and no other");
  d.flag("--prometheus-matchers", flags.prometheus_matchers,
         "Label matchers for every metric that Drover asks for by itself, where one Prometheus has several clusters: "
         "cluster=\"prod\". PromQL of policies and of --signals stays as it is")
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
  d.flag(
       "--kepler", flags.kepler,
       "What Prometheus is asked for of Kepler's figures of nodes' power, where a node's power driver measures none: none; whole: "
       "those that stand for a whole machine; cpu: also those of processors alone, which are about half of it")
      ->check(one_of({"none", "whole", "cpu"}));
  d.flag("--signals", flags.signals_file,
         "YAML file with the signals that policies use by name: a list of {name, query, description, unit}; read at the start");
  d.on_off(
      "--allow-owner-promql", flags.core.signals.owner_promql,
      "Ask the PromQL of MigrationPolicies too: whoever may write one then reads, through moves and status, all that Prometheus "
      "has, with Drover's credentials");
  d.flag("--log-level", flags.log_level, "Least level that is logged")->check(one_of({"debug", "info", "warn", "error"}));
  d.flag("--log-format", flags.log_format, "How log lines are written")->check(one_of({"text", "json"}));
}

void declare_decisions(CLI::App& app, ClusterFlags& flags, std::string& bandwidth) {
  Declaration d(app, "Decisions");
  d.flag("--max-inbound-migrations-per-node", flags.core.max_inbound_per_node, "Migrations that may be under way to one node")
      ->check(whole_within(1, 1000));
  d.flag("--assumed-migration-bandwidth", bandwidth,
         "Bytes per second that a migration gets where KubeVirt sets no limit: 125M, 1Gi")
      ->check(::drover::bandwidth());
  d.on_off("--tell-machines", flags.core.tells_machines,
           "Before a node that is a Machine of Cluster API is switched off, annotate that Machine, which is in this cluster, "
           "cluster.x-k8s.io/skip-remediation; otherwise such nodes stay on. Needs manifests/machines-rbac.yaml");
  d.flag("--node-name", flags.core.own_node, "Node that the operator itself runs on; consolidation never empties it");
}

}  // namespace drover

// The command line: what can be asked of the program, and how. Every flag has an environment variable DROVER_FLAG_NAME beside it;
// the flag wins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"

namespace drover {

// How to reach the cluster and its metrics: common to all commands that look at one.
struct ClusterFlags {
  std::string kubeconfig;  // empty: KUBECONFIG, the pod's own account, ~/.kube/config
  std::string context;
  double kube_api_qps = 50;
  double kube_api_burst = 100;
  std::string prometheus_url;
  std::string prometheus_bearer_token_file;
  std::string prometheus_ca;
  std::string prometheus_matchers;
  std::vector<std::string> prometheus_headers;  // "NAME: VALUE"
  std::string signals_file;                     // read into core.signals
  std::string prometheus_header_file;
  std::string prometheus_timeout = "5s";  // durations; checked
  std::string prometheus_use_timeout = "15s";
  std::string kepler = "whole";
  std::string http_transport = "cpprest";  // or curl
  std::string log_level = "info";
  std::string log_format = "text";
  CoreOptions core;
};

struct OperatorFlags {
  ClusterFlags cluster;
  std::string listen = "127.0.0.1:9100";
  std::string tls_cert;
  std::string tls_key;
  std::string metal3_kubeconfig;     // of the cluster with the BareMetalHosts; empty: this one
  std::string debug_token_file;      // empty: /debug/ is for loopback addresses
  std::string ns = "drover-system";  // of the lease
  std::string lease_name = "drover";
  std::string identity;  // empty: host name and a random part
  bool leader_elect = true;
  std::string ledger;  // a file of SQLite, or a connection string of PostgreSQL; empty: no books are kept
};

enum class Output { Text, Json };

struct PlanFlags {
  ClusterFlags cluster;
  std::string ns;  // empty: all
  Output output = Output::Text;
};

struct ExplainFlags {
  ClusterFlags cluster;
  enum class Subject { None, Vm, Node, Policy };
  Subject subject = Subject::None;
  std::string name;  // NS/NAME of a VM; NAME of a node; [NS/]NAME of a policy
  Output output = Output::Text;
};

struct SimulateFlags {
  std::string scenario;
  std::string snapshot;               // in place of a scenario
  std::vector<std::string> policies;  // empty: those that the scenario names
  std::uint64_t seed = 1;
  double days = 0;       // 0: as long as the scenario says
  bool enforce = false;  // policies that only recommend act
  bool limits = false;   // what each limit costs is told, too
  std::string ledger;    // to be written; empty: none
  enum class Format { Table, Json };
  Format format = Format::Table;
};

struct ReportFlags {
  std::string ledger;  // a file of SQLite, or a connection string of PostgreSQL
  std::string since = "30d";
  std::string until;  // empty: now
  enum class By { Node, Namespace, Policy };
  By by = By::Node;
  enum class Format { Table, Csv, Json, Html };
  Format format = Format::Table;
  std::string price;  // a number, or a file of a series; empty: none
  std::string price_unit = "EUR/kWh";
  std::string carbon;    // likewise, in gCO2e/kWh
  std::string location;  // whose entries of a series count; empty: all, which must be of one
};

struct SnapshotFlags {
  ClusterFlags cluster;
};

struct SuspendFlags {
  ClusterFlags cluster;
  Duration wait = minutes{10};
};

struct NodeFlags {
  ClusterFlags cluster;
  enum class Act { Wake, Sleep, Release };
  Act act = Act::Wake;
  std::vector<std::string> names;
  bool all = false;          // in place of names: those at rest
  Duration keep = hours{1};  // in service, after Wake
  Duration wait = minutes{15};
};

struct DemoFlags {
  double seconds = 60;  // of wall time, for the whole day
  std::uint64_t seed = 1;
  std::string samples;                    // a folder; empty: manifests/samples/ of this repository, or the program's copies
  std::string listen = "127.0.0.1:9100";  // empty: no /metrics
};

struct PlaceFlags {
  std::string instance;  // a file
  double seconds = 0;    // of CPU, to search; 0: as the size of the instance asks for
  std::uint64_t seed = 1;
  Output output = Output::Text;
};

struct Commands {
  enum class Chosen { None, Operator, Plan, Explain, Simulate, Demo, Place, Snapshot, Suspend, Node, Report, Version };
  Chosen chosen = Chosen::None;
  OperatorFlags run;
  PlanFlags plan;
  ExplainFlags explain;
  SimulateFlags simulate;
  DemoFlags demo;
  PlaceFlags place;
  SnapshotFlags snapshot;
  SuspendFlags suspend;
  NodeFlags node;
  ReportFlags report;
};

// What the process is to do; with Chosen::None it is to end at once with `exit_code`: help was shown, or the usage was wrong and
// standard error says what is right.
struct ParsedFlags {
  Commands commands;
  int exit_code = 0;
};
[[nodiscard]] ParsedFlags parse_flags(const std::vector<std::string>& arguments);

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongUsage = 2;

}  // namespace drover

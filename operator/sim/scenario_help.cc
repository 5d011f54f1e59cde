#include "sim/scenario_file.h"

namespace drover::sim {

std::string scenario_help() {
  return R"(A scenario is a YAML file. Every field but nodes and vms may be left out; the values shown after # are the defaults.
Figures carry their units. Paths are relative to the scenario's own folder.

name: a day                      # scenario
start: 2026-01-05T00:00:00Z      # the first instant; policies' windows go by it
duration: 24h                    # 24h; --days overrules it
step: 5m                         # 5m: every VM's demand changes so often
policies: [../threshold.yaml]    # files as kubectl takes them; --policy overrules them
enforce: false                   # true: policies that only recommend act, as with --enforce
copyCPU: 10%                     # CPU that a live migration takes at both ends, of the VM's vCPUs
namespaces:                      # to give them labels; others are made without
- {name: team-a, labels: {tier: team}}
metrics: {resolution: 30s, delay: 10s}   # 0 and 0: Drover sees the truth at every moment
kubevirt:
  parallelMigrationsPerCluster: 5
  parallelOutboundMigrationsPerNode: 2
  bandwidthPerMigration: 0       # 0: no limit; else such as 64 MiB/s
  completionTimeoutPerGiB: 150s
  progressTimeout: 150s
  allowAutoConverge: false
  allowPostCopy: false
nodes:
- name: node                     # node-1 ... node-N
  count: 20                      # 1
  cpu: 16                        # 16
  memory: 64 GiB                 # 64 GiB
  pods: 110                      # 110
  link: 10 Gbit/s                # 10 Gbit/s, shared by all migrations from and to the node
  zones: [a, b]                  # [a]; the nodes take them in turn
  labels: {rack: "1"}
  power:
    idle: 100W                   # 100W; and
    max: 200W                    # 200W, with
    curve: Linear                # Linear, Square, Cubic or SquareRoot; or instead of the three
    # watts: [93.7W, 97W, 101W, 105W, 110W, 116W, 121W, 125W, 129W, 133W, 135W]   at 0, 10, ... 100 % of the CPU
    standby: 5W                  # 5W
    boot: {time: 2m, joules: 24 kJ}
    shutdown: {time: 30s, joules: 3 kJ}
    frequencySteps: [{speed: 50%, max: 140W}, {speed: 100%, max: 200W}]
vms:
- name: web                      # web-1 ... web-N
  namespace: team-a              # vms
  count: 100                     # 1: that are there from the beginning
  cpu: 2                         # 2 virtual CPUs
  memory: 4 GiB                  # 4 GiB
  cpuRequest: 200m               # a tenth of the virtual CPUs
  memoryOverhead: 256 MiB        # of the launcher pod
  memoryUse: 80%                 # 80%
  dirtyRate: 10 MB/s             # 10 MB/s at full load
  liveMigratable: true
  restarts: true                 # started anew when its node fails
  labels: {app: web}
  demand: {pattern: day, low: 10%, high: 60%, peak: 14h, noise: 5%}
  # others:  {pattern: constant, level: 50%}
  #          {pattern: walk, low: 0%, high: 100%, step: 10%}
  #          {pattern: bursts, low: 5%, high: 95%, perHour: 0.5, length: 20m}
  #          {pattern: uniform, low: 0%, high: 100%}
  #          {pattern: trace, path: traces/}    a file or folder: PlanetLab's percents, or CSV time,cpu[,memory]
  arrivals: {perHour: 2, at: [8h, 9h]}          # none: more of them come, at random and at these times
  lifetime: 6h                   # they stay; else the mean of an exponential distribution
  ends: [12h]                    # the first ends then, the second ...
)";
}

}  // namespace drover::sim

#!/usr/bin/env python3
"""How much of what could be saved each strategy saves, over shapes of pools: VMs a node, nodes, idle watts, load.

Each shape is a day of `drover simulate`: nodes of 16 CPUs, all of whose VMs vary a little around the same demand. The floor is what
as few nodes would draw as hold what is wanted with every node at `overload`, what is requested, and the pods, with the reserve and
maxResting kept, from the first second on; the figure is the energy saved as a share of what the floor saves (1 at best). Fuzzy's own
rule leaves a pool alone that uses `lowLoad` of its CPU or memory: its own floor heeds that, and is the one it is judged by. Prints one
JSON object a line, and a table on standard error.
"""
import argparse
import itertools
import json
import math
import pathlib
import subprocess
import tempfile

CPUS, OVERLOAD, LOW_LOAD, RESERVE, RESTING = 16, 0.85, 0.3, 1, 0.9
MEMORY_GIB, VM_MEMORY_GIB, PODS = 256, 1, 250
POLICY = """apiVersion: policy.drover.dev/v1alpha1
kind: ClusterMigrationPolicy
metadata: {{name: pack}}
spec:
  type: Consolidation
  mode: Enforce
  disruption: {{budgets: [{{migrations: "10%"}}]}}
  consolidation: {{strategy: {strategy}, reserve: 1, powerDown: {{enabled: true, after: 5m, maxResting: "90%"}}}}
"""
SCENARIO = """name: shape
duration: 24h
policies: [policy.yaml]
nodes:
- name: node
  count: {nodes}
  cpu: {cpus}
  memory: {memory} GiB
  pods: {pods}
  power: {{idle: {idle}W, max: {top}W, standby: {standby}W, boot: {{time: 2m, joules: {boot} J}}, shutdown: {{time: 30s, joules: {stop} J}}}}
vms:
- name: vm
  count: {vms}
  cpu: 1
  memory: {vm_memory:.0f} MiB
  memoryOverhead: 256 MiB
  cpuRequest: 20m
  demand: {{pattern: walk, low: {low:.3f}%, high: {high:.3f}%, step: {step:.3f}%}}
"""


def simulate(drover, folder, strategy, nodes, per_node, idle, load):
    level = min(1.0, load * CPUS / per_node)  # of a virtual CPU
    world = SCENARIO.format(nodes=nodes, cpus=CPUS, idle=idle, top=2 * idle, standby=idle / 20, boot=round(idle * 180), stop=round(idle * 30),
                            vms=nodes * per_node, memory=MEMORY_GIB, vm_memory=VM_MEMORY_GIB * 1024 - 256, pods=PODS, low=80 * level, high=min(100, 120 * level), step=5 * level)
    (folder / "policy.yaml").write_text(POLICY.format(strategy=strategy))
    (folder / "scenario.yaml").write_text(world)
    run = subprocess.run([drover, "simulate", "--scenario", folder / "scenario.yaml", "-o", "json"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"drover simulate: {run.stderr}")
    report = json.loads(run.stdout)
    wanted = nodes * per_node * level
    packed = max(math.ceil(wanted / (CPUS * OVERLOAD) - 1e-9), math.ceil(nodes * per_node * VM_MEMORY_GIB / MEMORY_GIB),
                 math.ceil(nodes * per_node / PODS))
    left_alone = math.floor(max(wanted / CPUS, nodes * per_node * VM_MEMORY_GIB / MEMORY_GIB) / LOW_LOAD + 1e-9) if strategy == "Fuzzy" else 0

    def floor(packed):
        needed = max(packed + RESERVE, nodes - math.floor(RESTING * nodes + 1e-9))
        return max(0, nodes - needed) * (idle - idle / 20) * 24 / 1000

    return report, floor(packed), floor(max(packed, left_alone))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--drover", required=True)
    arguments.add_argument("--results")
    arguments.add_argument("--strategies", default="Balanced,Fuzzy,Placement")
    arguments.add_argument("--nodes", default="2,3,8,40,200")
    arguments.add_argument("--vms", default="3,10,11,22,40,100")
    arguments.add_argument("--watts", default="5,20,100,500")
    arguments.add_argument("--loads", default="0.05,0.2")
    arguments.add_argument("--most-vms", type=int, default=4000, help="larger shapes are left out")
    options = arguments.parse_args()
    numbers = lambda text, kind: [kind(part) for part in text.split(",")]
    rows = []
    with tempfile.TemporaryDirectory() as made:
        for strategy, nodes, per_node, load in itertools.product(options.strategies.split(","), numbers(options.nodes, int),
                                                                 numbers(options.vms, int), numbers(options.loads, float)):
            if nodes * per_node > options.most_vms or per_node < load * CPUS:
                continue
            for idle in numbers(options.watts, float):
                report, floor, own = simulate(options.drover, pathlib.Path(made), strategy, nodes, per_node, idle, load)
                share = report["savedKWh"] / own if own > 0 else None
                row = {"bench": "grid", "strategy": strategy, "nodes": nodes, "vmsPerNode": per_node, "load": load, "idleWatts": idle,
                       "savedKWh": report["savedKWh"], "floorKWh": floor, "ownFloorKWh": own, "shareOfOwn": share, "moves": report["migrations"],
                       "unservedCpu": report["unservedCpu"], "goal": "shareOfOwn >= 0.9", "met": share is None or share >= 0.9}
                rows.append(row)
                print(json.dumps(row), flush=True)
    if options.results:
        pathlib.Path(options.results).write_text("".join(json.dumps(row) + "\n" for row in rows))
    import sys
    for strategy in options.strategies.split(","):
        mine = [row for row in rows if row["strategy"] == strategy and row["shareOfOwn"] is not None]
        low = sorted(mine, key=lambda row: row["shareOfOwn"])[:5]
        print(f"{strategy}: {sum(row['met'] for row in mine)} of {len(mine)} shapes at nine tenths or more of its own floor's saving", file=sys.stderr)
        for row in low:
            print(f"  {row['shareOfOwn']:.2f} with {row['nodes']} nodes, {row['vmsPerNode']} VMs a node, load {row['load']}, {row['idleWatts']} W idle",
                  file=sys.stderr)


if __name__ == "__main__":
    main()

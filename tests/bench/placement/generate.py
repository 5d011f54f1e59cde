"""Instances for `drover place`: families, sizes and seeds; the same instance for the same three on every machine.

usage: generate.py FAMILY VMS T_PERCENT SEED [VMS_PER_NODE] > FILE

easy    one flavour, nodes 45 % full
tight   ten flavours, CPU and memory both between 75 and 80 %
hetero  four types of node, 75 %
anti    half of the VMs heavy in CPU, half in memory, 75 %
fit     two or three large VMs a node
"""

import json
import random
import sys

# (millicores, MiB)
TEN_FLAVOURS = [(1000, 4096), (2000, 4096), (2000, 8192), (2000, 16384), (4000, 8192), (4000, 16384), (4000, 32768),
                (8000, 16384), (8000, 32768), (16000, 65536)]
NODE_TYPES = [(32000, 131072), (48000, 98304), (24000, 196608), (64000, 262144)]


def flavours(family, count, rng):
    if family == "easy":
        return [(2000, 8192)] * count
    if family == "anti":
        heavy_cpu = [(4000, 4096), (8000, 8192), (8000, 12288), (12000, 8192)]
        heavy_memory = [(1000, 16384), (2000, 32768), (2000, 24576), (3000, 49152)]
        return [rng.choice(heavy_cpu if i % 2 == 0 else heavy_memory) for i in range(count)]
    if family == "fit":
        return [(rng.randrange(14000, 30000, 500), rng.randrange(56, 120) * 1024) for _ in range(count)]
    return [rng.choice(TEN_FLAVOURS) for _ in range(count)]


def nodes(family, vms, per_node, rng):
    cpu, memory = sum(v[0] for v in vms), sum(v[1] for v in vms)
    count = max(2, round(len(vms) / per_node))
    if family == "easy":
        return [(int(cpu / 0.45 / count), int(memory / 0.45 / count))] * count
    if family == "fit":
        return [(int(cpu / 0.78 / count), int(memory / 0.78 / count))] * count
    if family == "hetero":
        types = [rng.choice(NODE_TYPES) for _ in range(count)]
        by_cpu, by_memory = cpu / 0.75 / sum(t[0] for t in types), memory / 0.75 / sum(t[1] for t in types)
        return [(int(t[0] * by_cpu), int(t[1] * by_memory)) for t in types]
    low, high = (0.75, 0.75) if family == "anti" else (0.75, 0.80)
    return [(int(cpu / rng.uniform(low, high) / count), int(memory / rng.uniform(low, high) / count))] * count


def put(vms, capacity, rng):
    """Each VM on a node drawn at random in proportion to its room; the largest first, or late ones would find none."""
    room = [list(c) for c in capacity]
    placed = [None] * len(vms)
    for vm in sorted(range(len(vms)), key=lambda i: -max(vms[i][0] / capacity[0][0], vms[i][1] / capacity[0][1])):
        cpu, memory = vms[vm]
        for _ in range(200):
            node = rng.randrange(len(capacity))
            if cpu <= room[node][0] and memory <= room[node][1]:
                break
        else:
            fitting = [n for n in range(len(capacity)) if cpu <= room[n][0] and memory <= room[n][1]]
            if not fitting:
                return None
            node = rng.choice(fitting)
        room[node][0] -= cpu
        room[node][1] -= memory
        placed[vm] = node
    return placed


def generate(family, count, percent, seed, per_node=None):
    per_node = per_node or (2.5 if family == "fit" else 8)
    rng = random.Random(f"{family} {count} {percent} {seed} {per_node}")
    placed = None
    while placed is None:
        vms = flavours(family, count, rng)
        capacity = nodes(family, vms, per_node, rng)
        placed = put(vms, capacity, rng)
    return {
        "nodes": [{"name": f"n{i}", "cpu_m": c, "mem_mib": m} for i, (c, m) in enumerate(capacity)],
        "vms": [{"name": f"v{i}", "cpu_m": c, "mem_mib": m, "node": f"n{placed[i]}"} for i, (c, m) in enumerate(vms)],
        "t": count * percent // 100,
    }


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6) or sys.argv[1] not in ("easy", "tight", "hetero", "anti", "fit"):
        sys.exit(__doc__)
    json.dump(generate(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]),
                       float(sys.argv[5]) if len(sys.argv) == 6 else None), sys.stdout)

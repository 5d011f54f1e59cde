"""`drover place` beside others on made instances. Rows on standard output, a table on standard error, raw results in a file.

usage: bench.py --drover PROGRAM --peers FOLDER --results FILE [--limit SECONDS] [--only TEXT]

--limit   what HiGHS and CP-SAT may take, each, by the clock (default 30); BtrPlace gets as much in all
--only    cases whose name holds the text

HiGHS and CP-SAT get what they can do: up to 400 VMs; BtrPlace and Watcher up to 15,000. Every plan is carried out here, move by move;
what a peer answers counts where it keeps to t and its moves can be put in an order with room for each.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

import generate
import plans

HERE = os.path.dirname(os.path.abspath(__file__))
# Of CPU. The goals allow 30, and less than 5 from 15,000 VMs on; the genome at hand when time is up is still brought to an end.
SECONDS_HARD, SECONDS_LARGE = 29, 4
# family, VMs, t in percent, VMs a node, seed
CASES = [("easy", 50, 20, None), ("easy", 400, 20, None), ("tight", 50, 30, None), ("tight", 400, 10, None), ("tight", 400, 30, None),
         ("hetero", 50, 30, None), ("hetero", 200, 30, None), ("hetero", 400, 10, None), ("hetero", 400, 20, None),
         ("hetero", 400, 30, None), ("anti", 50, 30, None), ("anti", 400, 20, None), ("fit", 50, 30, None), ("fit", 400, 20, None),
         ("tight", 800, 30, None), ("hetero", 800, 20, None), ("hetero", 800, 30, None), ("anti", 800, 30, None),
         ("tight", 6000, 10, 6), ("tight", 15000, 20, 15), ("hetero", 15000, 20, 15), ("easy", 30000, 20, 6), ("tight", 30000, 10, 6),
         ("tight", 30000, 20, 6), ("hetero", 30000, 10, 6), ("hetero", 30000, 20, 6), ("hetero", 30000, 30, 6)]


def call(command, limit):
    """Its standard output, CPU seconds and peak memory in MiB; None for the output when it failed or ran out of time."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + limit
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                process.kill()
                _, status, usage = os.wait4(process.pid, 0)
                break
            time.sleep(0.02)
        process.returncode = status
        out.seek(0)
        text = out.read().decode()
    return text if status == 0 else None, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def verdict(instance, moves):
    used, moved, wrong = plans.judge(instance, moves)
    return {"nodes": used, "moved": moved, "wrong": wrong}


def of_placement(instance, at):
    moves = plans.in_order(instance, at)
    if moves is None:
        return {"nodes": len(set(at.values())), "moved": None, "wrong": "its moves can't be put in order one by one"}
    return verdict(instance, moves)


class Contenders:
    def __init__(self, options):
        self.options = options

    def drover(self, instance, path, seconds):
        text, cpu, memory = call([self.options.drover, "place", "--instance", path, "--seconds", str(seconds), "-o", "json"], 10 * seconds)
        plan = json.loads(text)
        found = verdict(instance, [(m["vm"], m["to"]) for m in plan["moves"]])
        if found["nodes"] != plan["nodesUsed"]:
            found["wrong"] = found["wrong"] or "nodesUsed is not so"
        return {**found, "bound": plan["lowerBound"], "cpu": cpu, "memory": memory}

    def greedy(self, instance, *_):
        begin = time.process_time()
        moves, self.drained = plans.greedy(instance)
        return {**verdict(instance, moves), "cpu": time.process_time() - begin}

    def solver(self, name, instance, path):
        limit = self.options.limit
        python = os.path.join(self.options.peers, name, "bin", "python")
        text, cpu, memory = call([python, os.path.join(HERE, "mip.py"), {"highspy": "highs", "ortools": "cpsat"}[name], path, str(limit)],
                                 limit * 3 + 60)
        answer = json.loads(text) if text else {"at": None, "bound": None, "proven": False}
        if answer["at"] is None:
            return {"nodes": None, "wrong": "nothing found in time", "cpu": cpu, "memory": memory, "bound": answer["bound"], "proven": False}
        return {**of_placement(instance, answer["at"]), "cpu": cpu, "memory": memory, "bound": answer["bound"], "proven": answer["proven"]}

    def watcher(self, instance, path):
        python = os.path.join(self.options.peers, "python-watcher", "bin", "python")
        text, cpu, memory = call([python, os.path.join(HERE, "watcher_peer.py"), path], 4 * self.options.limit)
        if text is None:
            return {"nodes": None, "wrong": f"no answer in {4 * self.options.limit} s", "cpu": cpu, "memory": memory}
        return {**verdict(instance, json.loads(text)["moves"]), "cpu": cpu, "memory": memory}

    def btrplace(self, instance, path):
        """Told to empty what the greedy drain emptied, then the nodes with the fewest VMs on top, one more each time, while it can."""
        lines = path + ".btr"
        number = {n["name"]: i for i, n in enumerate(instance["nodes"])}
        with open(lines, "w") as file:
            file.writelines(f"NODE {n['cpu_m']} {n['mem_mib']}\n" for n in instance["nodes"])
            file.writelines(f"VM {v['cpu_m']} {v['mem_mib']} {number[v['node']]}\n" for v in instance["vms"])
        count = {n["name"]: 0 for n in instance["nodes"]}
        for vm in instance["vms"]:
            count[vm["node"]] += 1
        chosen = [n for n in count if count[n] == 0] + self.drained
        more = [n for n in sorted(count, key=count.get) if n not in set(chosen)]
        best = {"nodes": None, "wrong": "no plan in time"}
        cpu, memory, begin = 0, 0, time.monotonic()
        while time.monotonic() - begin < self.options.limit:
            text, used, peak = call(["java", "-Xmx2g", "-cp", os.path.join(self.options.peers, "btrplace", "*") + ":" +
                                     os.path.join(self.options.peers, "btrplace"), "BtrPlacePeer", lines, str(self.options.limit),
                                     *(str(number[n]) for n in chosen)], 6 * self.options.limit)
            cpu, memory = cpu + used, max(memory, peak)
            if not text:
                break
            at = {instance["vms"][int(v)]["name"]: instance["nodes"][int(n)]["name"] for v, n in map(str.split, text.splitlines())}
            found = of_placement(instance, at)
            if best["nodes"] is None or (not found["wrong"] and found["nodes"] < best["nodes"]):
                best = found
            if found["wrong"] or not more:
                break
            chosen.append(more.pop(0))
        return {**best, "cpu": cpu, "memory": memory}


def row(case, metric, unit, drover, peer, peer_name, goal, met):
    ratio = drover / peer if peer else None
    return {"bench": "placement", "case": case, "metric": metric, "unit": unit, "drover": drover, "peer": peer, "peerName": peer_name,
            "ratio": ratio, "goal": goal, "met": bool(met)}


def rows_of(case, family, vms, results):
    ours = results["drover"]
    sound = {name: r for name, r in results.items() if name != "drover" and r["nodes"] is not None and not r["wrong"]}
    for name, r in results.items():
        if name in sound:
            yield row(case, "nodes used", "nodes", ours["nodes"], r["nodes"], name, "never more than a peer", not ours["wrong"] and ours["nodes"] <= r["nodes"])
        if name in sound and r.get("proven"):
            yield row(case, "nodes used, proven fewest", "nodes", ours["nodes"], r["nodes"], name, "equal", ours["nodes"] <= r["nodes"])
    bound, greedy = ours["bound"], results["greedy"]["nodes"]
    yield row(case, "nodes used beside the lower bound", "nodes", ours["nodes"], bound, "lower bound", "", ours["nodes"] >= bound)
    if family in ("tight", "hetero") and greedy > bound:
        way = (greedy - ours["nodes"]) / (greedy - bound)
        yield row(case, "way from the greedy to the bound", "share", way, None, "", "at least 0.5", way >= 0.5)
    most = 5 if vms >= 15000 else 30
    yield row(case, "CPU", "s", ours["cpu"], results.get("btrplace", {}).get("cpu"), "btrplace", f"within {most}", ours["cpu"] <= most)
    if vms >= 15000:
        yield row(case, "memory", "MiB", ours["memory"], results.get("btrplace", {}).get("memory"), "btrplace", "within 200", ours["memory"] <= 200)


def measure(options):
    raw, rows = [], []
    names = ["greedy", "highspy", "ortools", "btrplace", "watcher"]
    print(f"{'case':28} {'nodes':>6} {'bound':>6} {'drover':>7}" + "".join(f"{n:>10}" for n in names) + "   (x: breaks t or can't be carried out)", file=sys.stderr)
    for family, vms, percent, per_node in CASES:
        case = f"{family} {vms} VMs, t {percent} %" + (f", {per_node} a node" if per_node else "")
        if options.only not in case:
            continue
        instance = generate.generate(family, vms, percent, 1, per_node)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "instance.json")
            with open(path, "w") as file:
                json.dump(instance, file)
            contenders = Contenders(options)
            results = {"drover": contenders.drover(instance, path, SECONDS_LARGE if vms >= 15000 else SECONDS_HARD)}
            results["greedy"] = contenders.greedy(instance)
            if vms <= 400:
                results["highspy"] = contenders.solver("highspy", instance, path)
                results["ortools"] = contenders.solver("ortools", instance, path)
            if vms <= 15000:
                results["btrplace"] = contenders.btrplace(instance, path)
                results["watcher"] = contenders.watcher(instance, path)
        shown = [results.get(n) for n in names]
        print(f"{case:28} {len(instance['nodes']):6} {results['drover']['bound']:6} {results['drover']['nodes']:7}" +
              "".join(f"{'-' if r is None or r['nodes'] is None else str(r['nodes']) + ('x' if r['wrong'] else ''):>10}" for r in shown), file=sys.stderr, flush=True)
        raw.append({"case": case, "nodes": len(instance["nodes"]), "vms": vms, "t": instance["t"], "results": results})
        for r in rows_of(case, family, vms, results):
            rows.append(r)
            print(json.dumps(r), flush=True)
        with open(options.results, "w") as file:
            json.dump({"machine": {"cores": os.cpu_count(), "processor": processor()}, "versions": versions(options),
                       "secondsOfSolvers": options.limit, "secondsOfDrover": [SECONDS_HARD, SECONDS_LARGE], "rows": rows, "cases": raw}, file, indent=1)
            file.write("\n")


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())


def versions(options):
    found = {"python": platform.python_version()}
    for name in ("highspy", "ortools", "python-watcher"):
        out = subprocess.run([os.path.join(options.peers, name, "bin", "pip"), "show", name], capture_output=True, text=True)
        found[name] = next((line.split()[1] for line in out.stdout.splitlines() if line.startswith("Version:")), "?")
    jars = [f for f in os.listdir(os.path.join(options.peers, "btrplace")) if f.startswith("scheduler-choco")]
    found["btrplace"] = jars[0][len("scheduler-choco-"):-len(".jar")] if jars else "?"
    found["drover"] = subprocess.run([options.drover, "version"], capture_output=True, text=True).stdout.split()[-1]
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--drover", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--limit", type=int, default=30)
    parser.add_argument("--only", default="")
    measure(parser.parse_args())


if __name__ == "__main__":
    main()

"""The exact model in HiGHS or CP-SAT. Runs in the environment of the one or the other: they don't bear each other in one process.

usage: mip.py highs|cpsat INSTANCE SECONDS     prints {"at": {vm: node} or null, "bound": N, "proven": true|false, "seconds": S}

x[v,n]: VM v ends on node n; y[n]: node n is used. The order of the moves is not in the model.
"""

import json
import sys
import time


def load(path):
    with open(path) as file:
        instance = json.load(file)
    names = [n["name"] for n in instance["nodes"]]
    node = {name: i for i, name in enumerate(names)}
    vms = [(v["name"], v["cpu_m"], v["mem_mib"], node[v["node"]]) for v in instance["vms"]]
    return instance, names, vms


def cpsat(path, seconds):
    from ortools.sat.python import cp_model
    instance, names, vms = load(path)
    model = cp_model.CpModel()
    y = [model.NewBoolVar("") for _ in names]
    x = [[model.NewBoolVar("") for _ in names] for _ in vms]
    for v, row in enumerate(x):
        model.AddExactlyOne(row)
        for n, var in enumerate(row):
            model.AddImplication(var, y[n])
            model.AddHint(var, n == vms[v][3])
    for n, node in enumerate(instance["nodes"]):
        model.Add(sum(vms[v][1] * x[v][n] for v in range(len(vms))) <= node["cpu_m"] * y[n])
        model.Add(sum(vms[v][2] * x[v][n] for v in range(len(vms))) <= node["mem_mib"] * y[n])
    model.Add(sum(x[v][vm[3]] for v, vm in enumerate(vms)) >= len(vms) - instance["t"])
    model.Minimize(sum(y))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    status = solver.Solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, None, False
    at = {vms[v][0]: names[next(n for n, var in enumerate(row) if solver.Value(var))] for v, row in enumerate(x)}
    return at, int(solver.BestObjectiveBound() + 0.999), status == cp_model.OPTIMAL


def highs(path, seconds):
    import math

    import highspy
    import numpy
    instance, names, vms = load(path)
    nodes, count = len(names), len(vms)
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("time_limit", float(seconds))
    h.setOptionValue("threads", 2)
    columns = nodes + count * nodes
    h.addVars(columns, numpy.zeros(columns), numpy.ones(columns))
    h.changeColsIntegrality(columns, numpy.arange(columns, dtype=numpy.int32),
                            numpy.array([highspy.HighsVarType.kInteger] * columns))
    h.changeColsCost(nodes, numpy.arange(nodes, dtype=numpy.int32), numpy.ones(nodes))
    at = lambda v, n: nodes + v * nodes + n

    def row(low, high, entries):
        index = numpy.array([i for i, _ in entries], dtype=numpy.int32)
        value = numpy.array([float(c) for _, c in entries])
        h.addRow(low, high, len(entries), index, value)

    for v in range(count):
        row(1, 1, [(at(v, n), 1) for n in range(nodes)])
    for n, node in enumerate(instance["nodes"]):
        for k, capacity in ((1, node["cpu_m"]), (2, node["mem_mib"])):
            row(-highspy.kHighsInf, 0, [(at(v, n), vms[v][k]) for v in range(count)] + [(n, -capacity)])
    row(count - instance["t"], highspy.kHighsInf, [(at(v, vm[3]), 1) for v, vm in enumerate(vms)])
    h.run()
    info = h.getInfo()
    bound = math.ceil(info.mip_dual_bound - 1e-6) if math.isfinite(info.mip_dual_bound) else None
    proven = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
    value = h.getSolution().col_value
    if not math.isfinite(info.objective_function_value) or info.primal_solution_status != 2:
        return None, bound, False
    placement = {vms[v][0]: names[max(range(nodes), key=lambda n: value[at(v, n)])] for v in range(count)}
    return placement, bound, proven


if __name__ == "__main__":
    begin = time.process_time()
    placement, bound, proven = {"cpsat": cpsat, "highs": highs}[sys.argv[1]](sys.argv[2], float(sys.argv[3]))
    json.dump({"at": placement, "bound": bound, "proven": proven, "seconds": time.process_time() - begin}, sys.stdout)

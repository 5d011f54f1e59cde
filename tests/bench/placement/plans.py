"""What a plan is worth: carried out move by move on the instance, whoever made it."""


class Pool:
    """An instance with its rooms; VMs and nodes by name."""

    def __init__(self, instance):
        self.size = {v["name"]: (v["cpu_m"], v["mem_mib"]) for v in instance["vms"]}
        self.home = {v["name"]: v["node"] for v in instance["vms"]}
        self.at = dict(self.home)
        self.t = instance["t"]
        self.room = {n["name"]: [n["cpu_m"], n["mem_mib"]] for n in instance["nodes"]}
        for vm, node in self.home.items():
            self.take(vm, node)

    def take(self, vm, node):
        self.room[node][0] -= self.size[vm][0]
        self.room[node][1] -= self.size[vm][1]

    def fits(self, vm, node):
        return self.size[vm][0] <= self.room[node][0] and self.size[vm][1] <= self.room[node][1]

    def move(self, vm, node):
        cpu, memory = self.size[vm]
        self.room[self.at[vm]][0] += cpu
        self.room[self.at[vm]][1] += memory
        self.take(vm, node)
        self.at[vm] = node

    def used(self):
        return len(set(self.at.values()))

    def moved(self):
        return sum(self.at[vm] != home for vm, home in self.home.items())


def judge(instance, moves):
    """Of (vm, to) in order: nodes used, VMs moved, and what is wrong with the plan or ""."""
    pool = Pool(instance)
    for step, (vm, to) in enumerate(moves):
        if not pool.fits(vm, to):
            return None, pool.moved(), f"move {step} finds no room"
        pool.move(vm, to)
    wrong = "" if pool.moved() <= pool.t else f"moves {pool.moved()}, t is {pool.t}"
    return pool.used(), pool.moved(), wrong


def in_order(instance, at):
    """The moves to a placement in an order with room for each, or None when a circle is left."""
    pool = Pool(instance)
    waiting = [vm for vm in at if at[vm] != pool.home[vm]]
    giving = {}
    for vm in waiting:
        giving[pool.home[vm]] = giving.get(pool.home[vm], 0) + 1
    moves = []
    while waiting:
        ready = [vm for vm in waiting if pool.fits(vm, at[vm])]
        if not ready:
            return None
        vm = min(ready, key=lambda v: (giving.get(at[v], 0) > 0, v))
        giving[pool.home[vm]] -= 1
        pool.move(vm, at[vm])
        moves.append((vm, at[vm]))
        waiting.remove(vm)
    return moves


def greedy(instance):
    """The drain without a search: the node with the fewest VMs, if all of them fit on nodes in use, then the next. Best fit."""
    pool = Pool(instance)
    capacity = {n["name"]: (max(1, n["cpu_m"]), max(1, n["mem_mib"])) for n in instance["nodes"]}
    on = {}
    for vm, node in pool.home.items():
        on.setdefault(node, []).append(vm)
    moves, received, drained = [], set(), []
    for node in sorted(on, key=lambda n: len(on[n])):
        if node in received or len(moves) + len(on[node]) > pool.t:
            continue
        trial = []
        for vm in sorted(on[node], key=lambda v: -sum(s / c for s, c in zip(pool.size[v], capacity[node]))):
            best, least = None, None
            for other in on:
                if other == node or other in drained or not pool.fits(vm, other):
                    continue
                slack = sum((r - s) / c for r, s, c in zip(pool.room[other], pool.size[vm], capacity[other]))
                if least is None or slack < least:
                    best, least = other, slack
            if best is None:
                break
            pool.move(vm, best)
            trial.append((vm, best))
        else:
            moves += trial
            received |= {to for _, to in trial}
            drained.append(node)
            continue
        for vm, _ in reversed(trial):
            pool.move(vm, node)
    return moves, drained

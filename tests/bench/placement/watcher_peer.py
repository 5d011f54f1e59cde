"""Watcher's vm_workload_consolidation, driven from its model classes: no OpenStack, no metrics, each VM uses all that it was given.

usage: watcher_peer.py INSTANCE     prints {"moves": [[vm, to], ...], "seconds": S}

A millicore is a vCPU here, so that nothing is rounded.
"""

import json
import logging
import sys
import time
from unittest import mock

from watcher.decision_engine.model import element, model_root
from watcher.decision_engine.strategy.strategies import vm_workload_consolidation as vwc


class NoMetrics:
    """Where metrics are missing Watcher takes the flavour's figures; the CPU is told, and is used in full."""

    def get_instance_cpu_usage(self, *_, **__):
        return 100.0

    def __getattr__(self, _):
        return lambda *args, **kwargs: None


def model_of(instance):
    model = model_root.ModelRoot()
    nodes = {}
    for node in instance["nodes"]:
        name = node["name"]
        nodes[name] = element.ComputeNode(
            uuid=name, hostname=name, status="enabled", state="up", memory=node["mem_mib"], memory_mb_reserved=0, disk=10**9,
            disk_gb_reserved=0, vcpus=node["cpu_m"], vcpu_reserved=0, memory_ratio=1.0, vcpu_ratio=1.0, disk_ratio=1.0)
        model.add_node(nodes[name])
    for vm in instance["vms"]:
        made = element.Instance(uuid=vm["name"], name=vm["name"], state="active", memory=vm["mem_mib"], disk=1, vcpus=vm["cpu_m"],
                                metadata={}, watcher_exclude=False)
        model.add_instance(made)
        model.map_instance(made, nodes[vm["node"]])
    return model


def main():
    logging.disable(logging.CRITICAL)
    with open(sys.argv[1]) as file:
        instance = json.load(file)
    strategy = vwc.VMWorkloadConsolidation(config=mock.Mock(datasources=None))
    strategy._compute_model = model_of(instance)
    strategy._datasource_backend = NoMetrics()
    strategy._input_parameters = {"period": 3600, "granularity": 300}
    begin = time.process_time()
    strategy.do_execute()
    seconds = time.process_time() - begin
    moves = [[a["input_parameters"]["resource_id"], a["input_parameters"]["destination_node"]] for a in strategy.solution.actions
             if a["action_type"] == "migrate"]
    json.dump({"moves": moves, "seconds": seconds}, sys.stdout)


main()

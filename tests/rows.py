"""Rows for tests of rooms that need no running server."""

from __future__ import annotations

import itertools
from typing import Any

from tests.in_process import COMPOSE
from vms.choices import Desired
from vms.conf import conf
from vms.models import Node, Vm
from vms.selectors.work import Wanted

_numbers = itertools.count(1)


def make_node(name: str = "") -> Node:
    """This process's node, or another one."""
    return Node.objects.get_or_create(name=name or conf().effective_node_name)[0]


def make_vm(**changed: Any) -> Vm:
    """A VM that should run, was launched by its first request, and about which nothing is pending."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": f"vm-{number}",
        "node": changed.pop("node", None) or make_node(),
        "cid": 1000 + number,
        "created_at_ms": number,
        "name": f"name-{number}",
        "image": "dstack-test-0.5.3",
        "compose_file": COMPOSE,
        "app_id": f"{number:040x}",
        "vcpu": 1,
        "memory": 512,
        "disk_size": 1,
        "networks": [{"mode": "user", "bridge_name": ""}],
        "no_tee": True,
        "desired": Desired.RUNNING,
        "observed_generation": 1,
        "prepared": True,
    }
    return Vm.objects.create(**values | changed)


def make_wanted(**changed: Any) -> Wanted:
    """What a decision needs of a VM that should run, with nothing pending."""
    values: dict[str, Any] = {
        "vm_id": "vm",
        "desired": Desired.RUNNING,
        "stop_mode": "forced",
        "generation": 1,
        "observed_generation": 1,
        "revision": 1,
        "prepared": True,
        "actual": "off",
        "next_retry_at_ms": None,
    }
    return Wanted(**values | changed)

"""A node whose GPUs are a recorded machine's, and the server over it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gpus.machine import Machine, unpack
from tests.in_process import InProcess, running
from tests.prpc.conform import conforms
from tests.rows import make_node
from vms.actions import gpu_rows
from vms.conf import conf
from vms.models import Node
from vms.selectors.gpus import held_slots
from vms.worker import gpus, node_worker

ALL_PRODUCTS = ("10de:2330", "10de:2331", "10de:2335", "10de:2684", "1002:74a1")
Settings = Callable[..., None]


@pytest.fixture
def configured(settings: Any, tmp_path: Path) -> Settings:
    """Say what ``[cvm.gpu]`` says; by default that every GPU of the recordings may be given away."""

    def configure(**gpu: Any) -> None:
        now = conf().cvm
        values: dict[str, Any] = {"enabled": True, "listing": ALL_PRODUCTS} | gpu
        cvm = now.model_copy(update={"gpu": now.gpu.model_copy(update=values)})
        settings.VMM = conf().model_copy(update={"cvm": cvm, "run_path": tmp_path / "vm"})

    configure()
    return configure


@pytest.fixture
def machine(
    request: pytest.FixtureRequest, configured: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Machine:
    """The recorded machine that the test is parametrized with, else two H100 PCIe; the worker sees it."""
    machine = unpack(getattr(request, "param", "h100-pcie"), tmp_path / "sys")
    monkeypatch.setattr(gpus, "SYSFS", machine.sysfs)
    return machine


@pytest.fixture
async def vmm(transactional_db: None, test_image: str, machine: Machine) -> AsyncIterator[InProcess]:
    """The server on that machine."""
    async with serving(test_image) as server:
        yield server


@contextlib.asynccontextmanager
async def serving(image: str) -> AsyncIterator[InProcess]:
    """A server that starts on the host as it is."""
    async with running(conf().run_path, image) as server:
        server.client.event_hooks["response"].append(conforms)
        yield server


def look(machine: Machine) -> Node:
    """Let this node's rows be what the machine shows."""
    node = make_node()
    found = gpus.look_around(machine.sysfs)
    gpu_rows.sync(node.pk, found.devices, found.numa_cpus, held_slots(node.pk))
    node.refresh_from_db()
    return node


@pytest.fixture
def restarts_at_once(settings: Any, machine: Machine) -> None:
    """An automatic restart follows an end without a pause."""
    auto = conf().cvm.auto_restart.model_copy(update={"initial_backoff": 0})
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update={"auto_restart": auto})})


@pytest.fixture
def no_restarts(settings: Any, machine: Machine) -> None:
    auto = conf().cvm.auto_restart.model_copy(update={"enabled": False})
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update={"auto_restart": auto})})


@pytest.fixture(autouse=True)
def scans_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_worker, "SCAN_INTERVAL_S", 0.05)
    monkeypatch.setattr(node_worker, "SWEEP_EVERY", 1)

"""A whole server notices by itself that a guest gets nowhere, and that it moves on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.in_process import InProcess
from vms.conf import conf
from vms.worker import node_worker


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_worker, "SCAN_INTERVAL_S", 0.05)


async def test_a_silent_boot_is_told_once_and_taken_back_by_a_word(vmm: InProcess, settings: Any) -> None:
    cvm = conf().cvm.model_copy(update={"stall_after": 0.2})
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    vm_id = await vmm.create()
    stalled = await vmm.until(vm_id, lambda vm: vm is not None and bool(vm.boot_error))
    assert stalled is not None
    assert stalled.boot_error == "stalled: nothing new for 0.2 s; the last was: booting"
    word = json.dumps({"event": "boot.progress", "payload": "done"})
    (vmm.run_path / vm_id / "events.jsonl").write_text(word + "\n")
    await vmm.until(vm_id, lambda vm: vm is not None and (vm.boot_progress, vm.boot_error) == ("done", ""))
    assert (await vmm.events(vm_id)).count("host.stalled") == 1
    info = await vmm.info(vm_id)
    assert [event["event"] for event in info["events"]][-2:] == ["host.stalled", "boot.progress"]


async def test_a_shutdown_that_the_guest_ignores_is_told(vmm: InProcess, settings: Any) -> None:
    cvm = conf().cvm.model_copy(update={"stall_after": 0.2})
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    vmm.driver.ignores_powerdown = True
    vm_id = await vmm.create()
    await vmm.call("ShutdownVm", {"id": vm_id})
    stalled = await vmm.until(vm_id, lambda vm: vm is not None and "stalled" in vm.shutdown_progress)
    assert stalled is not None
    assert stalled.shutdown_progress.endswith("StopVm ends it. The last was: power button pressed")
    await vmm.call("StopVm", {"id": vm_id})
    off = await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == "off")
    assert off is not None
    assert off.shutdown_progress == "powered off"

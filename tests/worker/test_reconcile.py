"""The worker over the fake hypervisor: it brings VMs where they should be, whatever gets lost."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest

from tests.in_process import InProcess
from tests.waiting import eventually
from vms.actions import observe
from vms.choices import Actual
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor.base import ExitReason
from vms.live import bus
from vms.models import Vm
from vms.selectors import work
from vms.worker import lanes, node_worker, start_queue


def off(vm: Vm | None) -> bool:
    return vm is not None and vm.actual == Actual.OFF


def on(vm: Vm | None) -> bool:
    return vm is not None and vm.actual == Actual.ON


@pytest.fixture
def quick_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must come before ``vmm`` in a test's parameters."""
    monkeypatch.setattr(node_worker, "SCAN_INTERVAL_S", 0.1)
    monkeypatch.setattr(node_worker, "SWEEP_EVERY", 1)


async def test_a_lost_wake_is_repaired_by_the_scan(
    quick_scan: None, vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vm_id = await vmm.create(stopped=True)
    monkeypatch.setattr(bus, "send", lambda channel, message: None)
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
    await vmm.until(vm_id, on)


async def test_an_end_that_nobody_told_of_is_found_by_the_sweep(quick_scan: None, vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.on_exit(lambda vm_id: None)
    vmm.driver.die(vm_id, ExitReason.GUEST_PANIC, 0)
    vm = await vmm.until(vm_id, off)
    assert vm is not None
    assert vm.exit_reason == "guest-panic"


async def test_a_crashed_vm_is_launched_again_when_its_pause_is_over(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    await in_database(Vm.objects.filter(pk=vm_id).update, restarts=0)
    vmm.driver.die(vm_id)
    await vmm.until(vm_id, off)
    await in_database(lambda: Vm.objects.filter(pk=vm_id).update(next_retry_at_ms=1))
    bus.send(bus.node_channel((await first_row(vmm, vm_id)).node_id), {"type": "vm.wake", "id": vm_id})
    again = await vmm.until(vm_id, on)
    assert again is not None
    assert (again.restarts, again.next_retry_at_ms) == (1, None)
    assert vmm.driver.verbs(vm_id) == ["launch", "launch"]


async def first_row(vmm: InProcess, vm_id: str) -> Vm:
    vm = await vmm.row(vm_id)
    assert vm is not None
    return vm


async def test_unknown_messages_are_left_out_and_those_behind_them_heard(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    channel = bus.node_channel((await first_row(vmm, vm_id)).node_id)
    for message in ({"type": "nonsense"}, {"type": "vm.wake"}, {"type": "vm.wake", "id": "no-such-vm"}):
        bus.send(channel, message)
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204


async def test_a_database_error_of_one_vm_costs_no_other_anything(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = await vmm.create(stopped=True), await vmm.create(stopped=True)
    wanted = work.wanted

    def failing(vm_id: str) -> work.Wanted | None:
        if vm_id == broken:
            raise RuntimeError("database is locked")
        return wanted(vm_id)

    monkeypatch.setattr(work, "wanted", failing)
    starting = asyncio.create_task(vmm.call("StartVm", {"id": broken}))
    assert (await vmm.call("StartVm", {"id": sound})).status_code == 204
    monkeypatch.setattr(work, "wanted", wanted)
    assert (await starting).status_code == 204


async def test_a_scan_that_fails_is_tried_again(
    quick_scan: None, vmm: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*args: object) -> list[str]:
        raise RuntimeError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(work, "ids_needing_attention", failing)
        broken.setattr(work, "event_offsets", failing)
        await eventually(lambda: "the scan failed" in caplog.text)
        await eventually(lambda: "events could not be read" in caplog.text)
    vm_id = await vmm.create()
    assert (await vmm.info(vm_id))["status"] == "running"


async def test_a_new_image_appears_and_a_deleted_one_goes(quick_scan: None, vmm: InProcess) -> None:
    folder = conf().image.path / "dstack-0.6.0"

    async def is_listed() -> bool:
        images = (await vmm.call("ListImages")).json()["images"]
        return folder.name in [image["name"] for image in images]

    async def is_not_listed() -> bool:
        return not await is_listed()

    shutil.copytree(conf().image.path / vmm.image, folder)
    try:
        await eventually(is_listed)
        (folder / "metadata.json").write_text(json.dumps({"kernel": "../k", "initrd": "i"}))
        await eventually(is_not_listed)
        response = await vmm.call("CreateVm", vmm.configuration(image=folder.name))
        assert (response.status_code, "leads out of" in response.json()["message"]) == (409, True)
    finally:
        shutil.rmtree(folder)
    await eventually(is_not_listed)


async def test_a_directory_that_can_t_be_written_is_not_tried_without_pause(
    quick_scan: None, vmm: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lanes, "FIRST_BACKOFF_S", 100)
    vm_id = await vmm.create(stopped=True)
    folder = conf().image.path / vmm.image
    aside = folder.with_name("aside")
    folder.rename(aside)
    try:
        await vmm.call("UpgradeApp", {"id": vm_id, "user_config": "new"})
        await asyncio.sleep(0.6)
        tries = [record for record in caplog.records if "could not be worked on" in record.message]
        # One for the message; one more if a scan was faster than it. Without a pause there'd be a dozen.
        assert 1 <= len(tries) <= 2
    finally:
        aside.rename(folder)


async def test_a_vm_that_waits_for_others_to_boot_says_so_and_can_be_stopped(
    quick_scan: None, vmm: InProcess, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_queue, "MAX_BOOT_S", 60)
    width = conf().cvm.start_width
    for _ in range(width):
        await vmm.create()
    waiting = asyncio.create_task(vmm.call("CreateVm", vmm.configuration(name="last")))

    async def ids() -> list[str]:
        return [vm["id"] for vm in (await vmm.call("Status")).json()["vms"]]

    async def is_recorded() -> bool:
        return len(await ids()) > width

    await eventually(is_recorded)
    vm_id = (await ids())[-1]
    await vmm.until(vm_id, lambda vm: vm is not None and vm.boot_progress.startswith("waiting for other VMs"))
    await asyncio.sleep(2.5)  # more wakes by the scan than a lane takes steps
    assert vmm.driver.verbs(vm_id) == []
    assert "nowhere" not in caplog.text
    assert (await vmm.call("StopVm", {"id": vm_id})).status_code == 204
    assert (await waiting).status_code == 200
    assert (await vmm.info(vm_id))["status"] == "stopped"
    assert "launch" not in vmm.driver.verbs(vm_id)


async def test_a_slot_that_comes_free_is_given_to_who_waits(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_queue, "BOOT_LOOK_S", 0.01)
    holders = [await vmm.create() for _ in range(conf().cvm.start_width)]
    waiting = asyncio.create_task(vmm.create(name="last"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await in_database(lambda: Vm.objects.filter(pk=holders[0]).update(boot_progress="done"))
    assert (await vmm.info(await waiting))["status"] == "running"


async def test_what_a_guest_said_last_explains_its_end(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    said = [json.dumps({"event": "boot.progress", "payload": "x" * 200})] * 3000
    said.append(json.dumps({"event": "shutdown.progress", "payload": "powering off"}))
    (vmm.run_path / vm_id / "events.jsonl").write_text("\n".join(said) + "\n")
    vmm.driver.die(vm_id, ExitReason.KILLED, 137)
    vm = await vmm.until(vm_id, off)
    assert vm is not None
    assert (vm.desired, vm.next_retry_at_ms) == ("stopped", None)


async def test_a_guest_that_says_it_powers_off_is_not_stopped_by_force(
    quick_scan: None, vmm: InProcess
) -> None:
    vmm.driver.ignores_powerdown = True
    vm_id = await vmm.create()
    with (vmm.run_path / vm_id / "events.jsonl").open("a") as file:
        file.write('{"event":"shutdown.progress","payload":"powering off"}\n')
    await vmm.until(vm_id, lambda vm: vm is not None and vm.desired == "stopped")
    await asyncio.sleep(0.3)
    assert "stop" not in vmm.driver.verbs(vm_id)
    vmm.driver.die(vm_id, ExitReason.GUEST_SHUTDOWN, 0)
    vm = await vmm.until(vm_id, off)
    assert vm is not None
    assert vm.shutdown_progress == "powered off"


async def test_a_frozen_vm_that_answers_again_runs_on(quick_scan: None, vmm: InProcess) -> None:
    vm_id = await vmm.create()
    before = await first_row(vmm, vm_id)
    vmm.driver.freeze(vm_id)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.UNKNOWN)
    vmm.driver.thaw(vm_id)
    after = await vmm.until(vm_id, on)
    assert after is not None
    assert (after.pid, after.started_at_ms) == (before.pid, before.started_at_ms)
    assert vmm.driver.verbs(vm_id) == ["launch"]


async def test_a_circle_is_noticed(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    vm_id = await vmm.create(stopped=True)
    monkeypatch.setattr(observe, "prepared", lambda vm_id, generation, revision: None)
    await vmm.call("UpgradeApp", {"id": vm_id, "user_config": "new"})
    await eventually(lambda: f"steps brought VM {vm_id} nowhere" in caplog.text)

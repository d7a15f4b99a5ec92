"""The server ends, by a signal or by kill -9, and starts again over the same run path and database."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import running, services
from tests.rows import make_node, make_vm
from tests.waiting import eventually
from vms.actions import nodes
from vms.choices import Actual, Desired
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor.base import ExitReason, Power
from vms.hypervisor.fake import FakeDriver
from vms.live import bus
from vms.models import Event, Node, Vm
from vms.worker.execute import make
from vms.worker.node_worker import NodeWorker


@pytest.fixture
def run_path(transactional_db: None, tmp_path: Path, settings: Any) -> Path:
    settings.VMM = conf().model_copy(update={"run_path": tmp_path / "vm"})
    return tmp_path / "vm"


async def left_by(vm: Vm, driver: FakeDriver, *, launched: bool = True) -> None:
    """What an earlier server left of that VM on the host."""
    made = await in_database(make, vm.pk, driver.directory(vm.pk), leasing=False)
    assert made is not None
    spec = made.launch.spec
    await (driver.launch(spec) if launched else driver.prepare(spec))


async def row(**changed: Any) -> Vm:
    return await in_database(lambda: make_vm(**changed))


async def events(vm: Vm) -> list[str]:
    return await in_database(
        lambda: list(Event.objects.filter(vm=vm).order_by("id").values_list("event", flat=True))
    )


async def settles(vm: Vm, actual: Actual) -> Vm:
    """The row once it is so and nothing is pending."""

    async def is_so() -> bool:
        await in_database(vm.refresh_from_db)
        return vm.actual == actual and vm.generation == vm.observed_generation

    await eventually(is_so)
    return vm


async def test_a_guest_that_ran_on_is_taken_over_as_it_is(run_path: Path, test_image: str) -> None:
    async with running(run_path, test_image) as first:
        vm_id = await first.create()
        before = await first.row(vm_id)
    async with running(run_path, test_image) as second:
        after = await second.row(vm_id)
        info = await second.info(vm_id)
    assert before is not None
    assert after is not None
    assert (after.actual, after.pid, after.started_at_ms) == (Actual.ON, before.pid, before.started_at_ms)
    assert (info["status"], info["exited_at"]) == ("running", "never")
    assert second.driver.verbs(vm_id) == []


async def test_every_guest_is_looked_at_before_anything_is_done(run_path: Path, test_image: str) -> None:
    driver = FakeDriver(run_path)
    alive = [await row(actual="on") for _ in range(5)]
    for vm in alive:
        await left_by(vm, driver)
    await row(desired="stopped", prepared=False)
    driver.calls.clear()
    async with services(driver):
        await eventually(lambda: any(call.verb == "prepare" for call in driver.calls))
    looked = [call.vm_id for call in driver.calls[:6] if call.verb == "inspect"]
    assert {vm.pk for vm in alive} <= set(looked)


async def test_a_wake_before_everything_is_looked_at_waits(run_path: Path, test_image: str) -> None:
    class Slow(FakeDriver):
        async def inspect(self, vm_id: str) -> Any:
            await looking_may_go_on.wait()
            return await super().inspect(vm_id)

    looking_may_go_on = asyncio.Event()
    driver = Slow(run_path)
    vm = await row(generation=2)
    worker = NodeWorker(await in_database(make_node), driver)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    worker.wake(vm.pk)
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert driver.calls == []
    looking_may_go_on.set()
    await settles(vm, Actual.ON)
    stop.set()
    await running


@pytest.mark.parametrize(
    "reason, code, desired, restarts",
    [
        (ExitReason.KILLED, 137, Desired.RUNNING, 1),
        (ExitReason.GUEST_PANIC, 0, Desired.RUNNING, 1),
        (ExitReason.GUEST_SHUTDOWN, 0, Desired.STOPPED, 0),
    ],
)
async def test_an_end_while_the_server_was_down_is_told_with_its_reason_and_policy(
    run_path: Path, test_image: str, reason: ExitReason, code: int, desired: Desired, restarts: int
) -> None:
    driver = FakeDriver(run_path)
    vm = await row(actual="on")
    await left_by(vm, driver)
    driver.die(vm.pk, reason, code)
    async with services(FakeDriver(run_path)):
        vm = await settles(vm, Actual.OFF)
    assert (vm.exit_reason, vm.exit_code) == (reason, code)
    assert (vm.desired, vm.restarts) == (desired, restarts)
    assert (vm.next_retry_at_ms is not None) == bool(restarts)
    assert (await events(vm))[0] == "host.exited"


async def test_a_process_that_left_no_trace_is_lost_not_forgotten(run_path: Path, test_image: str) -> None:
    vm = await row(actual="on", pid=1)
    async with services(FakeDriver(run_path)):
        vm = await settles(vm, Actual.OFF)
    assert (vm.exit_reason, vm.pid) == ("lost", None)


async def test_a_launch_that_was_broken_off_begins_anew(run_path: Path, test_image: str) -> None:
    vm = await row(actual="starting", generation=2)
    driver = FakeDriver(run_path)
    async with services(driver):
        vm = await settles(vm, Actual.ON)
    # What the first try may have started beside QEMU is ended before the second.
    assert driver.verbs(vm.pk) == ["stop", "launch"]
    assert vm.outcome_code == 0


async def test_a_launch_that_was_done_but_not_written_down_is_not_done_twice(
    run_path: Path, test_image: str
) -> None:
    driver = FakeDriver(run_path)
    vm = await row(actual="starting", generation=2)
    await left_by(vm, driver)
    driver.calls.clear()
    async with services(driver):
        vm = await settles(vm, Actual.ON)
    assert driver.verbs(vm.pk) == []
    assert vm.pid is not None


async def test_an_automatic_launch_that_was_broken_off_is_due_at_once(
    run_path: Path, test_image: str
) -> None:
    vm = await row(actual="starting", restarts=3)
    driver = FakeDriver(run_path)
    async with services(driver):
        vm = await settles(vm, Actual.ON)
    assert (driver.verbs(vm.pk), vm.restarts) == (["stop", "launch"], 3)


@pytest.mark.parametrize("lives", [True, False])
async def test_a_removal_goes_on(run_path: Path, test_image: str, lives: bool) -> None:
    driver = FakeDriver(run_path)
    vm = await row(desired="absent", generation=2, actual="on")
    await left_by(vm, driver)
    if not lives:
        driver.die(vm.pk)
    async with services(driver):
        await eventually(lambda: not (run_path / vm.pk).exists())

        async def is_gone() -> bool:
            return not await in_database(Vm.objects.filter(pk=vm.pk).exists)

        await eventually(is_gone)


async def test_a_removal_whose_directory_is_gone_already_ends(run_path: Path, test_image: str) -> None:
    vm = await row(desired="absent", generation=2)
    async with services(FakeDriver(run_path)):

        async def is_gone() -> bool:
            return not await in_database(Vm.objects.filter(pk=vm.pk).exists)

        await eventually(is_gone)


async def test_a_directory_that_nobody_knows_is_left_alone_and_named(
    run_path: Path, test_image: str, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = run_path / "stranger"
    stranger.mkdir(parents=True)
    (stranger / "vm-manifest.json").write_text("{}")
    (stranger / "hda.img").write_text("precious")
    async with services(FakeDriver(run_path)):
        pass
    assert (stranger / "hda.img").read_text() == "precious"
    assert f"{stranger} is no VM that this server knows; it is left alone" in caplog.text


async def test_a_directory_that_somebody_deleted_is_written_again(run_path: Path, test_image: str) -> None:
    vm = await row(desired="stopped", prepared=True)
    driver = FakeDriver(run_path)
    await left_by(vm, driver, launched=False)
    shutil.rmtree(run_path / vm.pk)
    async with services(driver) as worker:
        worker.wake(vm.pk)
        await eventually(lambda: (run_path / vm.pk / "vm-manifest.json").exists())


async def test_vms_of_another_node_are_not_touched(run_path: Path, test_image: str) -> None:
    other = await in_database(make_node, "other")
    theirs = [
        await row(node=other, actual="on"),
        await row(node=other, desired="absent", generation=2),
        await row(node=other, generation=2),
    ]
    driver = FakeDriver(run_path)
    async with services(driver) as worker:
        vm = await row(generation=2)
        worker.wake(vm.pk)
        await settles(vm, Actual.ON)
    assert {call.vm_id for call in driver.calls} == {vm.pk}
    for their in theirs:
        before = their.revision
        await in_database(their.refresh_from_db)
        assert their.revision == before


async def test_requests_wait_until_everything_has_been_looked_at(run_path: Path, test_image: str) -> None:
    node = await in_database(make_node)
    await in_database(Node.objects.filter(pk=node.pk).update, heartbeat_at_ms=1 << 60)
    registered = await in_database(
        nodes.register, node.name, version="", platform="none", accelerator="", notice=""
    )
    assert not nodes.has_worker(registered)


async def test_an_orderly_end_says_so_at_once(run_path: Path, test_image: str) -> None:
    async with running(run_path, test_image):
        pass
    node = await in_database(Node.objects.get)
    assert node.heartbeat_at_ms == 0


async def test_the_end_does_not_wait_for_vms_that_wait_for_others_to_boot(
    run_path: Path, test_image: str
) -> None:
    driver = FakeDriver(run_path)
    vms = [await row(generation=2) for _ in range(conf().cvm.start_width + 3)]
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(services(driver))
        for vm in vms[: conf().cvm.start_width]:
            await settles(vm, Actual.ON)
        begin = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - begin < 3


async def test_the_end_leaves_no_task_behind(run_path: Path, test_image: str) -> None:
    before = asyncio.all_tasks()
    async with running(run_path, test_image) as server:
        await server.create()
        bus.send(bus.node_channel(1), {"type": "nonsense"})
    await asyncio.sleep(0)
    left = {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before}  # type: ignore[union-attr]
    assert left == set()


async def test_guests_run_on_when_the_server_ends(run_path: Path, test_image: str) -> None:
    async with running(run_path, test_image) as server:
        vm_id = await server.create()
    assert (await FakeDriver(run_path).inspect(vm_id)).power is Power.ON
    assert "stop" not in server.driver.verbs(vm_id)

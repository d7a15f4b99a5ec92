"""``/ws/console``: several people at one serial line, each at their own pace, by the log's positions."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.in_process import InProcess
from tests.live.reader import Reader, reader
from tests.live.vm_line import Line, line, listener
from tests.waiting import eventually
from vms.access import audit
from vms.database import in_database
from vms.hypervisor.log_rotation import begin_boot, rotate
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import LogLimits
from vms.live import console, telling
from vms.live.broker import Broker, brokers
from vms.live.vm_socket import Refused
from vms.models import AuditEntry
from vms.worker.log_rotation import LogRotation

SMALL = LogLimits(max_bytes=4096, max_backups=1000)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rotates by himself: the tests do."""

    async def nothing(rotation: LogRotation) -> bool:
        return False

    monkeypatch.setattr(LogRotation, "look", nothing)


@pytest.fixture
async def vm(vmm: InProcess) -> RunDir:
    """The directory of a VM that runs, as far as the fake driver goes, and has printed nothing."""
    run_dir = RunDir(vmm.run_path / await vmm.create())
    run_dir.serial_log.write_bytes(b"")
    return run_dir


@contextlib.asynccontextmanager
async def console_of(vm: RunDir, query: str = "") -> AsyncIterator[Reader]:
    async with reader(f"/ws/console/{vm.path.name}?{query}") as client:
        await client.until("state")
        yield client


async def test_what_the_guest_prints_comes_and_what_is_typed_goes(vm: RunDir) -> None:
    vm.serial_log.write_bytes(b"before\n")
    async with line(vm.path) as guest, console_of(vm) as client:
        assert client.hello["vm"] == vm.path.name
        assert (client.hello["name"], client.hello["boot"], client.hello["running"]) == ("my-app", 1, True)
        assert (client.hello["position"], client.hello["end"]) == (0, 7)
        await client.hears(b"before\n")
        await guest.has_a_client()
        await guest.prints(b"login: ")
        await client.hears(b"before\nlogin: ")
        await client.type(b"root\r")
        await client.type(b"\x00\xff\x1b[A")
        await eventually(lambda: guest.typed == b"root\r\x00\xff\x1b[A")
        assert client.position == vm.serial_log.stat().st_size


async def test_two_see_the_same_and_each_other(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as one:
        await guest.has_a_client()
        async with console_of(vm) as other:
            await one.until_state(viewers=other.state["viewers"])
            assert [each["name"] for each in one.state["viewers"]] == ["anybody", "anybody"]
            assert {each["id"] for each in one.state["viewers"]} == {one.hello["you"], other.hello["you"]}
            await other.type(b"ls\r")
            await eventually(lambda: guest.typed == b"ls\r")
            await guest.prints(b"ls\r\nbin\r\n")
            for client in (one, other):
                await client.hears(b"ls\r\nbin\r\n")
        await one.until_state(viewers=[{"id": one.hello["you"], "name": "anybody"}])


async def test_the_line_is_held_as_long_as_anybody_looks(vm: RunDir) -> None:
    async with line(vm.path) as guest:
        async with console_of(vm) as one:
            await guest.has_a_client()
            async with console_of(vm):
                pass
            await guest.prints(b"still\n")
            await one.hears(b"still\n")
        await guest.has_none()
        assert len(brokers) == 0


async def test_it_goes_on_where_the_client_was(vm: RunDir) -> None:
    boot = begin_boot(vm, SMALL)
    whole = b"".join(b"line %06d\n" % number for number in range(2000))
    vm.serial_log.write_bytes(whole)
    rotate(vm, SMALL)
    async with console_of(vm, f"boot={boot}&position=1234") as client:
        await client.hears(whole[-10:])
        assert client.hello["position"] == 1234
        assert client.heard[boot] == whole[1234:]


@pytest.mark.parametrize("query", ["", "boot=99&position=0", "boot=2&position=0", "boot=x&position=y"])
async def test_elsewhere_it_begins_with_the_newest(vm: RunDir, query: str) -> None:
    begin_boot(vm, SMALL)
    whole = b"".join(b"line %06d\n" % number for number in range(200_000))
    vm.serial_log.write_bytes(whole)
    async with console_of(vm, query) as client:
        begin = client.hello["position"]
        assert 0 < len(whole) - begin <= 256 << 10
        assert whole[begin - 1 : begin] == b"\n"
        await client.hears(whole[-10:])
        assert client.position == len(whole)


async def test_another_boot_comes_after_the_last_words_of_the_one_before(vm: RunDir) -> None:
    async with console_of(vm) as client:
        async with line(vm.path) as guest:
            await guest.has_a_client()
            await guest.prints(b"first\n")
            await client.hears(b"first\n")
            await guest.prints(b"last words\n")
        second = begin_boot(vm, SMALL)
        async with line(vm.path) as guest:
            await guest.has_a_client()
            await guest.prints(b"second\n")
            await client.until("hello")
            assert client.heard[second - 1].endswith(b"first\nlast words\n")
            assert (client.hello["boot"], client.hello["position"]) == (second, 0)
            await client.hears(b"second\n")
            await client.type(b"x")
            await eventually(lambda: guest.typed == b"x")


async def test_a_restart_of_the_vm_is_told_with_its_state(vmm: InProcess, vm: RunDir) -> None:
    async with console_of(vm) as client:
        await vmm.call("StopVm", {"id": vm.path.name})
        await client.until_state(running=False, status="stopped")
        await vmm.call("StartVm", {"id": vm.path.name})
        await client.until_state(running=True, status="running")
        await client.hears(f"fake guest {vm.path.name} generation 3 booted\n".encode())
        assert client.hello["boot"] == 2


async def test_rotation_is_not_noticed(vm: RunDir) -> None:
    boot = begin_boot(vm, SMALL)
    async with line(vm.path) as guest, console_of(vm) as client:
        await guest.has_a_client()
        whole = b""
        for number in range(50):
            piece = b"%04d" % number * 300
            whole += piece
            await guest.prints(piece)
            rotate(vm, SMALL)
            await client.hears(piece)
        assert client.heard[boot] == whole


async def test_one_may_type_alone_until_they_leave(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as one:
        await guest.has_a_client()
        async with console_of(vm) as other:
            await other.say({"type": "keyboard", "mine": True})
            await one.until_state(typist=other.hello["you"], may_type=False)
            await one.type(b"no")
            await one.until("refused")
            assert one.refusals == ["anybody has the keyboard"]
            await other.type(b"yes")
            await eventually(lambda: guest.typed == b"yes")
        await one.until_state(typist=None, may_type=True)
        await one.type(b"!")
        await eventually(lambda: guest.typed == b"yes!")


async def test_only_an_admin_takes_the_keyboard_from_another(tmp_path: Path) -> None:
    class Somebody:
        def __init__(self, name: str) -> None:
            self.name = name

        def rang(self) -> None:
            pass

        def changed(self) -> None:
            pass

    broker = Broker(RunDir(tmp_path))
    alice, bob = broker.join(Somebody("alice")), broker.join(Somebody("bob"))
    broker.take_keyboard(alice, mine=True, may_take_from_others=False)
    with pytest.raises(Refused, match="alice has it"):
        broker.take_keyboard(bob, mine=True, may_take_from_others=False)
    broker.take_keyboard(bob, mine=False, may_take_from_others=False)
    assert broker.typist == alice
    broker.take_keyboard(bob, mine=True, may_take_from_others=True)
    assert (broker.typist, broker.may_type(alice)) == (bob, False)
    broker.leave(bob)
    broker.leave(bob)
    assert broker.typist is None
    broker.leave(alice)


async def test_where_nothing_runs_typing_is_refused(vm: RunDir) -> None:
    async with console_of(vm) as client:
        await client.type(b"hello?")
        await client.until("refused")
        assert client.refusals == ["nothing runs that could be typed to; start the VM first"]


async def test_another_program_that_holds_the_line_is_told_of_and_nothing_is_typed_behind_it(
    vm: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "POLL_S", 0.02)
    with listener(vm.path) as taken:
        # It listens, and takes nobody: as QEMU does while it has a client.
        async with console_of(vm) as client:
            with vm.serial_log.open("ab") as log:
                log.write(b"seen all the same\n")
            await client.hears(b"seen all the same\n")
            await eventually(lambda: _is_connected(vm))
            await client.type(b"secret\r")
            await client.until("refused")
            assert "another program on the host holds this VM's serial console" in client.refusals[0]
            waiting, _ = taken.accept()
            await client.type(b"now\r")
            assert await asyncio.to_thread(waiting.recv, 100) == b"now\r"
            waiting.close()


def _is_connected(vm: RunDir) -> bool:
    broker = brokers._brokers.get(vm.path.name)
    return broker is not None and broker.is_connected


async def test_a_guest_that_takes_nothing_is_typed_to_within_bounds(vm: RunDir) -> None:
    with listener(vm.path) as deaf:
        async with console_of(vm) as client:
            held, _ = await asyncio.to_thread(deaf.accept)
            for _ in range(200):
                await client.type(b"x" * 4096)
            await client.until("refused")
            assert client.refusals[0] == "the guest takes nothing of what is typed"
        held.close()


@pytest.mark.parametrize(
    "said, refusal",
    [
        ('{"type": "resize"}', "type: 'resize' is not known here"),
        ('{"type": "keyboard"}', "mine: must be true or false"),
        ('{"type": "keyboard", "mine": 1}', "mine: must be true or false"),
        ("\x00", "send a JSON object"),
        (b"x" * 4097, "at most 4096 bytes can be typed at once, not 4097"),
    ],
)
async def test_what_cannot_be_understood_is_refused(vm: RunDir, said: str | bytes, refusal: str) -> None:
    async with line(vm.path) as guest, console_of(vm) as client:
        await guest.has_a_client()
        await (client.type(said) if isinstance(said, bytes) else client.say(said))
        await client.until("refused")
        assert client.refusals == [refusal] or client.refusals[0].startswith(refusal)
        await client.type(b"ok")
        await eventually(lambda: guest.typed == b"ok")


async def test_a_flood_of_garbage_earns_no_flood(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as client:
        await guest.has_a_client()
        for _ in range(500):
            await client.say("garbage")
        await client.type(b"x")
        await eventually(lambda: guest.typed == b"x")
        await guest.prints(b"done\n")
        await client.hears(b"done\n")
        assert len(client.refusals) <= 30


async def test_who_does_not_read_is_closed_and_stops_nobody(
    vm: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "MAX_UNREAD_BYTES", 1 << 20)
    boot = begin_boot(vm, SMALL)
    async with line(vm.path) as guest, console_of(vm) as slow, console_of(vm) as quick:
        await guest.has_a_client()
        for number in range(40):
            piece = b"%04d" % number * 16_000
            await guest.prints(piece)
            await quick.hears(piece)
            await quick.say({"type": "ping"})
        assert await slow.closed() == 4008
        assert quick.hello["boot"] == boot
        await quick.until_state(viewers=[{"id": quick.hello["you"], "name": "anybody"}])


async def test_opening_and_typing_are_written_down_once_and_no_key_is(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as client:
        await guest.has_a_client()
        for key in (b"s", b"e", b"c", b"r", b"e", b"t"):
            await client.type(key)
        await eventually(lambda: guest.typed == b"secret")
    await in_database(lambda: audit.flush(everything=True))
    rows = await in_database(
        lambda: list(
            AuditEntry.objects.filter(vm_id=vm.path.name, action__contains="console").order_by("action")
        )
    )
    assert [(row.action, row.vm_id, row.vm_name, row.result, row.count) for row in rows] == [
        ("console", vm.path.name, "my-app", 200, 1),
        ("console.type", vm.path.name, "my-app", 200, 1),
    ]
    assert not any(row.detail == "s" or "secret" in row.detail for row in rows)


async def test_a_log_that_takes_no_more_is_told_of(vm: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "UNLOGGED_S", 0.05)
    async with line(vm.path) as guest, console_of(vm) as client:
        await guest.has_a_client()
        await guest.prints(b"lost\n", logged=False)
        await client.until("refused")
        assert client.refusals == [console.UNLOGGED]
        await guest.prints(b"kept\n")
        await client.hears(b"kept\n")


async def test_it_ends_with_the_vm(vmm: InProcess, vm: RunDir) -> None:
    async with console_of(vm) as client:
        await vmm.call("RemoveVm", {"id": vm.path.name})
        assert await client.closed() == 4404


async def test_so_many_may_look_and_no_more(vm: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vms.live.broker.MAX_VIEWERS", 1)
    async with console_of(vm):
        late = Reader(f"/ws/console/{vm.path.name}")
        assert (await late.socket.connect(timeout=10))[0]
        await late.until("refused")
        assert late.refusals == ["1 viewers look at this console already"]
        await late.leave()


async def test_who_leaves_leaves_nothing_open(vm: RunDir) -> None:
    async with line(vm.path) as guest:
        before = set(os.listdir("/proc/self/fd"))
        async with console_of(vm):
            await guest.has_a_client()
        await guest.has_none()
        await eventually(lambda: set(os.listdir("/proc/self/fd")) <= before)


async def test_a_line_that_prints_always_stays_in_order(vm: RunDir) -> None:
    boot = begin_boot(vm, SMALL)
    async with line(vm.path) as guest, console_of(vm) as client:
        await guest.has_a_client()

        async def flood(guest: Line) -> None:
            for number in range(3000):
                await guest.prints(b"%06d\n" % number)
            await guest.prints(b"end\n")

        flooding = asyncio.create_task(flood(guest))
        await client.hears(b"end\n")
        await flooding
        assert client.heard[boot] == b"".join(b"%06d\n" % number for number in range(3000)) + b"end\n"

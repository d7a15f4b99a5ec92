"""``/ws/console``: several people at one serial line, each at their own pace, by the log's positions."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.in_process import InProcess
from tests.live.reader import Reader, console_of
from tests.live.vm_line import Line, line
from tests.waiting import eventually
from vms.hypervisor.log_rotation import begin_boot, rotate
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import LogLimits
from vms.live import telling
from vms.live.broker import brokers
from vms.live.file_watch import watch

SMALL = LogLimits(max_bytes=4096, max_backups=1000)


async def test_what_the_guest_prints_comes_and_what_is_typed_goes(vm: RunDir) -> None:
    vm.serial_log.write_bytes(b"before\n")
    async with line(vm.path) as guest, console_of(vm) as client:
        assert client.hello["vm"] == vm.path.name
        assert (client.hello["name"], client.hello["boot"], client.hello["running"]) == ("my-app", 1, True)
        assert (client.hello["position"], client.hello["end"]) == (0, 7)
        await client.hears(b"before\n")
        guest.prints(b"login: ")
        await client.hears(b"before\nlogin: ")
        await client.type(b"root\r")
        await client.type(b"\x00\xff\x1b[A")
        await eventually(lambda: guest.typed == b"root\r\x00\xff\x1b[A")
        assert client.position == vm.serial_log.stat().st_size


async def test_two_see_the_same_and_each_other(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as one:
        async with console_of(vm) as other:
            await one.until_state(viewers=other.state["viewers"])
            assert [each["name"] for each in one.state["viewers"]] == ["anybody", "anybody"]
            assert {each["id"] for each in one.state["viewers"]} == {one.hello["you"], other.hello["you"]}
            await other.type(b"ls\r")
            await eventually(lambda: guest.typed == b"ls\r")
            guest.prints(b"ls\r\nbin\r\n")
            for client in (one, other):
                await client.hears(b"ls\r\nbin\r\n")
        await one.until_state(viewers=[{"id": one.hello["you"], "name": "anybody"}])


async def test_nothing_is_watched_once_nobody_looks(vm: RunDir) -> None:
    async with line(vm.path) as guest:
        async with console_of(vm) as one:
            async with console_of(vm):
                assert len(brokers) == 1
            guest.prints(b"still\n")
            await one.hears(b"still\n")
        assert len(brokers) == 0
        assert not watch._told


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
            guest.prints(b"first\n")
            await client.hears(b"first\n")
            guest.prints(b"last words\n")
        second = begin_boot(vm, SMALL)
        async with line(vm.path) as guest:
            guest.prints(b"second\n")
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
        whole = b""
        for number in range(50):
            piece = b"%04d" % number * 300
            whole += piece
            guest.prints(piece)
            rotate(vm, SMALL)
            await client.hears(piece)
        assert client.heard[boot] == whole


async def test_who_does_not_read_is_closed_and_stops_nobody(
    vm: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "MAX_UNREAD_BYTES", 1 << 20)
    boot = begin_boot(vm, SMALL)
    async with line(vm.path) as guest, console_of(vm) as slow, console_of(vm) as quick:
        for number in range(40):
            piece = b"%04d" % number * 16_000
            guest.prints(piece)
            await quick.hears(piece)
            await quick.say({"type": "ping"})
        assert await slow.closed() == 4008
        assert quick.hello["boot"] == boot
        await quick.until_state(viewers=[{"id": quick.hello["you"], "name": "anybody"}])


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
    async with line(vm.path):
        before = set(os.listdir("/proc/self/fd"))
        async with console_of(vm):
            pass
        await eventually(lambda: set(os.listdir("/proc/self/fd")) <= before)


async def test_a_line_that_prints_always_stays_in_order(vm: RunDir) -> None:
    boot = begin_boot(vm, SMALL)
    async with line(vm.path) as guest, console_of(vm) as client:

        async def flood(guest: Line) -> None:
            for number in range(3000):
                guest.prints(b"%06d\n" % number)
            guest.prints(b"end\n")

        flooding = asyncio.create_task(flood(guest))
        await client.hears(b"end\n")
        await flooding
        assert client.heard[boot] == b"".join(b"%06d\n" % number for number in range(3000)) + b"end\n"

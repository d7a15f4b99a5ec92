"""``/ws/logs``: a log by position, through rotation and restarts, with its past and what is searched for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import InProcess
from tests.live.reader import reader
from tests.waiting import eventually
from vms.hypervisor.log_rotation import begin_boot, rotate
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import LogLimits
from vms.live import log_search, telling
from vms.live.log_text import without_escapes

SMALL = LogLimits(max_bytes=4096, max_backups=1000)


pytestmark = pytest.mark.usefixtures("no_rotation")


@pytest.fixture
async def vm(vmm: InProcess) -> RunDir:
    """The directory of a VM that is there, and never ran."""
    return RunDir(vmm.run_path / await vmm.create(stopped=True))


def address(vm: RunDir, query: str = "") -> str:
    return f"/ws/logs/{vm.path.name}?{query}"


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %06d\n" % number for number in range(first, last))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as log:
        log.write(data)


async def test_it_begins_before_the_end_at_a_line_and_tells_what_is_kept(vm: RunDir) -> None:
    boot = begin_boot(vm, SMALL)
    whole = lines(0, 60_000)
    vm.serial_log.write_bytes(whole)
    async with reader(address(vm)) as client:
        assert client.hello["channel"] == "serial"
        assert (client.hello["boot"], client.hello["start"], client.hello["end"]) == (boot, 0, len(whole))
        begin = client.hello["position"]
        assert 0 < len(whole) - begin <= 256 << 10
        assert whole[begin - 1 : begin] == b"\n"
        assert [(each["boot"], each["size"], each["current"]) for each in client.hello["boots"]] == [
            (boot, len(whole), True)
        ]
        assert client.hello["boots"][0]["began_at"] > 1_600_000_000_000
        await client.hears(lines(59_999, 60_000))
        assert client.heard[boot] == whole[begin:]
        append(vm.serial_log, b"more\n")
        await client.hears(b"more\n")
        assert client.position == len(whole) + 5


async def test_it_goes_on_from_a_position_and_notices_nothing_of_rotation(vm: RunDir) -> None:
    boot = begin_boot(vm, SMALL)
    whole = b""
    async with reader(address(vm, f"boot={boot}&position=0")) as client:
        for number in range(0, 3000, 300):
            append(vm.serial_log, lines(number, number + 300))
            whole += lines(number, number + 300)
            rotate(vm, SMALL)
            await client.hears(whole[-10:])
        assert client.heard[boot] == whole
        assert client.position == len(whole)
    async with reader(address(vm, f"boot={boot}&position=20000")) as client:
        await client.hears(whole[-10:])
        assert client.hello["position"] == 20_000
        assert client.heard[boot] == whole[20_000:]


async def test_another_boot_is_another_hello_and_an_older_one_has_an_end(vm: RunDir) -> None:
    first = begin_boot(vm, SMALL)
    append(vm.serial_log, b"first\n")
    async with reader(address(vm)) as client:
        await client.hears(b"first\n")
        append(vm.serial_log, b"last words\n")
        second = begin_boot(vm, SMALL)
        append(vm.serial_log, b"second\n")
        await client.until("hello")
        assert client.heard == {first: b"first\nlast words\n"}
        assert (client.hello["boot"], client.hello["position"]) == (second, 0)
        await client.hears(b"second\n")
    async with reader(address(vm, f"boot={first}&position=0")) as client:
        await client.hears(b"first\nlast words\n")
        append(vm.serial_log, b"unheard\n")
        await client.hears_nothing()


async def test_where_bytes_were_dropped_before_they_were_sent_a_hello_says_where_it_goes_on(
    vm: RunDir,
) -> None:
    boot = begin_boot(vm, SMALL)
    async with reader(address(vm)) as client:
        append(vm.serial_log, lines(0, 5000))
        rotate(vm, LogLimits(max_bytes=4096, max_backups=0))
        kept = vm.serial_log.read_bytes()
        await client.hears(lines(4999, 5000))
        end = client.heard[boot]
        assert end == kept or end == lines(0, 5000)
        assert client.position == len(lines(0, 5000))


async def test_earlier_parts_come_as_pieces_that_begin_with_a_line(vm: RunDir) -> None:
    begin_boot(vm, SMALL)
    whole = lines(0, 60_000)
    append(vm.serial_log, whole)
    rotate(vm, SMALL)
    async with reader(address(vm, "boot=1&position=999999999")) as client:
        before, parts = client.hello["position"], b""
        assert before == len(whole)
        while before > client.hello["start"]:
            await client.say({"type": "read", "before": before, "bytes": 100_000})
            told = await client.until("piece")
            assert told["before"] == before
            data = await client.next()
            assert isinstance(data, bytes)
            assert len(data) == before - told["position"] <= 100_000
            assert data.startswith(b"line")
            before, parts = told["position"], data + parts
        assert parts == whole


async def test_text_is_found_from_the_end_whatever_its_case_and_colours(vm: RunDir) -> None:
    begin_boot(vm, SMALL)
    append(vm.serial_log, b"Kernel \x1b[31mPANIC\x1b[0m: one\r\n" + lines(0, 10) + "a päNIC\n".encode())
    async with reader(address(vm)) as client:
        for text, before, found in (
            ("kernel panic", 10_000, (0, "Kernel PANIC: one")),
            ("LINE", 10_000, (21 + 9 + 1 + 12 * 9, "line 000009")),
            ("PÄNIC", 10_000, (21 + 9 + 1 + 12 * 10, "a päNIC")),
            ("[31m", 10_000, (None, "")),
            ("nowhere", 10_000, (None, "")),
        ):
            await client.say({"type": "find", "text": text, "before": before})
            told = await client.until("found")
            assert (told["line"], "searched_to" in told) == (found[1], False), text
            if found[0] is None:
                assert told["position"] is None
            else:
                rest = vm.serial_log.read_bytes()[told["position"] :]
                assert without_escapes(rest).decode().startswith(found[1])


async def test_a_search_that_takes_long_says_how_far_it_came(
    vm: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_search, "MAX_SEARCH", 20_000)
    monkeypatch.setattr(log_search, "PIECE", 5_000)
    begin_boot(vm, SMALL)
    append(vm.serial_log, b"needle\n" + lines(0, 10_000))
    async with reader(address(vm)) as client:
        before, asked = client.hello["end"], 0
        while True:
            asked += 1
            await client.say({"type": "find", "text": "needle", "before": before})
            told = await client.until("found")
            if told["position"] is not None:
                break
            assert told["searched_to"] < before
            before = told["searched_to"]
        assert (told["position"], told["line"]) == (0, "needle")
        assert asked >= 5


@pytest.mark.parametrize(
    "said, refusal",
    [
        ("null", "send a JSON object"),
        ("[]", "send a JSON object"),
        ("{" * 5000, "the message is longer"),
        ('{"type": 3}', "send a JSON object"),
        ('{"type": "write"}', "type: 'write' is not known"),
        ('{"type": "read"}', "before: must be a whole number"),
        ('{"type": "read", "before": true, "bytes": 1}', "before: must be a whole number"),
        ('{"type": "read", "before": 1, "bytes": 1e9}', "bytes: must be a whole number"),
        (
            '{"type": "read", "before": 1, "bytes": 1048577}',
            "bytes: must be a whole number from 1 to 1048576",
        ),
        ('{"type": "read", "before": -1, "bytes": 1}', "before: must be a whole number"),
        ('{"type": "find", "before": 1}', "text: must be text"),
        ('{"type": "find", "before": 1, "text": ""}', "text: must be text"),
        (json.dumps({"type": "find", "before": 1, "text": "x" * 201}), "text: must be text"),
    ],
)
async def test_what_cannot_be_understood_is_refused_and_ends_nothing(
    vm: RunDir, said: str, refusal: str
) -> None:
    append(vm.serial_log, b"before\n")
    async with reader(address(vm)) as client:
        await client.say(said)
        await client.until("refused")
        assert client.refusals[0].startswith(refusal)
        append(vm.serial_log, b"after\n")
        await client.hears(b"after\n")


async def test_binary_frames_are_refused(vm: RunDir) -> None:
    async with reader(address(vm)) as client:
        await client.type(b"\x00" * 1000)
        await client.until("refused")


async def test_a_flood_of_requests_is_answered_or_refused_within_bounds(vm: RunDir) -> None:
    append(vm.serial_log, lines(0, 100))
    async with reader(address(vm)) as client:
        for _ in range(300):
            await client.say({"type": "read", "before": 1200, "bytes": 1200})
        await client.say({"type": "ping"})
        answers = {"piece": 0, "refused": 0, "pong": 0}
        while not answers["pong"]:
            frame = await client.next()
            if isinstance(frame, dict) and frame["type"] in answers:
                answers[frame["type"]] += 1
        assert answers["piece"] + answers["refused"] < 300
        assert answers["refused"] <= 30


async def test_what_is_asked_for_and_not_there_is_refused_in_words(vm: RunDir) -> None:
    begin_boot(vm, SMALL)
    async with reader(address(vm, "boot=77")) as client:
        assert client.refusals == ["boot: nothing is kept of '77', but of 1"]
        assert client.hello["boot"] == 1


async def test_stdout_and_stderr_are_channels_too(vm: RunDir) -> None:
    append(vm.stderr_log, b"qemu: warning\n")
    async with reader(address(vm, "ch=stderr")) as client:
        assert client.hello["channel"] == "stderr"
        await client.hears(b"qemu: warning\n")


async def test_a_hundred_megabytes_cost_no_more_than_their_end(
    vm: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_boot(vm, SMALL)
    with vm.serial_log.open("wb") as log:
        block = lines(0, 90_000)
        while log.tell() < 100 << 20:
            log.write(block)
    amounts: list[int] = []
    pread = os.pread

    def counted(*args: Any) -> bytes:
        data = pread(*args)
        amounts.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counted)
    async with reader(address(vm)) as client:
        await client.hears(b"line 089999\n")
        assert client.position == vm.serial_log.stat().st_size
        assert sum(amounts) <= 1 << 20
        assert max(amounts) <= 256 << 10


async def test_who_leaves_too_much_unread_is_closed(vm: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MAX_UNREAD_BYTES", 300_000)
    append(vm.serial_log, lines(0, 10_000))
    async with reader(address(vm)) as client:
        for number in range(20):
            append(vm.serial_log, lines(number * 10_000, number * 10_000 + 10_000))
        assert await client.closed() == 4008


async def test_it_ends_with_the_vm(vmm: InProcess, vm: RunDir) -> None:
    async with reader(address(vm)) as client:
        await vmm.call("RemoveVm", {"id": vm.path.name})
        assert await client.closed() == 4404


async def test_who_leaves_leaves_no_open_file(vm: RunDir) -> None:
    append(vm.serial_log, lines(0, 100))
    before = set(os.listdir("/proc/self/fd"))
    async with reader(address(vm)) as client:
        await client.hears(lines(99, 100))
    await eventually(lambda: set(os.listdir("/proc/self/fd")) <= before)

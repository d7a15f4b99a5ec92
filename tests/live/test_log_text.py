"""Log text: the last lines, without escape sequences and always valid, however it is cut."""

from __future__ import annotations

import asyncio
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.waiting import eventually
from vms.hypervisor.log_rotation import begin_boot
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import LogLimits
from vms.live import logs
from vms.live.log_text import MAX_ESCAPE, Cleaner
from vms.live.logs import boots_of, last_lines, read_log

SEQUENCES = [
    b"\x1b[31m",
    b"\x1b[2J",
    b"\x1b[?25h",
    b"\x1b[38;5;196m",
    b"\x1b[ q",
    b"\x1b]0;a title\x07",
    b"\x1b]8;;https://example.com\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b^private\x1b\\",
    b"\x1b(B",
    b"\x1b#8",
    b"\x1bc",
    b"\x1b7",
    b"\x1b=",
    b"\x1bM",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "vm").mkdir()
    return tmp_path / "vm" / "serial.log"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "POLL_S", 0.005)


def cleaned(*pieces: bytes, ansi: bool = False) -> bytes:
    cleaner = Cleaner(ansi)
    return b"".join([*(cleaner.clean(piece) for piece in pieces), cleaner.finish()])


async def read(path: Path, *, lines: int = 100, ansi: bool = True) -> bytes:
    return b"".join(
        [part async for part in read_log(path, boots_of(path)[-1], lines=lines, ansi=ansi, follow=False)]
    )


class Follower:
    """Somebody who follows a log from now on; ``text`` is what came so far."""

    def __init__(self, path: Path, *, ansi: bool = True) -> None:
        self.text = b""
        self.ended = False
        self._task = asyncio.create_task(self._follow(path, ansi))

    async def _follow(self, path: Path, ansi: bool) -> None:
        async for part in read_log(path, boots_of(path)[-1], lines=100, ansi=ansi, follow=True):
            self.text += part
        self.ended = True

    async def sees(self, text: bytes) -> None:
        try:
            await eventually(lambda: self.text == text)
        except TimeoutError:
            raise AssertionError(f"{self.text!r} is not {text!r}") from None

    def leave(self) -> None:
        self._task.cancel()


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_sequence_is_taken_out_wherever_it_is_cut(sequence: bytes) -> None:
    whole = b"before" + sequence + b"after\n"
    for cut in range(len(whole) + 1):
        assert cleaned(whole[:cut], whole[cut:]) == b"beforeafter\n", cut
    assert cleaned(*(bytes([byte]) for byte in whole)) == b"beforeafter\n"


@given(pieces=st.lists(st.one_of(st.sampled_from(SEQUENCES), st.text("abc é€\n", max_size=5)), max_size=8))
def test_text_and_sequences_in_any_order_leave_the_text(pieces: list[bytes | str]) -> None:
    data = b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)
    text = "".join(piece for piece in pieces if isinstance(piece, str)).encode()
    assert cleaned(*(data[at : at + 3] for at in range(0, len(data), 3))) == text


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=4))
def test_whatever_the_bytes_and_cuts_the_text_is_valid_and_the_same(data: bytes, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[begin:end] for begin, end in itertools.pairwise(bounds)]
    for ansi in (True, False):
        text = cleaned(*pieces, ansi=ansi)
        text.decode()
        assert ansi or b"\x1b" not in text
    assert cleaned(*pieces, ansi=True) == data.decode(errors="replace").encode()


def test_a_character_cut_in_two_is_whole_again() -> None:
    euro = "€".encode()
    assert cleaned(b"1" + euro[:1], euro[1:] + b"2", ansi=True) == b"1" + euro + b"2"
    assert cleaned(euro[:2], ansi=True) == "\N{REPLACEMENT CHARACTER}".encode()


def test_a_sequence_that_never_ends_is_not_kept() -> None:
    cleaner = Cleaner(ansi=False)
    text = b"".join(cleaner.clean(b"\x1b]" + b"x" * 500) for _ in range(100))
    assert len(text) > 40_000
    assert len(cleaner._held) <= MAX_ESCAPE


@pytest.mark.parametrize(
    "content, lines, tail",
    [
        (b"", 5, b""),
        (b"1\n2\n3\n", 2, b"2\n3\n"),
        (b"1\n2\n3", 2, b"2\n3"),
        (b"1\n2\n3\n", 3, b"1\n2\n3\n"),
        (b"1\n2\n3\n", 99, b"1\n2\n3\n"),
        (b"1\n2\n3\n", 0, b""),
        (b"\n\n\n", 1, b"\n"),
        (b"\n\n\n", 2, b"\n\n"),
        (b"no end", 1, b"no end"),
    ],
)
async def test_the_last_lines(log: Path, content: bytes, lines: int, tail: bytes) -> None:
    log.write_bytes(content)
    assert await read(log, lines=lines) == tail


@given(lengths=st.lists(st.integers(0, 12), max_size=30), lines=st.integers(1, 40), chunk=st.integers(1, 40))
def test_the_last_lines_are_found_whatever_the_chunks(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], lines: int, chunk: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "serial.log"
    whole = [b"x" * length + b"\n" for length in lengths]
    path.write_bytes(b"".join(whole))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "CHUNK", chunk)
        offset = last_lines(path, boots_of(path)[-1], lines)
    assert path.read_bytes()[offset:] == b"".join(whole[-lines:])


async def test_no_more_than_a_bound_is_read_from_the_end(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_TAIL_BYTES", 10)
    log.write_bytes(b"x" * 100)
    assert await read(log) == b"x" * 10


async def test_a_download_ends_though_the_guest_goes_on_writing(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "CHUNK", 10)
    log.write_bytes(b"x" * 100)
    parts = 0
    async for _ in read_log(log, boots_of(log)[-1], lines=100, ansi=True, follow=False):
        parts += 1
        with log.open("ab") as guest:
            guest.write(b"y" * 20)
    assert parts == 10


async def test_a_log_that_is_no_plain_file_is_none(log: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    log.symlink_to(tmp_path / "secret")
    assert await read(log) == b""
    log.unlink()
    os.mkfifo(log)
    async with asyncio.timeout(5):
        assert await read(log) == b""


async def test_following_begins_with_the_last_lines_and_goes_on(quick: None, log: Path) -> None:
    log.write_bytes(b"1\n")
    follower = Follower(log)
    await follower.sees(b"1\n")
    with log.open("ab") as guest:
        guest.write(b"2\n")
    await follower.sees(b"1\n2\n")
    follower.leave()


async def test_a_log_that_does_not_exist_yet_is_waited_for(quick: None, log: Path) -> None:
    follower = Follower(log)
    await asyncio.sleep(0.02)
    log.write_bytes(b"1\n")
    await follower.sees(b"1\n")
    follower.leave()


async def test_a_restart_loses_nothing(quick: None, log: Path) -> None:
    log.write_bytes(b"1\n")
    follower = Follower(log)
    await follower.sees(b"1\n")
    with log.open("ab") as guest:
        guest.write(b"written just before\n")
    begin_boot(RunDir(log.parent), LogLimits())
    log.write_bytes(b"another and longer file\n")
    await follower.sees(b"1\nwritten just before\nanother and longer file\n")
    follower.leave()


async def test_between_two_files_there_may_be_none(quick: None, log: Path) -> None:
    log.write_bytes(b"1\n")
    follower = Follower(log)
    await follower.sees(b"1\n")
    begin_boot(RunDir(log.parent), LogLimits())
    await asyncio.sleep(0.02)
    log.write_bytes(b"2\n")
    await follower.sees(b"1\n2\n")
    follower.leave()


async def test_a_log_emptied_in_place_is_read_on_from_its_beginning(quick: None, log: Path) -> None:
    log.write_bytes(b"a long line\n")
    follower = Follower(log)
    await follower.sees(b"a long line\n")
    os.truncate(log, 0)
    with log.open("ab") as guest:
        guest.write(b"2\n")
    await follower.sees(b"a long line\n2\n")
    follower.leave()


async def test_following_ends_when_the_vm_s_directory_is_gone(quick: None, log: Path) -> None:
    log.write_bytes(b"1\n")
    follower = Follower(log)
    await follower.sees(b"1\n")
    log.unlink()
    log.parent.rmdir()
    await eventually(lambda: follower.ended)


async def test_while_nothing_comes_a_line_keeps_the_connection(
    quick: None, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "HEARTBEAT_S", 0.02)
    log.write_bytes(b"1")
    follower = Follower(log)
    await eventually(lambda: follower.text.startswith(b"1\n\n\n"))
    follower.leave()


async def test_who_leaves_leaves_no_open_file(quick: None, log: Path) -> None:
    log.write_bytes(b"1\n")
    before = set(os.listdir("/proc/self/fd"))
    parts = read_log(log, boots_of(log)[-1], lines=1, ansi=True, follow=True)
    assert await anext(parts) == b"1\n"
    await parts.aclose()
    assert set(os.listdir("/proc/self/fd")) <= before

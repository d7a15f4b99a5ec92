"""The event file: everything in it is hostile, and nothing that matters is lost or read twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.guest import event_file
from vms.guest.event_file import MAX_LINE, MAX_READ, Piece, Said, empty_if_large, read_events, size_of

ONE = b'{"event":"boot.progress","payload":"done"}\n'
SAID = Said("boot.progress", "done")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def everything(path: Path, offset: int = 0) -> tuple[list[Said], int]:
    """All events after ``offset``, piece by piece, and where reading ended."""
    said: list[Said] = []
    while (piece := read_events(path, offset)).offset != offset:
        said += piece.events
        offset = piece.offset
    return said, offset


def test_a_missing_file_says_nothing(file: Path) -> None:
    assert read_events(file, 700) == Piece([], 0)


def test_events_are_read_in_order_and_reading_goes_on_behind_them(file: Path) -> None:
    file.write_bytes(ONE + b'{"event":"x"}\n')
    assert read_events(file, 0) == Piece([SAID, Said("x", "")], len(ONE) + 14)
    assert read_events(file, len(ONE)).events == [Said("x", "")]


def test_a_line_that_is_not_complete_waits_for_its_end(file: Path) -> None:
    file.write_bytes(ONE + ONE[:10])
    assert read_events(file, 0) == Piece([SAID], len(ONE))
    file.write_bytes(ONE + ONE)
    assert read_events(file, len(ONE)) == Piece([SAID], 2 * len(ONE))


def test_a_file_that_was_begun_anew_is_read_from_its_start(file: Path) -> None:
    file.write_bytes(ONE)
    assert read_events(file, 10_000) == Piece([SAID], len(ONE))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"\xff\xfe\x00",
        b'{"event":"\xff"}',
        b'{"event":"\\ud800"}',
        b"[]",
        b"7",
        b"null",
        b'"boot.progress"',
        b"{}",
        b'{"event":7}',
        b'{"event":""}',
        b'{"event":null,"payload":"x"}',
        b'{"event":"x","payload":7}',
        b'{"event":"x","payload":{"a":1}}',
        b'{"event":"x","payload":null}',
        b"[" * 10_000,
        b'{"event":"' + b"x" * MAX_LINE + b'"}',
    ],
    ids=lambda line: repr(line[:30]),
)
def test_a_line_that_is_no_event_is_left_out_and_its_neighbours_read(file: Path, line: bytes) -> None:
    file.write_bytes(ONE + line + b"\n" + ONE)
    assert everything(file) == ([SAID, SAID], 2 * len(ONE) + len(line) + 1)


def test_a_line_without_end_is_skipped_and_costs_no_more_than_one_read(file: Path) -> None:
    file.write_bytes(b"x" * (3 * MAX_READ) + b"\n" + ONE)
    first = read_events(file, 0)
    assert first == Piece([], MAX_READ)
    said, offset = everything(file)
    assert (said, offset) == ([SAID], file.stat().st_size)


def test_one_read_is_bounded(file: Path) -> None:
    file.write_bytes(ONE * 20_000)
    assert read_events(file, 0).offset <= MAX_READ
    assert len(everything(file)[0]) == 20_000


def test_a_link_in_its_place_is_not_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(ONE)
    file.symlink_to(tmp_path / "secret")
    assert read_events(file, 0) == Piece([], 0)


@given(content=st.binary(max_size=2000), cut=st.integers(0, 2000))
def test_however_it_is_cut_the_same_is_read_once(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    file = tmp_path_factory.mktemp("events") / "events.jsonl"
    whole = ONE + content.replace(b"\r", b"") + b"\n" + ONE
    file.write_bytes(whole[:cut])
    early, offset = everything(file)
    with file.open("ab") as rest:
        rest.write(whole[cut:])
    late, _ = everything(file, offset)
    assert early + late == everything(file)[0]


def test_a_large_file_is_emptied_once_it_is_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_file, "MAX_FILE", 1000)
    file.write_bytes(ONE * 30)
    size = file.stat().st_size
    assert empty_if_large(file, size) == 0
    assert file.stat().st_size == 0


def test_a_large_file_with_something_unread_is_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_file, "MAX_FILE", 1000)
    file.write_bytes(ONE * 31)
    read = 30 * len(ONE)
    assert empty_if_large(file, read) == read
    assert read_events(file, read).events == [SAID]


def test_a_small_file_is_kept(file: Path) -> None:
    file.write_bytes(ONE)
    assert empty_if_large(file, len(ONE)) == len(ONE)
    assert file.read_bytes() == ONE


def test_a_guest_that_floods_loses_what_it_said_instead_of_filling_the_disk(file: Path) -> None:
    file.touch()
    os.truncate(file, event_file.MAX_SIZE)
    assert empty_if_large(file, 100) == 100
    os.truncate(file, event_file.MAX_SIZE + 1)
    assert empty_if_large(file, 100) == 0
    assert file.stat().st_size == 0


def test_of_a_guest_that_is_far_ahead_the_newest_is_read_and_what_was_left_out_told(file: Path) -> None:
    file.write_bytes(ONE + b"x" * event_file.MAX_BEHIND + b"\n" + ONE * 3)
    size = file.stat().st_size
    newest = read_events(file, len(ONE), most=1)
    assert newest == Piece([SAID] * 3, size, lost=size - MAX_READ - len(ONE))
    assert read_events(file, size) == Piece([], size)


def test_one_read_takes_no_more_events_than_are_wanted_and_the_next_goes_on_behind_them(file: Path) -> None:
    file.write_bytes(ONE + b"junk\n" + ONE + b"more junk\r\n" + ONE)
    first = read_events(file, 0, most=2)
    assert first == Piece([SAID] * 2, 2 * len(ONE) + 5)
    assert read_events(file, first.offset, most=2) == Piece([SAID], file.stat().st_size)


def test_a_file_that_is_gone_meanwhile_is_begun_anew(file: Path) -> None:
    assert empty_if_large(file, 5_000_000) == 0


def test_emptying_in_place_is_seen_by_who_appends(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_file, "MAX_FILE", 10)
    with file.open("ab", buffering=0) as qemu:
        qemu.write(ONE)
        offset = empty_if_large(file, len(ONE))
        qemu.write(ONE)
    assert read_events(file, offset) == Piece([SAID], len(ONE))


def test_what_is_no_plain_file_says_nothing_and_blocks_nobody(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b'{"event":"boot.progress"}\n' * 2)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(other)
    for name in ("pipe", "folder", "link"):
        assert size_of(tmp_path / name) is None
        assert read_events(tmp_path / name, 7) == Piece([], 7)
        assert empty_if_large(tmp_path / name, 7) == 7
    assert other.stat().st_size > 0

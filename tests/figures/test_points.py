"""From readings to points: rates of what counts, levels as they are."""

from __future__ import annotations

from dataclasses import replace

from vms.figures.board import Board, Row
from vms.figures.points import NodePoint, VmPoint, node_point, vm_point
from vms.figures.readings import GuestTraffic, NodeReading, VmReading

FIRST = VmReading(
    at_ms=1_000_000,
    taken_s=100.0,
    run=(7, 1),
    vcpus=2,
    cpu_s=5.0,
    memory_bytes=4096,
    disk_used_bytes=512,
    disk_read_bytes=1000,
    disk_written_bytes=0,
    disk_reads=10,
    disk_writes=0,
)
HOST = NodeReading(1_000_000, 100.0, 4, 50.0, 1000, 400, (0.5, 0.25, 0.125), 2000, 500, 3)


def after(seconds: float, before: VmReading = FIRST, **changed: object) -> VmReading:
    taken = before.taken_s + seconds
    return replace(before, at_ms=int(taken * 1000), taken_s=taken, **changed)  # type: ignore[arg-type]


def test_counters_become_rates_and_levels_stay() -> None:
    point = vm_point(FIRST, after(2, cpu_s=8.0, disk_read_bytes=3000, disk_reads=20, memory_bytes=8192))
    assert point.cpu == 1.5
    assert point.cpu_share == 0.75
    assert (point.disk_read, point.disk_reads, point.disk_written) == (1000, 5, 0)
    assert (point.memory, point.disk_used) == (8192, 512)
    assert (point.received, point.guest_received) == (None, None)


def test_a_first_reading_has_levels_only() -> None:
    point = vm_point(None, FIRST)
    assert (point.cpu, point.disk_read, point.memory) == (None, None, 4096)


def test_another_run_begins_anew() -> None:
    assert vm_point(FIRST, after(2, run=(7, 2), cpu_s=9.0)).cpu is None


def test_a_counter_that_goes_back_makes_no_rate() -> None:
    assert vm_point(FIRST, after(2, disk_read_bytes=0)).disk_read is None


def test_a_counter_that_is_unknown_for_once_makes_no_rate() -> None:
    unknown = after(2, disk_read_bytes=None)
    assert vm_point(FIRST, unknown).disk_read is None
    assert vm_point(unknown, after(4, cpu_s=6)).disk_read is None


def test_what_the_guest_tells_is_told_as_its_own_and_by_its_own_time() -> None:
    before = after(0, guest=GuestTraffic(90.0, 1000, 0))
    same = after(2, before)
    later = after(4, before, guest=GuestTraffic(100.0, 3000, 50))
    assert vm_point(before, same).guest_received is None, "nothing new was said"
    point = vm_point(before, later)
    assert (point.guest_received, point.guest_sent, point.received) == (200, 5, None)


def test_a_hosts_point_has_its_use() -> None:
    point = node_point(HOST, replace(HOST, taken_s=110.0, cpu_s=60.0))
    assert point == NodePoint(1.0, 0.25, 600, 1000, 0.5, 0.25, 0.125, 1500, 2000, 3)
    assert node_point(None, HOST).cpu is None
    assert node_point(None, replace(HOST, disk_free_bytes=None)).disk_used is None


class Noting:
    def __init__(self) -> None:
        self.told: list[tuple[str, Row]] = []

    def point(self, key: str, row: Row) -> None:
        self.told.append((key, row))


def test_kept_points_are_means_over_ten_seconds_however_often_is_read() -> None:
    board, watcher = Board(), Noting()
    board.watch("a", watcher)
    for number in range(11):
        # All its work falls between the last two of every five readings.
        board.add_vm("a", after(number * 2, cpu_s=float(number // 5 * 5)))
    live = [row[1] for _, row in watcher.told]
    assert live == [None, 0, 0, 0, 0, 2.5, 0, 0, 0, 0, 2.5]
    assert [row[1] for row in board.rows("a")] == [None, 0.5, 0.5]


def test_a_vm_that_ended_has_a_past_but_no_figures() -> None:
    board = Board()
    board.add_vm("a", FIRST)
    board.ended("a")
    assert board.vms() == {}
    assert len(board.rows("a")) == 1
    board.add_vm("a", after(20, run=(8, 1), cpu_s=1.0))
    assert board.rows("a")[-1][1] is None, "nothing is reckoned across two runs"


def test_only_vms_that_are_no_more_or_long_off_are_forgotten() -> None:
    board = Board()
    for name in ("runs", "off", "removed"):
        board.add_vm(name, FIRST)
    board.keep_only({"runs", "off"}, {"runs"}, FIRST.at_ms)
    assert [len(board.rows(name)) for name in ("runs", "off", "removed")] == [1, 1, 0]
    assert list(board.vms()) == ["runs"]
    board.keep_only({"runs", "off"}, {"runs"}, FIRST.at_ms + 3_600_001)
    assert [len(board.rows(name)) for name in ("runs", "off")] == [1, 0]


def test_who_leaves_is_told_no_more() -> None:
    board, watcher = Board(), Noting()
    board.watch("a", watcher)
    board.watch("b", watcher)
    board.unwatch("a", watcher)
    board.unwatch("a", watcher)
    board.add_vm("a", FIRST)
    board.add_vm("b", FIRST)
    assert [key for key, _ in watcher.told] == ["b"]
    assert (board.is_watched("a"), board.is_watched("b")) == (False, True)


def test_every_column_has_a_place_in_its_row() -> None:
    board = Board()
    board.add_vm("a", FIRST)
    assert [len(row) for row in board.rows("a")] == [1 + len(VmPoint._fields)]

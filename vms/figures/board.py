"""Where the figures of a node are kept, and who watches them. Belongs to the event loop.

Two kinds of points come from the same readings: the live ones, between a reading and the one
before, and those that are kept, one each ten seconds, however often is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Generic, Protocol, TypeVar

from vms.figures.history import EVERY_S, KEPT_S, History
from vms.figures.points import NodePoint, VmPoint, node_point, vm_point
from vms.figures.readings import NodeReading, VmReading

NODE = ""
"""What the node is called among the ids of VMs; none is empty."""
EARLY_S = 1.0
"""A reading that comes so much early is still the next one to be kept."""
Reading = TypeVar("Reading", bound=VmReading | NodeReading)
Row = list[float | None]
"""A point as it is told: milliseconds since 1970, then the values."""


class Watcher(Protocol):
    """Somebody who wants live points. Called on the loop; must not block or raise."""

    def point(self, key: str, row: Row) -> None: ...


class Track(Generic[Reading]):
    """One chart: the last reading, and an hour of points. ``latest`` is None once it has ended."""

    def __init__(self, point: Callable[[Reading | None, Reading], Any], width: int) -> None:
        self.latest: Reading | None = None
        self.history = History(width)
        self._point = point
        self._kept: Reading | None = None

    def add(self, reading: Reading) -> Row:
        """Take a reading over; the live point that it makes."""
        live = self._point(self.latest, reading)
        self.latest = reading
        if self._kept is None or reading.taken_s - self._kept.taken_s >= EVERY_S - EARLY_S:
            self.history.add(reading.at_ms, self._point(self._kept, reading))
            self._kept = reading
        return [reading.at_ms, *live]

    def end(self) -> None:
        """It doesn't run any more: the next reading begins anew."""
        self.latest = self._kept = None


class Board:
    """The figures of one node and of its VMs."""

    def __init__(self) -> None:
        self._node = Track(node_point, len(NodePoint._fields))
        self._vms: dict[str, Track[VmReading]] = {}
        self._watchers: dict[str, set[Watcher]] = {}

    def add_vm(self, vm_id: str, reading: VmReading) -> None:
        """A VM was read: keep it and tell who watches."""
        track = self._vms.get(vm_id)
        if track is None:
            track = self._vms[vm_id] = Track(vm_point, len(VmPoint._fields))
        self._tell(vm_id, track.add(reading))

    def add_node(self, reading: NodeReading) -> None:
        """The host was read: keep it and tell who watches."""
        self._tell(NODE, self._node.add(reading))

    def ended(self, vm_id: str) -> None:
        """That VM has no process any more."""
        if vm_id in self._vms:
            self._vms[vm_id].end()

    def keep_only(self, existing: Collection[str], running: Collection[str], now_ms: int) -> None:
        """Forget VMs that are no more, or that don't run and ran more than an hour ago."""
        for vm_id, track in list(self._vms.items()):
            if vm_id not in running:
                track.end()
                is_over = track.history.newest_ms < now_ms - KEPT_S * 1000
                if is_over or vm_id not in existing:
                    del self._vms[vm_id]

    def clear(self) -> None:
        """The node's worker ends. Watchers stay: another may come."""
        self._vms.clear()
        self._node = Track(node_point, len(NodePoint._fields))

    def watch(self, key: str, watcher: Watcher) -> None:
        """Tell ``watcher`` of every point of that VM, or of ``NODE``, from now on."""
        self._watchers.setdefault(key, set()).add(watcher)

    def unwatch(self, key: str, watcher: Watcher) -> None:
        watchers = self._watchers.get(key, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(key, None)

    def is_watched(self, key: str) -> bool:
        return key in self._watchers

    def rows(self, key: str) -> list[Row]:
        """The points of the last hour, oldest first."""
        history = self._node.history if key == NODE else self._history_of(key)
        return [[at_ms, *values] for at_ms, values in history] if history is not None else []

    @property
    def node(self) -> NodeReading | None:
        """The last reading of the host. From any thread."""
        return self._node.latest

    def vms(self) -> dict[str, VmReading]:
        """The last reading of every VM that runs. From any thread."""
        return {vm_id: track.latest for vm_id, track in list(self._vms.items()) if track.latest is not None}

    @property
    def size(self) -> int:
        """Bytes of memory that the kept points take."""
        return self._node.history.size + sum(track.history.size for track in self._vms.values())

    def _history_of(self, vm_id: str) -> History | None:
        track = self._vms.get(vm_id)
        return None if track is None else track.history

    def _tell(self, key: str, row: Row) -> None:
        for watcher in list(self._watchers.get(key, ())):
            watcher.point(key, row)


board = Board()
"""The process's only one."""

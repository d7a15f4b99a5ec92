"""Those who look at one VM's console: who they are, who types, and that each hears of news at once.

What the guest prints is in the VM's log, where each viewer reads it by itself, at its own pace; so
none of them can stop the guest, or another.
"""

from __future__ import annotations

import itertools
from typing import Protocol

from vms.hypervisor.rundir import RunDir
from vms.live.file_watch import watch
from vms.live.serial_line import type_keys
from vms.live.vm_socket import Refused

MAX_VIEWERS = 64
"""Of one VM."""


class Viewer(Protocol):
    """Somebody at a console. Called on the loop; must not block or raise."""

    @property
    def name(self) -> str:
        """Who that is, for the others."""
        ...

    def rang(self) -> None:
        """The guest printed something."""

    def changed(self) -> None:
        """Somebody came, went, or took the keyboard."""


class Broker:
    """The console of one VM. Belongs to one event loop."""

    def __init__(self, run_dir: RunDir) -> None:
        self.typist: int | None = None
        self._run_dir = run_dir
        self._viewers: dict[int, Viewer] = {}
        self._numbers = itertools.count(1)
        self._watched: int | None = None

    @property
    def viewers(self) -> dict[int, Viewer]:
        """Who looks, by the number they were given."""
        return dict(self._viewers)

    def join(self, viewer: Viewer) -> int:
        """Begin to look; the viewer's number. Raises Refused."""
        if len(self._viewers) >= MAX_VIEWERS:
            raise Refused(f"{MAX_VIEWERS} viewers look at this console already")
        number = next(self._numbers)
        self._viewers[number] = viewer
        self.listen()
        self._tell()
        return number

    def leave(self, number: int) -> None:
        """Look no longer; the keyboard is free again if it was theirs. May be called twice."""
        if self._viewers.pop(number, None) is None:
            return
        if self.typist == number:
            self.typist = None
        if not self._viewers:
            self._stop_listening()
        self._tell()

    def listen(self) -> None:
        """Hear of what is written to the log that is there now; it may be another than before."""
        number = watch.add(self._run_dir.serial_log, self._ring)
        if number != self._watched:
            self._stop_listening()
            self._watched = number

    def take_keyboard(self, number: int, mine: bool, may_take_from_others: bool) -> None:
        """Let that viewer type alone, or everybody again. Raises Refused."""
        holder = self.typist
        if holder not in (None, number) and mine and not may_take_from_others:
            raise Refused(f"keyboard: {self._viewers[holder].name} has it; they, or an admin, can free it")
        if not mine and holder != number:
            return
        self.typist = number if mine else None
        self._tell()

    def may_type(self, number: int) -> bool:
        return self.typist in (None, number)

    def check(self, number: int) -> None:
        """Raises Refused where that viewer can't type now."""
        if not self.may_type(number) and self.typist is not None:
            raise Refused(f"{self._viewers[self.typist].name} has the keyboard")
        type_keys(self._run_dir, b"")

    def type(self, number: int, keys: bytes) -> None:
        """Send keystrokes to the guest. Raises Refused where that viewer can't type now."""
        self.check(number)
        type_keys(self._run_dir, keys)

    def _stop_listening(self) -> None:
        if self._watched is not None:
            watch.remove(self._watched, self._ring)
            self._watched = None

    def _ring(self) -> None:
        for viewer in list(self._viewers.values()):
            viewer.rang()

    def _tell(self) -> None:
        for viewer in list(self._viewers.values()):
            viewer.changed()


class Brokers:
    """The brokers of all VMs that anybody looks at now."""

    def __init__(self) -> None:
        self._brokers: dict[str, Broker] = {}

    def join(self, vm_id: str, run_dir: RunDir, viewer: Viewer) -> tuple[Broker, int]:
        """The VM's broker, and the viewer's number with it. Raises Refused."""
        broker = self._brokers.get(vm_id) or Broker(run_dir)
        number = broker.join(viewer)
        self._brokers[vm_id] = broker
        return broker, number

    def leave(self, vm_id: str, number: int) -> None:
        """May be called twice."""
        broker = self._brokers.get(vm_id)
        if broker is not None:
            broker.leave(number)
            if not broker.viewers:
                del self._brokers[vm_id]

    def __len__(self) -> int:
        return len(self._brokers)


brokers = Brokers()
"""The process's only ones."""

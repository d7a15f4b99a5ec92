"""What checks look at: a configuration and a host, real or laid out in a folder."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmm_site.config import Config

_TIMEX_BYTES = 512
"""More than ``struct timex`` has on any machine (208 on x86-64)."""


def vsock_socket() -> socket.socket:
    """A stream socket of AF_VSOCK. Raises OSError where the kernel has none."""
    return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


def clock_state() -> int:
    """What adjtimex(2) says of the kernel's clock: 5 (TIME_ERROR) where nothing synchronizes it."""
    # A zeroed struct timex changes nothing, so anybody may ask.
    return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))


@dataclass(frozen=True)
class Host:
    """The host that ``config`` is meant for.

    ``root`` is where its ``/dev``, ``/proc``, ``/sys`` and ``/etc`` begin; what the configuration
    itself names is found where it says. ``server_runs``: a server has the configured data folder
    and addresses now.
    """

    config: Config
    root: Path = Path("/")
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    server_runs: bool = False
    vsock: Callable[[], socket.socket] = vsock_socket
    clock: Callable[[], int] = clock_state

    def path(self, below: str) -> Path:
        """``dev/kvm`` is ``/dev/kvm`` of this host."""
        return self.root / below

    def text(self, below: str) -> str:
        """A small file's text without the blanks around it; empty where it can't be read."""
        try:
            return self.path(below).read_text("utf-8", errors="replace").strip()
        except OSError:
            return ""

    def is_on(self, parameter: str) -> bool:
        """Whether a module's parameter below ``sys/module`` is switched on."""
        return self.text(f"sys/module/{parameter}") in ("Y", "1")

    def program(self, configured: Path | str) -> Path | None:
        """Where a program is, as the server would find it."""
        found = shutil.which(configured, path=self.environ.get("PATH", os.defpath))
        return Path(found).absolute() if found else None

    @cached_property
    def qemu(self) -> Path | None:
        return self.program(self.config.cvm.qemu_path or "qemu-system-x86_64")

    @cached_property
    def cpu_vendor(self) -> str:
        """``GenuineIntel``, ``AuthenticAMD``, or empty where it isn't known."""
        return self._cpu.get("vendor_id", "")

    @cached_property
    def cpu_flags(self) -> frozenset[str]:
        return frozenset(self._cpu.get("flags", "").split())

    @cached_property
    def _cpu(self) -> dict[str, str]:
        """What ``/proc/cpuinfo`` says of the first CPU."""
        pairs = (line.partition(":") for line in self.text("proc/cpuinfo").split("\n\n")[0].splitlines())
        return {name.strip(): value.strip() for name, _, value in pairs}

    def has_set(self, *key: str) -> bool:
        """Whether the operator set that value himself: ``has_set("cvm", "platform")``."""
        section = self.config
        for name in key[:-1]:
            if name not in section.model_fields_set:
                return False
            section = getattr(section, name)
        return key[-1] in section.model_fields_set

"""A network of the test's own: bridges in a network namespace, and a QEMU that starts in there."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

SET_UP = """
set -e
acl=$1 address=$2
shift 2
ip link set lo up
for bridge; do
    ip link add "$bridge" type bridge
    ip link set "$bridge" up
done
ip addr add "$address" dev "$1"
cp -a /etc/. "$acl/etc"
mkdir -p "$acl/etc/qemu"
echo "allow $1" > "$acl/etc/qemu/bridge.conf"
mount --bind "$acl/etc" /etc
echo ready
exec sleep infinity
"""
"""Bridges, and a list for qemu-bridge-helper that allows the first, in an /etc of the namespace's own."""


@dataclass(frozen=True)
class Namespace:
    """What process ``pid`` holds open; everything in it goes when that ends."""

    pid: int
    folder: Path

    def inside(self, command: Sequence[str | Path]) -> list[str]:
        """``command``, to be run in the namespace."""
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", "--", *map(str, command)]

    def run(self, *command: str) -> str:
        """What the command prints in there."""
        return subprocess.run(
            self.inside(command), capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def qemu(self) -> Path:
        """A program to be configured in QEMU's place: QEMU itself, in the namespace."""
        program = self.folder / "qemu-in-namespace"
        real = shutil.which("qemu-system-x86_64")
        # Entering a mount namespace leaves the working directory, in which QEMU finds its files.
        enter = " ".join(self.inside(["sh", "-c", '\'cd "$0" && exec "$@"\'']))
        program.write_text(f'#!/bin/sh\nexec {enter} "$PWD" {real} "$@"\n')
        program.chmod(0o755)
        return program


@contextlib.contextmanager
def bridges(folder: Path, address: str, *names: str) -> Iterator[Namespace]:
    """A namespace with these bridges; the first has ``address`` (and prefix length), and QEMU may use it.

    Skips the test, and says why, where namespaces or TAP devices are forbidden.
    """
    allowed = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False)
    if allowed.returncode != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        pytest.skip(
            "NOT PROVEN: bridges need root, network namespaces and /dev/net/tun, which this host denies"
        )
    (folder / "etc").mkdir(parents=True)
    command = ["unshare", "--net", "--mount", "sh", "-c", SET_UP, "set-up", str(folder), address, *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n", "the bridges could not be made"
            yield Namespace(holder.pid, folder)
        finally:
            holder.kill()

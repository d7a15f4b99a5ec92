"""A network of the tests' own: a hub where the stores and the tests are, and hosts on wires of their own.

All of it is network namespaces, which vanish with the processes that hold them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

HUB = "10.77.0.1"
_CLONE_NEWNET = 0x40000000
_HOLD = "ip link set lo up && echo ready && exec sleep infinity"


class Network:
    """Whoever uses it is in the hub; ``address_of`` and ``inside`` are about its hosts."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._holders: dict[str, int] = {}

    def add_host(self, name: str) -> str:
        """Plug a host in; its address."""
        pid = self._holders[name] = self._stack.enter_context(_namespace())
        address = f"10.77.0.{10 + len(self._holders)}"
        _ip("link", "add", _wire(name), "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        _ip("link", "set", _wire(name), "master", "hub", "up")
        for words in (("addr", "add", f"{address}/24", "dev", "eth0"), ("link", "set", "eth0", "up")):
            subprocess.run([*self.inside(name), "ip", *words], check=True)
        return address

    def inside(self, name: str) -> list[str]:
        """The words before a command that is to run on that host."""
        return ["nsenter", f"--net=/proc/{self._holders[name]}/ns/net", "--"]

    def cut(self, name: str) -> None:
        """Pull that host's plug: nothing comes or goes, and nobody is told."""
        _ip("link", "set", _wire(name), "nomaster")

    def heal(self, name: str) -> None:
        _ip("link", "set", _wire(name), "master", "hub")


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """A network without hosts; this thread and what it starts is in its hub meanwhile.

    Skips the test, and says why, where namespaces are forbidden.
    """
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT PROVEN: several hosts need root and network namespaces, which this host denies")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_in_namespace_of(stack.enter_context(_namespace())))
        _ip("link", "add", "hub", "type", "bridge", "forward_delay", "0")
        _ip("addr", "add", f"{HUB}/24", "dev", "hub")
        _ip("link", "set", "hub", "up")
        yield Network(stack)


@contextlib.contextmanager
def _namespace() -> Iterator[int]:
    """The pid of who holds a new one."""
    with subprocess.Popen(["unshare", "--net", "sh", "-c", _HOLD], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"ready\n"
            yield holder.pid
        finally:
            holder.kill()


@contextlib.contextmanager
def _in_namespace_of(pid: int) -> Iterator[None]:
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(Path(f"/proc/{pid}/ns/net"))
        yield
    finally:
        _enter(Path(f"/proc/self/fd/{home}"))
        os.close(home)


def _enter(namespace: Path) -> None:
    # Python 3.11 has no os.setns. It holds for the thread alone, and for what the thread starts.
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(namespace, os.O_RDONLY)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    finally:
        os.close(descriptor)


def _wire(name: str) -> str:
    """The hub's end of the wire to that host."""
    return f"to-{name}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)

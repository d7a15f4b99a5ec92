"""Ports for servers that tests start themselves."""

from __future__ import annotations

import socket


def a_free_port() -> int:
    """A TCP port on loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

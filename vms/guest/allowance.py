"""How much of the host one guest may have: connections at a time, and requests in the long run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_CONNECTIONS = 4
BURST = 100
"""Requests that a guest may make at once: its boot is told in a few dozen."""
PER_SECOND = 10.0
MAX_REMEMBERED = 4096


@dataclass
class _Peer:
    at: float
    """When ``tokens`` was right."""
    tokens: float = BURST
    connections: int = 0


class Allowances:
    """Counts for each guest apart (a token bucket), so that a flood is its own guest's loss."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._peers: dict[int, _Peer] = {}

    def enter(self, cid: int) -> bool:
        """Whether that guest may have one more connection; then it counts until :meth:`leave`."""
        if len(self._peers) >= MAX_REMEMBERED:
            self._forget_the_quiet()
        peer = self._peers.setdefault(cid, _Peer(self._clock()))
        if peer.connections >= MAX_CONNECTIONS:
            return False
        peer.connections += 1
        return True

    def leave(self, cid: int) -> None:
        self._peers[cid].connections -= 1

    def spend(self, cid: int) -> bool:
        """Whether that guest, which is connected, may make one more request now."""
        peer = self._peers[cid]
        self._refill(peer)
        if peer.tokens < 1:
            return False
        peer.tokens -= 1
        return True

    def __len__(self) -> int:
        return len(self._peers)

    def _refill(self, peer: _Peer) -> None:
        now = self._clock()
        peer.tokens = min(BURST, peer.tokens + (now - peer.at) * PER_SECOND)
        peer.at = now

    def _forget_the_quiet(self) -> None:
        for cid, peer in list(self._peers.items()):
            self._refill(peer)
            if not peer.connections and peer.tokens >= BURST:
                del self._peers[cid]

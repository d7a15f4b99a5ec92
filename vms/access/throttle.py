"""Wrong credentials are paid for with time: who guesses waits, longer and longer.

Three counts are kept, of failures in the last hour:

- of an address with a user's name: after 5 the pair is locked, for 30 s, then a minute, then
  two … up to 15 minutes. A success clears it;
- of an address, whatever it tries: after 20 it is locked the same way, but for the users who
  have logged in from there before;
- of a user's name, wherever from: after 50, an address that this user never logged in from has
  one try instead of 5. So nobody can lock anybody out from elsewhere, and many addresses
  together gain little.

What is locked is not even looked at. In memory and bounded: a restart forgets it all, and a
flood from very many addresses pushes out the oldest.
"""

from __future__ import annotations

import math
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from vms.errors import Throttled

PAIR_FREE = 5
ADDRESS_FREE = 20
USER_FREE = 50
PAIR_FREE_UNDER_ATTACK = 1
FIRST_LOCK_S = 30.0
LONGEST_LOCK_S = 900.0
MEMORY_S = 3600.0
MAX_KEPT = 10_000


@dataclass
class _Count:
    failures: int = 0
    last: float = 0.0
    succeeded: bool = False


class Throttle:
    """From any thread. ``address`` is as the request came from; empty for a Unix socket."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str, user: str | None) -> None:
        """Raises Throttled while that address, or it with that user's name, is locked."""
        network = _network(address)
        user = _name(user)
        with self._lock:
            wait = self._locked_for(("address", network), ADDRESS_FREE)
            if user is not None:
                pair = self._seen(("pair", network, user))
                known = pair is not None and pair.succeeded
                under_attack = self._failures(("user", user)) >= USER_FREE and not known
                free = PAIR_FREE_UNDER_ATTACK if under_attack else PAIR_FREE
                wait = max(0.0 if known else wait, self._locked_for(("pair", network, user), free))
        if wait > 0:
            raise too_many(wait)

    def failed(self, address: str, user: str | None) -> None:
        """Those credentials were wrong."""
        network = _network(address)
        user = _name(user)
        keys: list[Hashable] = [("address", network)]
        if user is not None:
            keys += [("pair", network, user), ("user", user)]
        with self._lock:
            for key in keys:
                count = self._seen(key) or self._new(key)
                count.failures += 1
                count.last = self._clock()

    def succeeded(self, address: str, user: str) -> None:
        """That user has proved who they are, from there."""
        with self._lock:
            count = self._new(("pair", _network(address), _name(user)))
            count.succeeded, count.last = True, self._clock()

    def forget_all(self) -> None:
        with self._lock:
            self._counts.clear()

    def _locked_for(self, key: Hashable, free: int) -> float:
        count = self._seen(key)
        if count is None or count.failures < free:
            return 0.0
        doublings = min(count.failures - free, 10)
        lock = min(FIRST_LOCK_S * 2.0**doublings, LONGEST_LOCK_S)
        return count.last + lock - self._clock()

    def _failures(self, key: Hashable) -> int:
        count = self._seen(key)
        return 0 if count is None else count.failures

    def _seen(self, key: Hashable) -> _Count | None:
        count = self._counts.get(key)
        if count is None or self._clock() - count.last > MEMORY_S:
            return None
        self._counts.move_to_end(key)
        return count

    def _new(self, key: Hashable) -> _Count:
        while len(self._counts) >= MAX_KEPT:
            self._counts.popitem(last=False)
        count = self._counts[key] = _Count()
        self._counts.move_to_end(key)
        return count


def too_many(wait_s: float) -> Throttled:
    """The refusal; it says how long to wait, in whole seconds."""
    seconds = math.ceil(wait_s)
    error = Throttled(f"too many wrong credentials from here; try again in {seconds} s")
    error.retry_after_s = seconds
    return error


def _name(user: str | None) -> str | None:
    """As Django knows users: what is written in other characters is the same name, and counts as such."""
    return None if user is None else unicodedata.normalize("NFKC", user)


def _network(address: str) -> str:
    """Who is at one IPv6 address has 2^64 of them, so those count as one."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or f"{IPv6Address(int(ip) >> 64 << 64)}/64")
    return address


throttle = Throttle()
"""The process's only one."""

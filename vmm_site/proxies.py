"""What a trusted proxy says of the client that it speaks for: its address, and whether it came by TLS.

Only proxies that ``[auth] trusted_proxies`` names are believed; what anybody else writes into
these headers is nothing but text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings

UNIX = "unix"
_SECURE = {"http": "https", "ws": "wss"}
Application = Callable[[Any, Any, Any], Awaitable[Any]]


class BehindProxies:
    """Puts the client's address and scheme into the scope where a trusted proxy tells them."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        trusted: tuple[str, ...] = settings.VMM.auth.trusted_proxies
        client = scope.get("client")
        if trusted and _is_trusted(client[0] if client else UNIX, trusted):
            scope = _as_told(scope, trusted)
        return await self._inner(scope, receive, send)


def _as_told(scope: dict[str, Any], trusted: tuple[str, ...]) -> dict[str, Any]:
    told = dict(scope)
    if address := _client(_values(scope, b"x-forwarded-for"), trusted):
        told["client"] = [address, 0]
    # The last proxy's word counts, which is the one that we trust.
    if (_values(scope, b"x-forwarded-proto") or [""])[-1].lower() in ("https", "wss"):
        told["scheme"] = _SECURE.get(scope.get("scheme", "http"), "https")
    return told


def _client(forwarded: list[str], trusted: tuple[str, ...]) -> str | None:
    """The last address that no trusted proxy has: what stands before it, the client may have made up."""
    for address in reversed(forwarded):
        try:
            ip_address(address)
        except ValueError:
            return None
        if not _is_trusted(address, trusted):
            return address
    return forwarded[0] if forwarded else None


def _values(scope: dict[str, Any], name: bytes) -> list[str]:
    text = ",".join(value.decode("latin-1") for header, value in scope["headers"] if header == name)
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    if address == UNIX:
        return UNIX in trusted
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(entry) for entry in trusted if entry != UNIX)

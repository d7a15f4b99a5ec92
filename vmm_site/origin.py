"""Who may speak to this server from a browser: its own pages, and nobody else's.

Without a login, whoever makes a browser send a request owns the host. A page of another
site can send some requests without asking first (a plain POST) and open websockets to
anybody, so both are refused by their Origin header. Programs that are no browsers send none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http.request import split_domain_port, validate_host


def is_foreign(origin: str | None, host: str | None) -> bool:
    """Whether a browser says that the request comes from a page of another origin."""
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != (host or "").lower()
    except ValueError:
        return True


def is_foreign_name(host: str | None) -> bool:
    """Whether a client calls this server by a name that is not its own.

    A page of another site can have its own name resolve to this server's address (DNS
    rebinding); to the browser, it is then of the same origin as we are. An address can't be
    made to point elsewhere, so any will do.
    """
    if host is None:
        return False
    domain, _ = split_domain_port(host)
    return not _is_address(domain) and not validate_host(domain, settings.ALLOWED_HOSTS)


def _is_address(domain: str) -> bool:
    try:
        ip_address(domain.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


class SiteRequest(ASGIRequest):
    """A request whose host is checked by the rule above, wherever Django asks for it."""

    def get_host(self) -> str:
        """The name that the client used. Raises DisallowedHost."""
        host: str = self._get_raw_host()  # type: ignore[attr-defined]  # Django's own, which its stubs lack
        if not self.META.get("REMOTE_ADDR"):
            # Through a Unix socket; some clients name its path, of which no URL can be made.
            return host if split_domain_port(host)[0] else "localhost"
        if is_foreign_name(host):
            raise DisallowedHost(f"this server is not called {host[:200]!r}")
        return host


class OwnOriginOnly:
    """Websockets only from our own pages, and only by a name of ours.

    Through a Unix socket (no client address) no browser comes, and any name will do.
    """

    def __init__(self, inner: Callable[..., Awaitable[Any]]) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        foreign_name = scope.get("client") is not None and is_foreign_name(host)
        if foreign_name or is_foreign(headers.get(b"origin"), host):
            await send({"type": "websocket.close", "code": 4403})
            return None
        return await self._inner(scope, receive, send)


async def _no_such_websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuses the handshake on a path where nobody listens."""
    await send({"type": "websocket.close", "code": 4404})


no_such_websocket: Any = _no_such_websocket
"""As the router takes it, whose types know of views only."""

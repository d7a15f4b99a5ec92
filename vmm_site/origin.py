"""Who may speak to this server from a browser: its own pages, and nobody else's.

Without a login, whoever makes a browser send a request owns the host. A page of another
site can send some requests without asking first (a plain POST) and open websockets to
anybody, so both are refused by their Origin header. Programs that are no browsers send none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_foreign(origin: str | None, host: str | None) -> bool:
    """Whether a browser says that the request comes from a page of another origin."""
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != (host or "").lower()
    except ValueError:
        return True


class OwnOriginOnly:
    """Websockets only from our own pages, and only by a name of ours (DNS rebinding)."""

    def __init__(self, inner: Callable[..., Awaitable[Any]]) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host")
        domain, _ = split_domain_port(host or "")
        if is_foreign(headers.get(b"origin"), host) or not validate_host(domain, settings.ALLOWED_HOSTS):
            await send({"type": "websocket.close", "code": 4403})
            return None
        return await self._inner(scope, receive, send)

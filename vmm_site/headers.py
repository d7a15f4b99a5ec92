"""Headers that every answer has, whoever makes it: what a browser must not do with it.

Pages loosen the policy for what they need (``settings.CONTENT_SECURITY_POLICY``); all else, and
everything that was refused before it came to a page, is nothing that a browser may run or frame.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

Application = Callable[[Any, Any, Any], Awaitable[Any]]

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_ENCODED = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class Hardened:
    """Around the application that answers HTTP: what an answer does not say itself, these headers say."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        async def hardened(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                missing = [header for header in _ENCODED if header[0] not in there]
                message = {**message, "headers": [*headers, *missing]}
            await send(message)

        return await self._inner(scope, receive, hardened)

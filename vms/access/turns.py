"""Requests with a password wait for its check on the event loop, before they take a request thread."""

from __future__ import annotations

from typing import Any

from vms.access.credentials import identify_on_loop, is_slow
from vms.access.presented import presented
from vms.access.websocket import Application
from vms.conf import conf
from vms.errors import VmmError

IDENTIFIED = "vms.identified"
"""In a request's scope: the principal that its password led to, or the error."""


class PasswordsInTurn:
    """Around the application that answers HTTP requests."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if conf().auth.enabled and header[:6].lower() == b"basic ":
            scope = {**scope, IDENTIFIED: await _outcome(scope, header.decode("latin-1"))}
        return await self._inner(scope, receive, send)


async def _outcome(scope: dict[str, Any], header: str) -> Any:
    """None where there is nothing slow to do."""
    try:
        found = presented({"authorization": header}, scope["method"], "")
        if found is None or not is_slow(found):
            return None
        client = scope.get("client")
        return await identify_on_loop(found, client[0] if client else "")
    except VmmError as error:
        return error

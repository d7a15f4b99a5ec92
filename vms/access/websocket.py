"""Every websocket learns who opens it, or is closed.

A browser can't see the answer to a refused handshake, so it is accepted and then closed with
a code that says why: 4401, log in (again); 4429, too many wrong credentials. Nothing is sent
before, nothing received is looked at.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog

from vms.access import audit, passwords
from vms.access.credentials import identify, identify_on_loop
from vms.access.presented import presented
from vms.access.principal import ANYBODY, NOBODY, Principal, bind
from vms.access.standing import Identify, by_session
from vms.access.trail import UNIX_SOCKET, Trail, begin, trail
from vms.conf import conf
from vms.database import in_database
from vms.errors import VmmError
from vms.fleet import incoming
from vms.fleet.incoming import Asked
from vms.fleet.tokens import HEADER, PROOF_HEADER

LOG_IN = 4401
"""Close code: nobody is known to have opened this, or not any more."""
MAX_REASON = 120
"""Bytes that a close frame has room for, and a little less."""

_FLEET = HEADER.lower().encode()
_PATH = re.compile(r"/(ws/[a-z-]{1,32})(?:/[A-Za-z0-9_-]{1,64})?/?\Z")
Application = Callable[[Any, Any, Any], Awaitable[Any]]


class KnownOnly:
    """Binds who opens a websocket (``principal.current``) for all that its application does.

    ``scope["identify"]`` asks again, on a thread that may use the database: who it is by now, or
    Unauthorized once the token was revoked, the session is over, or the user may not log in.
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        _begin_trail(scope)
        bind(NOBODY)
        try:
            asked = _asked_by_node(scope)
            if asked is not None:
                send = _proving(asked, send)
            principal, again = await _opened_by(scope, asked)
        except VmmError as error:
            await refuse(receive, send, 4000 + error.code, error.message)
            return None
        bind(principal)
        return await self._inner({**scope, "principal": principal, "identify": again}, receive, send)


async def refuse(receive: Any, send: Any, code: int, reason: str) -> None:
    """Accept the handshake and close at once, with that code. The audit log has it, too."""
    note_refusal(code, reason)
    await turn_away(receive, send, code, reason)


async def turn_away(receive: Any, send: Any, code: int, reason: str) -> None:
    """The same where nobody is refused anything: what is asked for just can't be had now."""
    await receive()  # the client's request to connect
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code, "reason": shortened(reason)})


def shortened(reason: str) -> str:
    """As much of it as fits into a close frame."""
    return reason.encode()[:MAX_REASON].decode(errors="ignore")


def note_refusal(code: int, reason: str) -> None:
    """Count a websocket that is closed to whoever opened it, by the HTTP status that the code is made of."""
    trail().failure = reason
    audit.note(code - 4000)


def _begin_trail(scope: dict[str, Any]) -> None:
    request_id = secrets.token_hex(6)
    structlog.contextvars.bind_contextvars(request_id=request_id)
    client = scope.get("client")
    known = _PATH.match(scope["path"])
    action = known[1] if known else "websocket"
    begin(Trail(address=client[0] if client else UNIX_SOCKET, request_id=request_id, action=action))


def _asked_by_node(scope: dict[str, Any]) -> Asked | None:
    """What another node asks on behalf of somebody; None where nobody says to be one. Raises Unauthorized."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == _FLEET]
    if not given:
        return None
    query = scope.get("query_string", b"").decode("latin-1")
    return incoming.accept(",".join(given), "GET", incoming.target_of(scope["path"], query))


def _proving(asked: Asked, send: Any) -> Any:
    """The node that asks is shown that it is spoken to by the one it meant."""

    async def proven(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            proof = (PROOF_HEADER.lower().encode(), asked.proof.encode())
            message = {**message, "headers": [*message.get("headers", ()), proof]}
        await send(message)

    return proven


async def _opened_by(scope: dict[str, Any], asked: Asked | None) -> tuple[Principal, Identify]:
    if asked is not None:
        return await in_database(asked.principal), asked.principal
    if not conf().auth.enabled:
        return ANYBODY, lambda: ANYBODY
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    found = presented(headers, "GET", scope.get("query_string", b"").decode("latin-1"))
    client = scope.get("client")
    address = client[0] if client else ""
    again: Identify
    if found is None:
        again = partial(by_session, headers.get("cookie", ""))
    elif not found.is_password:
        again = partial(identify, found, address, anew=True)
    else:
        # Once is slow enough: from now on it is asked whether that password is still the user's.
        principal = await identify_on_loop(found, address)
        return principal, partial(passwords.still, principal, await in_database(passwords.stamp, principal))
    return await in_database(again), again

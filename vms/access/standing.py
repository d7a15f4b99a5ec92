"""Answers that go on for hours: whoever asked is asked for again, before they are told more.

What another process changed (``manage.py changepassword``) counts at once, too: nothing is taken from
memory here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, parse_cookie

from vms.access import passwords, sessions
from vms.access.credentials import NEEDED, identify
from vms.access.policy import Permission, require_for_known_vm
from vms.access.presented import presented
from vms.access.principal import ANYBODY, Principal, acting_as
from vms.conf import conf
from vms.database import in_database
from vms.errors import Unauthorized, VmmError

Identify = Callable[[], Principal]
"""Asks who it is by now, where the database may be used. Raises Unauthorized once they are nobody."""
ASK_AGAIN_S = 4.0
"""How long it may take until somebody who may not any more is told nothing else."""


def of_request(request: Any) -> Identify:
    """Asks again whose the credentials of that request are, which was let in."""
    if (asked := getattr(request, "asked_by_node", None)) is not None:
        again: Identify = asked.principal
        return again
    if not conf().auth.enabled:
        return lambda: ANYBODY
    found = presented(request.headers, request.method, request.META.get("QUERY_STRING", ""))
    if found is None:
        return partial(by_session, request.headers.get("Cookie", ""))
    if found.is_password:
        return partial(passwords.still, request.principal, passwords.stamp(request.principal))
    return partial(identify, found, request.META.get("REMOTE_ADDR", ""), anew=True)


def by_session(cookies: str) -> Principal:
    """Whose session that header names. Raises Unauthorized where it is over."""
    principal = sessions.of_cookies(parse_cookie(cookies), anew=True)
    if principal is None:
        raise Unauthorized(NEEDED)
    return principal


async def while_allowed(
    parts: AsyncGenerator[bytes, None], request: HttpRequest, permission: Permission, vm_id: str
) -> AsyncIterator[bytes]:
    """``parts`` as long as whoever sent the request may do that to that VM; then they end."""
    again = await in_database(of_request, request)
    asked_at = time.monotonic()
    async with contextlib.aclosing(parts):
        async for part in parts:
            if time.monotonic() - asked_at >= ASK_AGAIN_S:
                if not await in_database(_still_may, again, permission, vm_id):
                    return
                asked_at = time.monotonic()
            yield part


def _still_may(again: Identify, permission: Permission, vm_id: str) -> bool:
    try:
        with acting_as(again()):
            require_for_known_vm(permission, vm_id)
    except VmmError:
        return False
    return True

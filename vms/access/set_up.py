"""The one-time link by which the first admin is made, and only where nobody could log in otherwise.

It is told to whoever starts the server, on the terminal or in its log; who reads that owns the
host anyway. In memory only its digest is kept, so a restart makes it worthless, and another one.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from vms.access import htpasswd
from vms.access.tokens import digest_of
from vms.access.users import admins
from vms.conf import conf
from vms.errors import NotFound

GOOD_FOR_S = 3600.0
T = TypeVar("T")


def is_needed() -> bool:
    """Whether authentication is on and nobody could manage users: no admin, and no admin's credentials
    in the configuration."""
    auth = conf().auth
    if not auth.enabled or auth.tokens or admins().exists():
        return False
    return not htpasswd.configured_file()


class SetUpLink:
    """From any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._digest = ""
        self._until = 0.0
        self._lock = threading.Lock()

    def make(self) -> str:
        """A new token, the only one that is good from now on, for an hour."""
        token = secrets.token_urlsafe(32)
        self._digest, self._until = digest_of(token), self._clock() + GOOD_FOR_S
        return token

    def demand(self, token: str) -> None:
        """Raises NotFound unless that is the token, unused and in time, and still needed."""
        right = hmac.compare_digest(digest_of(token), self._digest)
        if not right or self._clock() > self._until or not is_needed():
            raise NotFound(
                "this link is not good, or not any more: it works once, within an hour of the server's "
                "start. Restart the server for a new one, or run: manage.py createsuperuser"
            )

    def use(self, token: str, make_admin: Callable[[], T]) -> T:
        """What ``make_admin`` returns; the link is used up then, and not if it raises.

        Raises:
            NotFound: it is not the token, or was used.
        """
        with self._lock:
            self.demand(token)
            made = make_admin()
            self._digest = ""
            return made


set_up_link = SetUpLink()
"""The process's only one."""

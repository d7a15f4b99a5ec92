"""Whom guests' programs run as, where the operator named a user for them."""

from __future__ import annotations

import os
import pwd

from .errors import LaunchRefused
from .options import user_name


def drop_privileges(user: str) -> list[str]:
    """The words before a command that has to run as ``user``; none for the server's own user."""
    # setpriv rather than sudo: it keeps the descriptor of the lock open and stays no process of its own.
    if not user:
        return []
    name = user_name(user)
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--inh-caps=-all", "--"]


def uid_and_gid(user: str) -> tuple[int, int]:
    """The numbers of ``user``, or of the server's own where it is empty. Raises LaunchRefused."""
    if not user:
        return os.geteuid(), os.getegid()
    try:
        account = pwd.getpwnam(user)
    except KeyError as error:
        message = f"there is no user {user!r} on this host; make it, or change 'user' in [cvm]"
        raise LaunchRefused(message) from error
    return account.pw_uid, account.pw_gid

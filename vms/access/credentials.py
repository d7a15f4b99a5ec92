"""Who sends a request: from what it brings to a principal. The same for HTTP and websockets."""

from __future__ import annotations

from functools import partial

from vms.access import passwords, tokens
from vms.access.last_used import last_used
from vms.access.presented import Presented
from vms.access.principal import Principal
from vms.access.throttle import throttle
from vms.access.verified import TTL_S, verified
from vms.database import in_database
from vms.errors import Unauthorized

NEEDED = (
    "authentication is needed: Authorization: Bearer <token>, X-Admin-Token: <token>, HTTP Basic, "
    "or a login in the browser at /login/"
)


def identify(found: Presented, address: str, *, anew: bool = False) -> Principal:
    """Whose those credentials are; a password takes a while. ``anew``: what was found just now doesn't count.

    Raises:
        Unauthorized: they are wrong, expired or revoked.
        Throttled: so many from there were wrong that these aren't looked at now.
    """
    key = found.key
    principal = None if anew else verified.get(key)
    if principal is None:
        generation = verified.generation
        known = _known(found, address)
        principal = known.principal
        verified.keep(
            key, principal, generation, TTL_S if known.ends_in_ms is None else known.ends_in_ms / 1000
        )
    if principal.token_id is not None:
        last_used.note(principal.token_id, address)
    return principal


async def identify_on_loop(found: Presented, address: str) -> Principal:
    """The same, awaited: passwords wait for their turn, the rest for the database."""
    check = partial(identify, found, address)
    if is_slow(found):
        return await passwords.in_turn_on_loop(check)
    return await in_database(check)


def is_slow(found: Presented) -> bool:
    """Whether they may be a password, and weren't looked at just now."""
    return found.is_password and verified.get(found.key) is None


def _known(found: Presented, address: str) -> tokens.Known:
    # Nobody can guess these, so whoever shares an address with a guesser is not held up.
    unguessable = tokens.issued(found.token) or tokens.configured(found.token, tokens.Strength.UNGUESSABLE)
    if unguessable is not None:
        return unguessable
    name = found.user if found.is_password else None
    throttle.check(address, name)
    known = tokens.configured(found.token, tokens.Strength.ANY)
    if known is None and name is not None:
        holder = passwords.holder(name, found.secret)
        if holder is not None:
            throttle.succeeded(address, name)
            known = tokens.Known(holder.principal)
    if known is None:
        throttle.failed(address, name)
        raise Unauthorized("the credentials are wrong")
    return known

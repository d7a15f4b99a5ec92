"""Who sends a request: from what it brings to a principal. The same for HTTP and websockets."""

from __future__ import annotations

from vms.access import tokens
from vms.access.presented import Presented
from vms.access.principal import Principal
from vms.access.verified import TTL_S, verified
from vms.errors import Unauthorized

NEEDED = (
    "authentication is needed: Authorization: Bearer <token>, X-Admin-Token: <token>, HTTP Basic, "
    "or a login in the browser at /login/"
)


def identify(found: Presented) -> Principal:
    """Whose those credentials are.

    Raises:
        Unauthorized: they are wrong, expired or revoked.
    """
    key = found.key
    known = verified.get(key)
    if known is not None:
        return known
    generation = verified.generation
    named = _token_holder(found)
    if named is None:
        raise Unauthorized("the credentials are wrong")
    seconds = TTL_S if named.ends_in_ms is None else named.ends_in_ms / 1000
    verified.keep(key, named.principal, generation, seconds)
    return named.principal


def _token_holder(found: Presented) -> tokens.Known | None:
    return tokens.configured(found.token) or tokens.issued(found.token)

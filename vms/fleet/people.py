"""Who asks, told from node to node: enough to find them again, never what they may do."""

from __future__ import annotations

import hmac

from django.contrib.auth.models import User

from vms.access import passwords, tokens
from vms.access.principal import ANYBODY, Credential, Principal
from vms.access.users import principal_of
from vms.choices import Role
from vms.conf import conf
from vms.errors import Unauthorized
from vms.fleet.tokens import Kind, Who, keyed_digest

_OF_USERS = {Kind.SESSION: Credential.SESSION, Kind.PASSWORD: Credential.PASSWORD}


def told(principal: Principal, key: bytes) -> Who:
    """How another node finds that principal again.

    Raises:
        Unauthorized: their configured token or password is not this node's any more.
    """
    if principal == ANYBODY:
        return Who(Kind.ANYBODY)
    if principal.token_id is not None:
        return Who(Kind.TOKEN, principal.user_id, principal.token_id)
    if principal.user_id is not None:
        kind = Kind.SESSION if principal.credential is Credential.SESSION else Kind.PASSWORD
        return Who(kind, principal.user_id)
    # The file first: a user of it may be called as a configured token is, and be allowed less.
    if (stamp := passwords.stamp(principal)) is not None:
        return Who(Kind.HTPASSWD, name=principal.name, stamp=stamp)
    number = principal.name.removeprefix("configured token ")
    configured = conf().auth.tokens
    if number.isdigit() and 1 <= int(number) <= len(configured):
        return Who(Kind.CONFIGURED, stamp=keyed_digest(key, configured[int(number) - 1]))
    raise Unauthorized(f"{principal.name} is not known here any more")


def found_again(who: Who, key: bytes) -> Principal:
    """Who that is here and now, by the database and this node's configuration.

    Raises:
        Unauthorized: the user may not log in, the token was revoked, or this node doesn't know them.
    """
    match who.kind:
        case Kind.ANYBODY:
            if conf().auth.enabled:
                raise Unauthorized("the node that asks lets anybody in, and this one does not")
            return ANYBODY
        case Kind.TOKEN:
            return tokens.by_id(who.token_id or 0).principal
        case Kind.SESSION | Kind.PASSWORD:
            user = User.objects.select_related("account").filter(pk=who.user_id or 0, is_active=True).first()
            if user is None:
                raise Unauthorized("the user may not log in any more")
            return principal_of(user, _OF_USERS[who.kind])
        case Kind.HTPASSWD:
            principal = passwords.of_htpasswd(who.name)
            stamp = passwords.stamp(principal)
            if stamp is None or not hmac.compare_digest(stamp.encode(), who.stamp.encode()):
                raise Unauthorized(
                    f"{who.name[:80]!r} has another entry in this node's htpasswd_file than in the other's"
                )
            return principal
        case Kind.CONFIGURED:
            for number, token in enumerate(conf().auth.tokens, start=1):
                if hmac.compare_digest(keyed_digest(key, token), who.stamp):
                    return Principal(f"configured token {number}", Role.ADMIN, Credential.CONFIGURED)
            raise Unauthorized("that token is not among this node's [auth] tokens")

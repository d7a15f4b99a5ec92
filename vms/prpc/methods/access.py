"""Methods about users, their tokens, and who one is oneself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from vms.access import accounts, issue, passwords
from vms.access.policy import Permission, allows
from vms.access.principal import Credential, current
from vms.access.throttle import throttle
from vms.actions import ownership, quota
from vms.choices import Role
from vms.conf import conf
from vms.errors import Forbidden, Invalid
from vms.prpc import access_messages as messages
from vms.prpc.methods.base import Method, Pending, Values, required_id
from vms.prpc.serializers import Empty
from vms.selectors import people


def _who_am_i(_: Values) -> dict[str, Any]:
    who = current()
    return {
        "name": who.name,
        "role": who.role.value,
        "credential": who.credential.value,
        "has_account": who.user_id is not None,
        "permissions": [
            each.name for each in Permission if allows(who, each) or allows(who, each, who.user_id)
        ],
        "authentication": conf().auth.enabled,
        "user_id": who.user_id,
        "everywhere": [each.name for each in Permission if allows(who, each)],
    }


def _list_tokens(_: Values) -> dict[str, Any]:
    return {"tokens": [people.token(row) for row in issue.seen()]}


def _create_token(values: Values) -> dict[str, Any]:
    row, secret = issue.create(issue.Wanted(**values))
    return {"id": row.pk, "token": secret}


def _revoke_token(values: Values) -> None:
    issue.revoke(values["id"])


def _list_users(_: Values) -> dict[str, Any]:
    held = quota.held()
    return {"users": [user | held.get(user["id"], quota.NOTHING)._asdict() for user in people.users()]}


def _save_user(values: Values) -> Pending:
    if values["role"] is not None and values["role"] not in Role.values:
        raise Invalid(f"role: must be one of {', '.join(Role.values)}, not {values['role'][:40]!r}")
    changes = accounts.Changes(
        role=None if values["role"] is None else Role(values["role"]),
        password=values["password"],
        active=values["active"],
        quotas={name: values[name] for name in people.QUOTAS} if values["update_quotas"] else None,
    )
    return _in_turn(partial(accounts.save_user, values["name"], changes))


def _delete_user(values: Values) -> None:
    accounts.delete_user(values["name"])


def _change_password(values: Values) -> Pending:
    who = current()
    if who.user_id is None or who.credential is Credential.TOKEN:
        raise Forbidden("only a user who has logged in with a password can change it")
    throttle.check("", _guessed(who.user_id))
    return _in_turn(partial(_change, who.user_id, values["old_password"], values["new_password"]))


def _change(user_id: int, old: str, new: str) -> None:
    """Whoever took over a session is not to find out the password by this."""
    guessed = _guessed(user_id)
    throttle.check("", guessed)
    try:
        accounts.change_password(user_id, old, new)
    except accounts.WrongPassword:
        throttle.failed("", guessed)
        raise


def _give_vm(values: Values) -> None:
    ownership.give(required_id(values), values["owner"])


def _guessed(user_id: int) -> str:
    return f"password of user {user_id}"


def _in_turn(change: Callable[[], object]) -> Pending:
    """Hashing a password takes a while, and so it waits for its turn."""

    async def changed() -> None:
        await passwords.in_turn_on_loop(change)

    return Pending(changed)


METHODS = (
    Method("WhoAmI", Permission.LOOK, Empty, _who_am_i, changes=False, flat=True),
    Method("ListTokens", Permission.LOOK, Empty, _list_tokens, changes=False, flat=True),
    Method("CreateToken", Permission.LOOK, messages.CreateTokenRequest, _create_token),
    Method("RevokeToken", Permission.LOOK, messages.TokenId, _revoke_token),
    Method("ListUsers", Permission.MANAGE_ACCESS, Empty, _list_users, changes=False, flat=True),
    Method("SaveUser", Permission.MANAGE_ACCESS, messages.SaveUserRequest, _save_user),
    Method("DeleteUser", Permission.MANAGE_ACCESS, messages.UserName, _delete_user),
    Method("ChangePassword", Permission.LOOK, messages.ChangePasswordRequest, _change_password),
    Method("GiveVm", Permission.MANAGE_ACCESS, messages.GiveVmRequest, _give_vm),
)

"""What is done to users: made, changed, deleted. Whether whoever asks may, is asked before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from vms.access import audit
from vms.access.users import admins
from vms.choices import Role
from vms.database import writing
from vms.errors import Conflict, Invalid, NotFound
from vms.models import Account

MAX_QUOTA = 2**31 - 1


class WrongPassword(Invalid):
    """The user's password is another one."""


@dataclass(frozen=True)
class Changes:
    """What to change of a user; None leaves it as it is. ``quotas`` by their names, None for no limit."""

    role: Role | None = None
    password: str | None = None
    active: bool | None = None
    quotas: Mapping[str, int | None] | None = None


def save_user(name: str, changes: Changes) -> User:
    """Change that user, or make one where nobody has the name; a new one needs a password.

    Raises:
        Invalid: the name or the password can't be.
        Conflict: no admin would be left.
    """
    hashed = None if changes.password is None else _hashed(name, changes.password)
    with writing():
        had_admin = admins().exists()
        user = User.objects.filter(username=name).first() or _new(name, hashed)
        if hashed is not None:
            user.password = hashed
        if changes.active is not None:
            user.is_active = changes.active
        user.save()
        _save_account(user, changes)
        if had_admin:
            _demand_an_admin()
    return user


def delete_user(name: str) -> None:
    """Delete that user, with all tokens and sessions; VMs stay, and belong to nobody then.

    Raises:
        NotFound: nobody has the name.
        Conflict: no admin would be left.
    """
    with writing():
        _named(name).delete()
        _demand_an_admin()


def change_password(user_id: int, old: str, new: str) -> None:
    """Every session of that user is over then. ``old`` is checked, which takes a while.

    Raises:
        WrongPassword: the old one is wrong.
        Invalid: the new one is too weak.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None or not user.check_password(old):
        raise WrongPassword("old_password: is wrong")
    user.password = _hashed(user.username, new, "new_password")
    with writing():
        user.save(update_fields=["password"])


def make_first_admin(name: str, password: str) -> User:
    """An admin, who may use Django's admin pages as well. Raises Invalid."""
    with writing():
        if User.objects.filter(username=name).exists():
            raise Conflict(f"name: there is a user {name!r} already; choose another one")
        user = save_user(name, Changes(role=Role.ADMIN, password=password))
        user.is_staff = user.is_superuser = True
        user.save()
        audit.write(audit.OK, action="set-up", detail=f"made the first admin {name}")
    return user


def _named(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise NotFound(f"there is no user {name[:80]!r}")
    return user


def _new(name: str, hashed: str | None) -> User:
    if hashed is None:
        raise Invalid(f"password: is missing; {name[:80]!r} would be a new user, who needs one")
    user = User(username=User.normalize_username(name))
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise Invalid(f"name: {' '.join(error.message_dict.get('username', error.messages))}") from None
    return user


def _hashed(name: str, password: str, field: str = "password") -> str:
    """Slow on purpose, so never in a transaction. Raises Invalid for a password that is too weak."""
    try:
        validate_password(password, User(username=name))
    except ValidationError as error:
        raise Invalid(f"{field}: {' '.join(error.messages)}") from None
    return make_password(password)


def _save_account(user: User, changes: Changes) -> None:
    kept = Account.objects.filter(user=user).first()
    account = kept or Account(user=user)
    if changes.role is not None:
        account.role = changes.role
    elif kept is None and user.is_superuser:
        account.role = Role.ADMIN
    for name, quota in (changes.quotas or {}).items():
        if quota is not None and not 0 <= quota <= MAX_QUOTA:
            raise Invalid(f"{name}: must be from 0 to {MAX_QUOTA}, or absent for no limit")
        setattr(account, name, quota)
    account.save()


def _demand_an_admin() -> None:
    if not admins().exists():
        raise Conflict("no admin would be left who can log in; make another user an admin first")

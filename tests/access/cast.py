"""Who takes part in the cross of routes and people."""

from __future__ import annotations

from django.contrib.auth.models import User

from tests.access.people import person
from tests.access.table import STRANGERS_VM, VM, Who
from tests.rows import make_node, make_vm
from vms.choices import Actual, Desired, Role

ROLES = {
    Who.OWNER: Role.MEMBER,
    Who.STRANGER: Role.MEMBER,
    Who.VIEWER: Role.VIEWER,
    Who.OPERATOR: Role.OPERATOR,
    Who.ADMIN: Role.ADMIN,
}


def everybody() -> dict[Who, User]:
    """All of them, a VM of the owner, and one of the stranger, both switched off."""
    people = {who: person(who.value, role) for who, role in ROLES.items()}
    off = {"node": make_node(), "desired": Desired.STOPPED, "actual": Actual.OFF}
    make_vm(id=VM, name="secret-name", owner=people[Who.OWNER], **off)
    make_vm(id=STRANGERS_VM, name="other-name", owner=people[Who.STRANGER], **off)
    return people

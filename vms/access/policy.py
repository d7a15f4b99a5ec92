"""What each role may. The only place that decides it; everything else asks :func:`require`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from vms.access.principal import Principal, current
from vms.choices import Role
from vms.errors import Forbidden
from vms.models import Vm
from vms.selectors.sight import EVERYTHING, Sight
from vms.selectors.vms import unknown_vm


@dataclass(frozen=True, eq=False)
class Grant:
    """Who is allowed something: these roles for everything, and owners for what is theirs.

    Two grants of equal content are two: of equal values an Enum makes one member with two names.
    """

    roles: frozenset[Role]
    owners: bool = False


_EVERYBODY = frozenset(Role)
_SEERS = frozenset({Role.VIEWER, Role.OPERATOR, Role.ADMIN})
_OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
_ADMINS = frozenset({Role.ADMIN})


@unique
class Permission(Enum):
    """One kind of thing to do. Every method, page and websocket names the one that it needs."""

    LOOK = Grant(_EVERYBODY)
    """Version, limits, images, GPUs and one's own account: nothing of anybody's VM."""
    SEE_VM = Grant(_SEERS, owners=True)
    STEER_VM = Grant(_OPERATORS, owners=True)
    """Start, stop, logs, console, the guest."""
    CREATE_VM = Grant(frozenset({Role.MEMBER, Role.ADMIN}))
    CHANGE_VM = Grant(_ADMINS, owners=True)
    """Update, resize, remove."""
    SEE_NODE = Grant(_SEERS)
    """Processes, figures of the host, metrics."""
    STEER_NODE = Grant(_ADMINS)
    """Images and processes, reload, what the host is set to."""
    MANAGE_NODES = Grant(_ADMINS)
    """Which nodes take VMs: cordon, drain, remove."""
    MANAGE_ACCESS = Grant(_ADMINS)
    """Users, everybody's tokens, the audit log."""


def allows(principal: Principal, permission: Permission, owner_id: int | None = None) -> bool:
    """Whether ``principal`` may; ``owner_id`` is the account that the VM belongs to, if it is about one."""
    if principal.scopes is not None and permission.name not in principal.scopes:
        return False
    grant = permission.value
    owns = owner_id is not None and owner_id == principal.user_id
    return principal.role in grant.roles or (grant.owners and owns)


def sight(who: Principal) -> Sight:
    """Which VMs ``who`` sees."""
    if allows(who, Permission.SEE_VM):
        return EVERYTHING
    sees_own = allows(who, Permission.SEE_VM, who.user_id)
    return Sight(everything=False, owner_id=who.user_id if sees_own else None)


def require(permission: Permission) -> None:
    """Raises Forbidden unless whoever acts now may do that to anything at all."""
    who = current()
    # An owner is allowed it for something: which, is asked once the VM is known.
    if not allows(who, permission) and not allows(who, permission, who.user_id):
        raise Forbidden(_refusal(who, permission))


def require_for_vm(permission: Permission, vm_id: str, owner_id: int | None) -> None:
    """Raises Forbidden unless whoever acts now may do that to this VM.

    One that they may not even see is not there, for them: NotFound, in the same words.
    """
    who = current()
    if allows(who, permission, owner_id):
        return
    if not allows(who, Permission.SEE_VM, owner_id):
        raise unknown_vm(vm_id)
    raise Forbidden(_refusal(who, permission))


def require_for_known_vm(permission: Permission, vm_id: str) -> None:
    """The same, by the id alone; one query. Raises NotFound where there is no such VM, too."""
    owner = Vm.objects.filter(pk=vm_id).values_list("owner_id").first()
    if owner is None:
        raise unknown_vm(vm_id)
    require_for_vm(permission, vm_id, *owner)


def owner_of_new_vm() -> int | None:
    """Whose a VM is that is made now; None where whoever makes it has no account.

    Raises:
        Forbidden: they would not see it any more, then.
    """
    who = current()
    if who.user_id is None and not sight(who).everything:
        raise Forbidden(
            f"{who.name} ({who.role.value}) has no account that a VM could belong to; use a user's token"
        )
    return who.user_id


def name_of(vm: Vm) -> str:
    """How ``vm`` is called in an error that whoever acts now is told: others' VMs have no name for them."""
    if sight(current()).includes(vm.owner_id):
        return f"VM {vm.name!r} ({vm.pk}, {vm.status})"
    return "a VM of somebody else"


def _refusal(who: Principal, permission: Permission) -> str:
    if who.scopes is not None and permission.name not in who.scopes:
        return f"the token of {who.name} is limited to {', '.join(sorted(who.scopes)) or 'nothing'}"
    roles = ", ".join(sorted(role.value for role in permission.value.roles))
    owners = " or the VM's owner" if permission.value.owners else ""
    return f"{who.name} ({who.role.value}) may not do this; needed: {roles}{owners}"

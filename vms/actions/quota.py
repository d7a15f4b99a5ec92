"""How much an account may have: counted over all its VMs, whether they run or not.

Inside the transaction that writes the VM, like ``reserve``. VMs of nobody, and accounts
without limits, are held to the node's own limits only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from vms.actions.reserve import ALL_OF_NVIDIA
from vms.choices import AttachMode, Desired, GpuKind
from vms.configuration import VmConfiguration
from vms.errors import Conflict
from vms.models import Account, Gpu, Node, Vm


class Amount(NamedTuple):
    """Of one VM or of several; memory in MB, disk in GB."""

    vms: int = 0
    vcpu: int = 0
    memory: int = 0
    disk_size: int = 0
    gpus: int = 0


NOTHING = Amount()
_UNITS = {"vms": "VMs", "vcpu": "vCPUs", "memory": "MB", "disk_size": "GB", "gpus": "GPUs"}


def new_conflicts(owner_id: int | None, node: Node, config: VmConfiguration) -> Iterator[Conflict]:
    """Where the owner of such a new VM would have more than they may."""
    wanted = Amount(1, config.vcpu, config.memory, config.disk_size, _gpus(config.gpus.document(), node))
    yield from _conflicts(owner_id, wanted)


def check_changed(vm: Vm, after: VmConfiguration) -> None:
    """Raises Conflict where the VM would grow beyond what its owner may have; other changes are free."""
    wanted = Amount(1, after.vcpu, after.memory, after.disk_size, _gpus(after.gpus.document(), vm.node))
    _check(vm.owner_id, wanted, besides=vm.pk, had=_amount(vm))


def check_kept(vm: Vm, owner_id: int | None) -> None:
    """Raises Conflict where that owner would have, with this VM as it is, more than they may (now)."""
    _check(owner_id, _amount(vm), besides=vm.pk)


def held() -> dict[int, Amount]:
    """What each account's VMs add up to, by the account; accounts without VMs are absent. Reads only."""
    owned = Vm.objects.exclude(owner=None).exclude(desired=Desired.ABSENT).select_related("node")
    amounts: dict[int, list[Amount]] = {}
    for vm in owned.defer("compose_file", "user_config", "encrypted_env"):
        assert vm.owner_id is not None  # by the query
        amounts.setdefault(vm.owner_id, []).append(_amount(vm))
    return {owner_id: _sum(each) for owner_id, each in amounts.items()}


def _check(
    owner_id: int | None, wanted: Amount, *, besides: str | None = None, had: Amount = NOTHING
) -> None:
    for conflict in _conflicts(owner_id, wanted, besides=besides, had=had):
        raise conflict


def _conflicts(
    owner_id: int | None, wanted: Amount, *, besides: str | None = None, had: Amount = NOTHING
) -> Iterator[Conflict]:
    if owner_id is None:
        return
    # Locked where the database can: two requests must not each take what is left.
    accounts = Account.objects.select_for_update(of=("self",)).select_related("user")
    owner = accounts.filter(user=owner_id).first()
    limits = {} if owner is None else _limits(owner)
    if owner is None or not limits:
        return
    others = Vm.objects.filter(owner=owner_id).exclude(pk=besides).exclude(desired=Desired.ABSENT)
    taken = _sum(_amount(vm) for vm in others.select_related("node"))
    for field, limit in limits.items():
        new, before, held = (getattr(amount, field) for amount in (wanted, had, taken))
        if new > before and held + new > limit:
            yield Conflict(
                f"{field}: {new} {_UNITS[field]} asked for, {max(0, limit - held)} of {limit} left that "
                f"{owner.user.get_username()!r} may have in all (max_{field}); remove a VM, or have an admin "
                "raise the quota"
            )


def _limits(owner: Account) -> dict[str, int]:
    limits = {field: getattr(owner, f"max_{field}") for field in Amount._fields}
    return {field: limit for field, limit in limits.items() if limit is not None}


def _amount(vm: Vm) -> Amount:
    return Amount(1, vm.vcpu, vm.memory, vm.disk_size, _gpus(vm.gpus, vm.node))


def _sum(amounts: Iterable[Amount]) -> Amount:
    return Amount(*(sum(column) for column in zip(NOTHING, *amounts, strict=True)))


def _gpus(document: dict[str, Any], node: Node) -> int:
    if document["attach_mode"] != AttachMode.ALL:
        return len(document["gpus"])
    return Gpu.objects.filter(ALL_OF_NVIDIA, node=node, kind=GpuKind.GPU).count()

"""Quotas: counted over all that an account has, and told with figures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.access.people import person, with_login
from tests.access.team import Person, join
from tests.in_process import InProcess
from tests.rows import make_vm
from vms.actions import ownership, quota
from vms.choices import AttachMode, GpuKind, Role
from vms.database import in_database
from vms.errors import Conflict
from vms.models import Account, Gpu, Vm
from vms.models.vm import no_gpus


@pytest.fixture
def guarded(vmm: InProcess, settings: Any) -> InProcess:
    """The server, with authentication on."""
    settings.VMM = with_login()
    return vmm


async def limit(who: Person, **quotas: int | None) -> None:
    await in_database(lambda: Account.objects.filter(user=who.user_id).update(**quotas))


async def refused(who: Person, method: str, request: dict[str, Any]) -> str:
    answer = await who.call(method, request)
    assert answer.status_code == 409, answer.text
    message: str = answer.json()["message"]
    return message


@pytest.mark.parametrize(
    "quotas, field, words",
    [
        ({"max_vms": 1}, "vms", "vms: 1 VMs asked for, 0 of 1 left that 'ada' may have in all (max_vms)"),
        ({"max_vcpu": 3}, "vcpu", "vcpu: 2 vCPUs asked for, 1 of 3 left that 'ada' may have in all"),
        ({"max_memory": 1535}, "memory", "memory: 1024 MB asked for, 511 of 1535 left that 'ada'"),
        ({"max_disk_size": 5}, "disk_size", "disk_size: 4 GB asked for, 2 of 5 left that 'ada'"),
        ({"max_vcpu": 0}, "vcpu", "vcpu: 2 vCPUs asked for, 0 of 0 left that 'ada'"),
    ],
)
async def test_create_is_refused_with_figures_and_leaves_nothing(
    guarded: InProcess, quotas: dict[str, int], field: str, words: str
) -> None:
    ada = await join(guarded, "ada")
    await ada.create(vcpu=2, memory=1024, disk_size=3, stopped=True)
    await limit(ada, **quotas)
    big = guarded.configuration(vcpu=2, memory=1024, disk_size=4, stopped=True)
    assert words in await refused(ada, "CreateVm", big)
    assert await in_database(Vm.objects.count) == 1
    await limit(ada, **dict.fromkeys(quotas))
    assert (await ada.call("CreateVm", big)).status_code == 200


async def test_a_quota_is_used_up_to_the_last(guarded: InProcess) -> None:
    ada = await join(guarded, "ada", max_vms=2, max_vcpu=3, max_memory=1024, max_disk_size=2)
    await ada.create(vcpu=2, memory=512, disk_size=1, stopped=True)
    await ada.create(vcpu=1, memory=512, disk_size=1, stopped=True)
    assert "0 of 2 left" in await refused(ada, "CreateVm", guarded.configuration())


async def test_of_requests_at_once_no_more_than_the_quota_are_granted(guarded: InProcess) -> None:
    ada = await join(guarded, "ada", max_vcpu=3)
    asked = (ada.call("CreateVm", guarded.configuration(stopped=True)) for _ in range(8))
    statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert sorted(statuses) == [200] * 3 + [409] * 5


async def test_update_may_not_grow_beyond_it_and_anything_else_may_change(guarded: InProcess) -> None:
    ada = await join(guarded, "ada")
    vm_id = await ada.create(vcpu=4, memory=1024, disk_size=2, stopped=True)
    await limit(ada, max_vcpu=3, max_memory=1024, max_disk_size=2, max_vms=0)
    assert "vcpu: 5 vCPUs asked for, 3 of 3 left" in await refused(ada, "ResizeVm", {"id": vm_id, "vcpu": 5})
    message = await refused(ada, "UpdateVm", {"id": vm_id, "memory": 1025, "user_config": "x"})
    assert message.startswith("memory: 1025 MB asked for")
    assert "disk_size" in await refused(ada, "ResizeVm", {"id": vm_id, "disk_size": 3})
    row = await guarded.row(vm_id)
    assert row is not None
    assert (row.vcpu, row.memory, row.disk_size, row.user_config) == (4, 1024, 2, "")
    # What is over the quota already may stay as it is, or become less.
    assert (await ada.call("UpdateVm", {"id": vm_id, "user_config": "x"})).status_code == 200
    assert (await ada.call("ResizeVm", {"id": vm_id, "vcpu": 2})).status_code == 204


async def test_start_is_refused_where_the_quota_was_lowered(guarded: InProcess) -> None:
    ada = await join(guarded, "ada")
    vm_id = await ada.create(vcpu=2, stopped=True)
    await ada.create(vcpu=2, stopped=True)
    await limit(ada, max_vcpu=3)
    assert "vcpu: 2 vCPUs asked for, 1 of 3 left" in await refused(ada, "StartVm", {"id": vm_id})
    await limit(ada, max_vcpu=4)
    assert (await ada.call("StartVm", {"id": vm_id})).status_code == 204
    # One that runs goes on, and starting it again is no request for more.
    await limit(ada, max_vcpu=1)
    assert (await ada.call("StartVm", {"id": vm_id})).status_code == 204


async def test_what_is_removed_counts_no_more(guarded: InProcess) -> None:
    ada = await join(guarded, "ada", max_vms=1)
    vm_id = await ada.create(stopped=True)
    await refused(ada, "CreateVm", guarded.configuration())
    assert (await ada.call("RemoveVm", {"id": vm_id})).status_code == 204
    await ada.create(stopped=True)


async def test_one_s_quota_is_nobody_else_s(guarded: InProcess) -> None:
    ada, eve = await join(guarded, "ada", max_vms=1), await join(guarded, "eve", max_vms=1)
    for who in (ada, eve):
        await who.create(stopped=True)
        await refused(who, "CreateVm", guarded.configuration())


def listed(*slots: str) -> dict[str, Any]:
    return {"attach_mode": AttachMode.LISTED, "gpus": [{"slot": slot} for slot in slots]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "has, wants, may",
    [
        (listed("1", "2"), listed("3"), True),
        (listed("1", "2"), listed("3", "4"), False),
        (no_gpus(), {"attach_mode": AttachMode.ALL, "gpus": []}, True),
        (listed("1"), {"attach_mode": AttachMode.ALL, "gpus": []}, False),
        ({"attach_mode": AttachMode.ALL, "gpus": []}, listed("1"), False),
        ({"attach_mode": AttachMode.ALL, "gpus": []}, no_gpus(), True),
    ],
)
def test_gpus_are_counted_and_all_means_as_many_as_there_are(
    has: dict[str, Any], wants: dict[str, Any], may: bool
) -> None:
    ada = person("ada")
    Account.objects.update(max_gpus=3)
    make_vm(owner=ada, gpus=has)
    vm = make_vm(gpus=wants)
    for number in range(3):
        Gpu.objects.create(
            node=vm.node, slot=f"0{number}:00.0", product_id="10de:2331", pci_class="0302", kind=GpuKind.GPU
        )
    Gpu.objects.create(node=vm.node, slot="09:00.0", product_id="10de:22a3", kind=GpuKind.BRIDGE)
    if may:
        quota.check_kept(vm, ada.pk)
    else:
        with pytest.raises(Conflict, match=r"gpus: \d GPUs asked for, \d of 3 left that 'ada'"):
            quota.check_kept(vm, ada.pk)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_given_more_than_they_may_have() -> None:
    ada = person("ada")
    Account.objects.update(max_memory=1000)
    make_vm(owner=ada, memory=600)
    vm = make_vm(memory=600)
    with pytest.raises(Conflict, match="memory: 600 MB asked for, 400 of 1000 left that 'ada'"):
        ownership.give(vm.pk, "ada")
    vm.refresh_from_db()
    assert vm.owner is None


@pytest.mark.django_db
def test_who_has_no_account_has_no_limits(django_assert_num_queries: Any) -> None:
    ada = person("ada", None)
    vm = make_vm()
    with django_assert_num_queries(0):
        quota.check_kept(vm, None)
    with django_assert_num_queries(1):
        quota.check_kept(vm, ada.pk)


async def test_admins_are_told_what_each_user_has_in_all(guarded: InProcess) -> None:
    ada, root = await join(guarded, "ada"), await join(guarded, "root", Role.ADMIN)
    await ada.create(vcpu=2, memory=1024, disk_size=3, stopped=True)
    await ada.create(stopped=True)
    answer = await root.call("ListUsers", {}, service="access")
    told = {user["name"]: user for user in answer.json()["users"]}
    used = {name: told["ada"][name] for name in ("id", "vms", "vcpu", "memory", "disk_size", "gpus")}
    assert used == {"id": ada.user_id, "vms": 2, "vcpu": 3, "memory": 1536, "disk_size": 4, "gpus": 0}
    assert told["root"]["vms"] == 0

"""Whose a VM is: members see and steer their own, and for the others' it is as if there were none."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.access.people import token_of, with_login
from tests.access.team import Person, join
from tests.in_process import InProcess
from tests.rows import make_vm
from vms.access.policy import sight
from vms.access.principal import Credential, Principal, acting_as
from vms.actions import gpus, ownership
from vms.choices import Role
from vms.conf import conf
from vms.database import in_database
from vms.errors import Conflict, Forbidden, NotFound
from vms.models import Gpu, Vm
from vms.prpc import listing
from vms.selectors.roster import Filter
from vms.selectors.sight import EVERYTHING

STEERING: dict[str, dict[str, Any]] = {"StartVm": {}, "StopVm": {}, "ShutdownVm": {}}
CHANGING: dict[str, dict[str, Any]] = {
    "RemoveVm": {},
    "UpdateVm": {"user_config": "mine now"},
    "UpgradeApp": {"user_config": "mine now"},
    "ResizeVm": {"vcpu": 2},
}
GUEST = ("Info", "SysInfo", "NetworkInfo", "ListContainers", "Shutdown")


@pytest.fixture
def guarded(vmm: InProcess, settings: Any) -> InProcess:
    """The server, with authentication on."""
    settings.VMM = with_login()
    return vmm


@pytest.fixture
async def ada(guarded: InProcess) -> Person:
    return await join(guarded, "ada")


@pytest.fixture
async def eve(guarded: InProcess) -> Person:
    return await join(guarded, "eve")


async def test_members_see_their_own_and_admins_all(guarded: InProcess, ada: Person, eve: Person) -> None:
    admin = await join(guarded, "root", Role.ADMIN)
    await ada.create(name="of-ada", stopped=True)
    await eve.create(name="of-eve", stopped=True)
    await admin.create(name="of-root", stopped=True)
    assert await ada.sees() == ["of-ada"]
    assert await eve.sees() == ["of-eve"]
    for role in (Role.VIEWER, Role.OPERATOR):
        seer = await join(guarded, str(role), role)
        assert await seer.sees() == await admin.sees() == ["of-ada", "of-eve", "of-root"]


@pytest.mark.parametrize(
    "wanted",
    [{"keyword": "of-"}, {"page": 1, "page_size": 1}, {"page": 2, "page_size": 1}, {"brief": True}, {}],
    ids=str,
)
async def test_no_way_of_asking_tells_of_others_vms(ada: Person, eve: Person, wanted: dict[str, Any]) -> None:
    vm_id = await ada.create(name="of-ada", stopped=True)
    await eve.create(name="of-eve", stopped=True)
    for more in ({}, {"ids": [vm_id]}):
        status = (await eve.call("Status", wanted | more)).json()
        assert all(vm["name"] == "of-eve" for vm in status["vms"])
        assert status["total"] == (0 if more else 1)
    assert (await eve.call("GetInfo", {"id": vm_id})).json() == {"found": False, "info": None}


async def test_what_is_done_to_others_vms_is_answered_as_if_there_were_none(
    guarded: InProcess, ada: Person, eve: Person
) -> None:
    vm_id = await ada.create(ports=[{"protocol": "tcp", "host_port": 9100, "vm_port": 80}])
    before = await guarded.row(vm_id)
    for method, more in (STEERING | CHANGING).items():
        answer = await eve.call(method, {"id": vm_id} | more)
        nothing = await eve.call(method, {"id": "x" * len(vm_id)} | more)
        assert answer.status_code == nothing.status_code == 404, method
        assert answer.text.replace(vm_id, "") == nothing.text.replace("x" * len(vm_id), "")
    for method in GUEST:
        answer = await eve.call(method, {"id": vm_id}, "guest")
        nothing = await eve.call(method, {"id": "x" * len(vm_id)}, "guest")
        assert answer.status_code == nothing.status_code == 404, method
        assert answer.text.replace(vm_id, "") == nothing.text.replace("x" * len(vm_id), "")
    log = await eve.get(f"/logs?id={vm_id}")
    assert (log.status_code, log.json()["message"]) == (404, f"no VM has the id {vm_id!r}")
    after = await guarded.row(vm_id)
    assert before is not None
    assert after is not None
    assert (after.generation, after.user_config, after.vcpu) == (before.generation, "", before.vcpu)


async def test_an_owner_may_do_all_of_it(ada: Person) -> None:
    vm_id = await ada.create()
    assert (await ada.get(f"/logs?id={vm_id}")).status_code == 200
    assert (await ada.call("StopVm", {"id": vm_id})).status_code == 204
    assert (await ada.call("ResizeVm", {"id": vm_id, "vcpu": 2})).status_code == 204
    assert (await ada.call("StartVm", {"id": vm_id})).status_code == 204
    assert (await ada.call("RemoveVm", {"id": vm_id})).status_code == 204


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_seers_are_told_what_they_lack(guarded: InProcess, ada: Person, role: Role) -> None:
    vm_id = await ada.create()
    seer = await join(guarded, "seer", role)
    steers = role == Role.OPERATOR
    assert (await seer.get(f"/logs?id={vm_id}")).status_code == (200 if steers else 403)
    for method, more in CHANGING.items():
        refused = await seer.call(method, {"id": vm_id} | more)
        assert refused.status_code == 403, method
        assert "needed: admin or the VM's owner" in refused.json()["message"]
    assert (await seer.call("StopVm", {"id": vm_id})).status_code == (204 if steers else 403)
    assert (await seer.call("CreateVm", {})).status_code == 403
    assert (await seer.call("SvList")).status_code == 200
    assert (await seer.call("ReloadVms")).status_code == 403


async def test_a_vm_belongs_to_whoever_made_it(guarded: InProcess, ada: Person) -> None:
    row = await guarded.row(await ada.create(stopped=True))
    assert row is not None
    assert row.owner_id == ada.user_id


async def test_what_a_service_without_an_account_makes_belongs_to_nobody(guarded: InProcess) -> None:
    async def service(role: Role) -> Person:
        return Person(guarded, "service", 0, await in_database(token_of, None, role))

    row = await guarded.row(await (await service(Role.ADMIN)).create(stopped=True))
    assert row is not None
    assert row.owner_id is None
    refused = await (await service(Role.MEMBER)).call("CreateVm", guarded.configuration())
    assert refused.status_code == 403
    assert "has no account that a VM could belong to" in refused.json()["message"]


async def test_the_owner_of_a_taken_port_is_not_named_to_others(
    guarded: InProcess, ada: Person, eve: Person
) -> None:
    ports = [{"protocol": "tcp", "host_port": 9101, "vm_port": 80}]
    vm_id = await ada.create(name="secret-name", ports=ports, stopped=True)
    refused = await eve.call("CreateVm", guarded.configuration(ports=ports))
    assert refused.status_code == 409
    assert refused.json()["message"] == (
        "ports[0].host_port: tcp port 9101 is taken by a VM of somebody else"
    )
    own = await ada.call("CreateVm", guarded.configuration(ports=ports))
    assert f"VM 'secret-name' ({vm_id}, stopped)" in own.json()["message"]


def as_member(user_id: int) -> Principal:
    return Principal("somebody", Role.MEMBER, Credential.TOKEN, user_id=user_id)


@pytest.fixture
def owners(django_user_model: Any) -> tuple[int, int]:
    """Two accounts."""
    return tuple(django_user_model.objects.create_user(name).pk for name in ("one", "two"))


@pytest.mark.django_db
def test_the_holder_of_a_gpu_is_not_named_to_others(owners: tuple[int, int], settings: Any) -> None:
    """Neither in the answer to a request, nor in what a launch leaves in the row of another's VM."""
    given = conf().cvm.gpu.model_copy(update={"enabled": True})
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update={"gpu": given})})
    wish = {"attach_mode": "listed", "gpus": [{"slot": "65:00.0"}]}
    holder = make_vm(owner_id=owners[0], name="secret-name", gpus=wish)
    Gpu.objects.create(
        node=holder.node, slot="65:00.0", product_id="10de:2331", driver="vfio-pci", holder=holder
    )
    other, unowned, own = (make_vm(owner_id=owner, gpus=wish) for owner in (owners[1], None, owners[0]))

    with acting_as(as_member(owners[1])), pytest.raises(Conflict) as asked:
        gpus.take(other)
    with pytest.raises(Conflict) as launched:
        gpus.lease(other.pk)
    assert asked.value.message == launched.value.message
    assert "taken by a VM of somebody else" in launched.value.message
    for mine in (unowned, own):
        with pytest.raises(Conflict, match="secret-name"):
            gpus.lease(mine.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("brief", [True, False])
def test_a_member_s_list_costs_no_more_queries(
    owners: tuple[int, int], django_assert_num_queries: Any, brief: bool
) -> None:
    for number in range(6):
        make_vm(owner_id=owners[number % 2])
    wanted = Filter(brief=brief)
    with CaptureQueriesContext(connection) as for_all:
        assert orjson.loads(listing.status(wanted, EVERYTHING).json())["total"] == 6
    with django_assert_num_queries(len(for_all)):
        mine = orjson.loads(listing.status(wanted, sight(as_member(owners[0]))).json())
    assert mine["total"] == len(mine["vms"]) == 3


@pytest.mark.django_db
def test_a_member_s_list_is_read_by_an_index(owners: tuple[int, int]) -> None:
    vms = sight(as_member(owners[0])).of(Vm.objects.all())
    assert re.search(r"SEARCH vms_vm USING \w*\s?INDEX \S*owner", vms.order_by().explain())


@pytest.mark.django_db(transaction=True)
def test_an_admin_gives_a_vm_away(owners: tuple[int, int]) -> None:
    vm = make_vm(owner_id=owners[0])
    assert ownership.give(vm.pk, "two").owner_id == owners[1]
    assert ownership.give(vm.pk, "two").revision == 2, "nothing changes where nothing is to change"
    assert ownership.give(vm.pk, "").owner_id is None
    with pytest.raises(NotFound, match="owner: there is no user 'three'"):
        ownership.give(vm.pk, "three")
    with pytest.raises(NotFound, match="no VM has the id 'none'"):
        ownership.give("none", "two")
    with pytest.raises(Conflict, match="is being removed"):
        ownership.give(make_vm(desired="absent").pk, "two")


@pytest.mark.django_db(transaction=True)
def test_an_owner_can_t_give_a_vm_away(owners: tuple[int, int]) -> None:
    """It would use up somebody else's quota, and its node's operator would not know."""
    vm = make_vm(owner_id=owners[0])
    with acting_as(as_member(owners[0])), pytest.raises(Forbidden, match="needed: admin"):
        ownership.give(vm.pk, "two")
    with acting_as(as_member(owners[1])), pytest.raises(NotFound):
        ownership.give(vm.pk, "two")


async def test_giving_away_is_the_admin_s_by_the_api(guarded: InProcess, ada: Person, eve: Person) -> None:
    admin = await join(guarded, "root", Role.ADMIN)
    vm_id = await ada.create(name="passed-on", stopped=True)
    request = {"id": vm_id, "owner": "eve"}
    for member in (ada, eve):
        assert (await member.call("GiveVm", request, "access")).status_code == 403
    assert (await admin.call("GiveVm", request, "access")).status_code == 204
    assert (await ada.sees(), await eve.sees()) == ([], ["passed-on"])
    assert (await admin.call("GiveVm", {"id": vm_id}, "access")).status_code == 204
    assert (await ada.sees(), await eve.sees()) == ([], [])
    assert (await admin.call("GiveVm", {"owner": "eve"}, "access")).status_code == 400

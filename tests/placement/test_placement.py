"""Where a new VM goes: least loaded first, only where it can be, and what is told where it can't."""

from __future__ import annotations

from typing import Any

import pytest

from tests.in_process import COMPOSE
from tests.placement.conftest import IMAGE, make_up
from tests.rows import make_node, make_vm
from vms.access.principal import Credential, Principal, acting_as
from vms.actions import cordon, placement, update, vms
from vms.actions.check import check_new
from vms.choices import Desired, GpuKind, Platform, Role
from vms.configuration import USER_NETWORK as USER
from vms.configuration import Gpus, Port, VmConfiguration, VmUpdate
from vms.errors import Conflict, Invalid, NotFound, Unavailable
from vms.models import Gpu, Image, Node, PortMapping, Vm

pytestmark = pytest.mark.django_db
MAPPED = {"port_mapping": {"enabled": True, "address": "10.0.0.2", "ranges": [["tcp", 8000, 8001]]}}
PORT = Port("tcp", 8000, 80)


@pytest.fixture(autouse=True)
def _as_admin() -> Any:
    with acting_as(Principal("admin", Role.ADMIN, Credential.NONE)):
        yield


def wanted(**changed: Any) -> VmConfiguration:
    values: dict[str, Any] = {"name": "n", "image": IMAGE, "compose_file": COMPOSE, "no_tee": True}
    return VmConfiguration(**values | {"vcpu": 1, "memory": 1024, "disk_size": 1} | changed)


def test_the_least_loaded_takes_it_by_cpus_or_memory(here: Node) -> None:
    b, c = make_up("b"), make_up("c")
    make_vm(node=here, vcpu=8)
    make_vm(node=b, memory=20_000)
    assert vms.create(wanted()).node == c
    make_vm(node=c, vcpu=15)
    assert vms.create(wanted()).node == here
    make_vm(node=here, vcpu=16, desired=Desired.STOPPED)
    assert vms.create(wanted()).node == here


def test_a_named_node_takes_it_however_loaded(here: Node) -> None:
    make_vm(node=make_up("b"), vcpu=16)
    assert vms.create(wanted(node="b")).node.name == "b"
    assert vms.create(wanted(node=here.name)).node == here
    with pytest.raises(NotFound, match="no node 'x'; there are b"):
        vms.create(wanted(node="x"))


def test_a_node_that_can_t_is_passed_over_and_every_reason_is_told(here: Node) -> None:
    Image.objects.all().delete()
    make_up("cordoned", cordoned=True)
    make_up("full", able={"max_vcpu": 1})
    make_up("gone", heartbeat_at_ms=0)
    make_up("lost", heartbeat_at_ms=1)
    make_node("older")
    Node.objects.filter(name="older").update(heartbeat_at_ms=1 << 60)
    with pytest.raises(Conflict) as told:
        vms.create(wanted(vcpu=2))
    assert told.value.message.startswith("no node can take it: ")
    parts = dict(
        part.split(": ", 1) for part in told.value.message.split(": ", 1)[1].split("; ") if ": " in part
    )
    assert parts["cordoned"] == "it is cordoned"
    assert parts["full"] == "vcpu: 2 vCPUs asked for, 1 of 1 left on this node"
    assert parts["gone"] == "its server does not run"
    assert parts["lost"] == "it is not heard of any more"
    assert "has not said yet" in parts["older"]
    assert "no image" in parts[here.name]
    assert not Vm.objects.exists()
    make_up("able")
    assert vms.create(wanted(vcpu=2)).node.name == "able"


def test_what_is_wrong_everywhere_is_told_once(here: Node) -> None:
    make_up("b")
    make_up("lost", heartbeat_at_ms=1)
    with pytest.raises(Invalid, match=r"^name: "):
        vms.create(wanted(name="a,b"))


def test_with_no_node_up_it_is_not_available() -> None:
    make_up("a", heartbeat_at_ms=1)
    make_up("b", heartbeat_at_ms=0)
    with pytest.raises(Unavailable, match=r"a: it is not heard of any more; b: its server does not run"):
        vms.create(wanted())


def test_a_cordoned_node_is_not_taken_even_by_name_or_alone(here: Node) -> None:
    cordon.cordon(here.name)
    for name in ("", here.name):
        with pytest.raises(Conflict, match="cordoned"):
            vms.create(wanted(node=name))
    cordon.uncordon(here.name)
    assert vms.create(wanted()).node == here


def test_another_node_s_vm_is_judged_by_its_own_settings() -> None:
    make_up(
        "b",
        able=MAPPED
        | {"cid_start": 70, "cid_count": 1, "max_disk_gb": 3, "network_mode": "bridge", "bridge": "br7"},
    )
    vm = vms.create(wanted(node="b"))
    assert (vm.cid, vm.networks) == (70, [{"mode": "bridge", "bridge_name": "br7"}])
    with pytest.raises(Invalid, match="between 1 and 3"):
        update.update(VmUpdate(vm.pk, disk_size=4))
    vm.delete()
    with pytest.raises(Invalid, match=r"allowed here: 8000-8001"):
        vms.create(wanted(node="b", ports=(Port("tcp", 9000, 80),), networks=(USER,)))
    vm = vms.create(wanted(node="b", ports=(PORT,), networks=(USER,)))
    assert PortMapping.objects.get(vm=vm).host_address == "10.0.0.2"
    with pytest.raises(Conflict, match="at most 1 VMs"):
        vms.create(wanted(node="b"))


def test_a_confidential_vm_goes_where_there_is_a_tee(here: Node) -> None:
    tdx = make_up("tdx", platform=Platform.TDX, able={"plain_by_default": False})
    make_up("plain", able={"plain_by_default": False})
    make_vm(node=tdx, vcpu=16)
    here.delete()
    make_up("", able={}, heartbeat_at_ms=1)
    vm = vms.create(wanted(no_tee=False))
    assert (vm.node, vm.no_tee) == (tdx, False)


def test_gpus_are_leased_where_they_are_free(here: Node) -> None:
    able = {"gpus": True}
    b, c = make_up("b", able=able), make_up("c", able=able)
    for node in (b, c):
        Gpu.objects.create(node=node, slot="65:00.0", product_id="10de:2331", kind=GpuKind.GPU)
    held = vms.create(wanted(gpus=Gpus(("65:00.0",))))
    other = vms.create(wanted(gpus=Gpus(("65:00.0",))))
    assert {held.node, other.node} == {b, c}
    assert {gpu.holder for gpu in Gpu.objects.all()} == {held, other}
    with pytest.raises(Conflict, match="no node can take it"):
        vms.create(wanted(gpus=Gpus(("65:00.0",))))
    assert Vm.objects.count() == 2


def test_who_loses_the_last_port_of_a_node_gets_the_next_one() -> None:
    """Two were told the same; the second comes to write once the first has."""
    make_up("b", able=MAPPED)
    make_up("c", able=MAPPED)
    asked = wanted(ports=(PORT,), networks=(USER,))
    first, second = placement.suited(asked), placement.suited(asked)
    assert (
        [each.node.name for each in first.suited] == [each.node.name for each in second.suited] == ["b", "c"]
    )
    placed = [
        placement.on_first(choice, lambda suited: vms._record(None, suited)).node.name
        for choice in (first, second)
    ]
    assert placed == ["b", "c"]
    with pytest.raises(Conflict, match=r"b: ports\[0\].host_port: .* taken .* c: ports\[0\]"):
        vms.create(asked)
    assert Vm.objects.count() == PortMapping.objects.count() == 2


def test_nothing_starts_on_a_node_that_is_being_drained(here: Node) -> None:
    vm = make_vm(node=here, desired=Desired.STOPPED)
    cordon.drain(here.name, "wait")
    assert vms.start(vm.pk).desired == Desired.RUNNING
    vms.stop(vm.pk)
    cordon.drain(here.name, "stop")
    with pytest.raises(Conflict, match="is being drained; UncordonNode"):
        vms.start(vm.pk)
    cordon.uncordon(here.name)
    assert vms.start(vm.pk).desired == Desired.RUNNING


def test_a_check_says_of_each_node_why_it_can_t(here: Node) -> None:
    assert check_new(wanted()).nodes == ()
    make_up("b", image="")
    make_up("c", cordoned=True)
    told = check_new(wanted())
    assert told.problems == ()
    verdicts = {verdict.node: verdict.problem for verdict in told.nodes}
    assert (verdicts[here.name], verdicts["c"]) == ("", "it is cordoned")
    assert verdicts["b"].startswith("image: no image")
    [problem] = check_new(wanted(node="b")).problems
    assert problem.field == "image"
    [problem] = check_new(wanted(node="c")).problems
    assert (problem.field, "cordoned" in problem.message) == ("node", True)

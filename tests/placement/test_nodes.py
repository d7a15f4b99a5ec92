"""Nodes as things: what is told of them, cordon, drain, remove."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pytest_django import DjangoAssertNumQueries

from tests.placement.conftest import make_up
from tests.rows import make_node, make_vm
from vms.access.principal import Credential, Principal, acting_as
from vms.actions import cordon
from vms.choices import Actual, Desired, Draining, GpuKind, NodeState, Role
from vms.database import now_ms
from vms.errors import Conflict, Invalid, NotFound, Unavailable
from vms.models import Gpu, Node, Vm
from vms.selectors.nodes import encoded_rows, fleet_nodes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_admin() -> Any:
    with acting_as(Principal("admin", Role.ADMIN, Credential.NONE)):
        yield


def test_a_node_is_told_with_what_its_vms_have_of_it(here: Node) -> None:
    other = make_up("b", able={"max_vcpu": 60}, load={"cpu": 17.4, "memory_mb": 5, "at_ms": 7})
    make_vm(node=other, vcpu=4, memory=2048, actual=Actual.ON)
    make_vm(node=other, vcpu=2, memory=1024, desired=Desired.STOPPED)
    Gpu.objects.create(node=other, slot="65:00.0", product_id="10de:2331", kind=GpuKind.GPU)
    [_, row] = sorted(fleet_nodes(), key=lambda node: not node.is_this)
    assert (row.name, row.state, row.is_this, row.state_since_ms) == ("b", NodeState.UP, False, None)
    assert (row.vcpus_used, row.memory_mb_used, row.vms_running, row.vms) == (4, 2048, 1, 2)
    assert (row.max_vcpu, row.images, row.gpus, row.gpus_free) == (60, 1, 1, 1)
    assert row.load is not None
    assert row.load.cpu == 17


@pytest.mark.parametrize("ago_ms, state", [(0, "up"), (14_000, "up"), (16_000, "lost"), (None, "ended")])
def test_what_becomes_of_a_node_shows_in_its_heartbeat(ago_ms: int | None, state: str) -> None:
    at_ms = 0 if ago_ms is None else now_ms() - ago_ms
    make_up("b", heartbeat_at_ms=at_ms)
    [row] = fleet_nodes()
    assert (row.state, row.state_since_ms) == (state, at_ms if state == "lost" else None)


def test_watchers_hear_of_nodes_where_there_are_several(here: Node) -> None:
    assert encoded_rows(whole=True) == "[]"
    make_up("b", address="https://b.example")
    assert [row["address"] for row in orjson.loads(encoded_rows(whole=True)) if row["name"] == "b"] == [
        "https://b.example"
    ]
    least = orjson.loads(encoded_rows(whole=False))
    assert {row["name"] for row in least} == {here.name, "b"}
    assert {row["address"] for row in least} == {""}
    assert {row["vcpus"] for row in least} == {0}


def test_nodes_take_four_queries_whatever_their_number(
    here: Node, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        make_vm(node=make_up(f"n{number}"))
    with django_assert_num_queries(4):
        assert len(fleet_nodes()) == 21


def test_a_drain_stops_what_should_run_and_says_what_still_does(here: Node) -> None:
    on = make_vm(node=here, actual=Actual.ON)
    waits = make_vm(node=here, next_retry_at_ms=now_ms() + 60_000)
    off = make_vm(node=here, desired=Desired.STOPPED)
    elsewhere = make_vm(node=make_up("b"))
    assert cordon.drain(here.name, "stop") == [on.pk]
    assert {vm.pk: vm.desired for vm in Vm.objects.all()} == {
        on.pk: Desired.STOPPED,
        waits.pk: Desired.STOPPED,
        off.pk: Desired.STOPPED,
        elsewhere.pk: Desired.RUNNING,
    }
    here.refresh_from_db()
    assert (here.cordoned, here.draining) == (True, Draining.STOP)
    cordon.uncordon(here.name)
    here.refresh_from_db()
    assert (here.cordoned, here.draining) == (False, Draining.NO)


def test_a_drain_that_waits_stops_nothing(here: Node) -> None:
    vm = make_vm(node=here, actual=Actual.ON)
    assert cordon.drain(here.name, "wait") == [vm.pk]
    assert Vm.objects.get().desired == Desired.RUNNING


def test_a_lost_node_s_vms_can_t_be_stopped_and_nothing_is_written() -> None:
    node = make_up("b", heartbeat_at_ms=1)
    make_vm(node=node)
    with pytest.raises(Unavailable, match="'b'"):
        cordon.drain("b", "stop")
    assert not Node.objects.get().cordoned


def test_only_a_node_that_is_gone_and_empty_is_removed(here: Node) -> None:
    with pytest.raises(Conflict, match="is up"):
        cordon.remove(here.name)
    lost = make_up("b", heartbeat_at_ms=1)
    vm = make_vm(node=lost)
    with pytest.raises(Conflict, match=vm.pk):
        cordon.remove("b")
    vm.delete()
    Node.objects.filter(pk=lost.pk).update(lease_until_ms=now_ms() + 10_000)
    with pytest.raises(Conflict, match="is up"):
        cordon.remove("b")
    Node.objects.filter(pk=lost.pk).update(lease_until_ms=1)
    cordon.remove("b")
    assert [node.name for node in Node.objects.all()] == [here.name]


def test_what_is_asked_of_no_node_names_those_that_are() -> None:
    make_node("a")
    for act in (cordon.cordon, cordon.uncordon, cordon.remove):
        with pytest.raises(NotFound, match="no node 'x'; there are a"):
            act("x")
    with pytest.raises(Invalid, match="stop or wait"):
        cordon.drain("a", "now")

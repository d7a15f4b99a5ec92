"""``/metrics``: read back with Prometheus' own parser, and bounded however many VMs there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from tests.figures.test_points import FIRST, HOST
from tests.in_process import InProcess
from tests.live.browser import browser
from tests.rows import make_node, make_vm
from tests.waiting import eventually
from vms.figures.board import board
from vms.figures.readings import GuestTraffic, VmReading
from vms.hypervisor.base import ExitReason
from vms.hypervisor.figures import DiskTraffic, Figures, NetworkTraffic
from vms.hypervisor.process import ProcessIdentity
from vms.models import Pull, Vm
from vms.pages import metrics
from vms.prpc.methods import SERVICES

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    metrics.page.forget()
    yield
    board.clear()


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    """A sample; what was never counted is 0."""
    return found.get((f"dstack_vmm_{name}", tuple(sorted(labels.items()))), 0.0)


async def scraped(vmm: InProcess) -> Samples:
    metrics.page.forget()
    response = await vmm.client.get("/metrics")
    assert response.status_code == 200
    return samples(response.text)


def read(client: Client) -> str:
    return client.get("/metrics").content.decode()


async def test_it_is_text_for_prometheus(vmm: InProcess) -> None:
    response = await vmm.client.get("/metrics")
    assert (response.status_code, response.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    assert response.headers["cache-control"] == "no-store"
    assert (await vmm.client.head("/metrics")).content == b""


@pytest.mark.django_db
def test_it_can_only_be_read(client: Client) -> None:
    refused = client.post("/metrics")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")


async def test_vms_are_counted_by_status_and_every_status_is_there(vmm: InProcess) -> None:
    await vmm.create()
    await vmm.create(stopped=True)
    await vmm.create(stopped=True)
    found = await scraped(vmm)
    told = {status: value(found, "vms", status=status) for status in ("running", "stopped", "exited")}
    assert told == {"running": 1, "stopped": 2, "exited": 0}
    assert ("dstack_vmm_vms", (("status", "removing"),)) in found


async def test_what_a_vm_uses_comes_from_its_driver(vmm: InProcess) -> None:
    vm_id = await vmm.create(name="database", vcpu=2)
    traffic = DiskTraffic(1000, 2000, 10, 20)
    used = Figures(ProcessIdentity(0, 0), 0, 12.5, 4096, 8192, traffic, NetworkTraffic(300, 400))
    vmm.driver.use(vm_id, used)
    await eventually(lambda: board.vms().get(vm_id, FIRST).cpu_s == 12.5, timeout_s=15)
    found = await scraped(vmm)
    vm = {"vm_id": vm_id, "vm_name": "database"}
    assert value(found, "vm_cpu_seconds_total", **vm) == 12.5
    assert value(found, "vm_memory_bytes", **vm) == 4096
    assert value(found, "vm_vcpus", **vm) == 2
    assert value(found, "vm_disk_used_bytes", **vm) == 8192
    names = ("disk_read_bytes", "disk_written_bytes", "disk_reads", "disk_writes")
    assert [value(found, f"vm_{name}_total", **vm) for name in names] == [1000, 2000, 10, 20]
    assert value(found, "vm_network_received_bytes_total", **vm, reported_by="host") == 300
    assert value(found, "vm_network_sent_bytes_total", **vm, reported_by="host") == 400
    assert value(found, "node_memory_bytes") > 0
    assert value(found, "node_cpu_seconds_total") > 0


async def test_requests_are_counted_by_method_and_status(vmm: InProcess) -> None:
    before = await scraped(vmm)
    await vmm.call("Status")
    await vmm.call("Status")
    await vmm.call("Vmm.StartVm", {"id": "no-such-vm"})
    await vmm.client.put("/prpc/Status")
    await vmm.create()
    after = await scraped(vmm)

    def more(method: str, status: int, what: str = "requests_total") -> float:
        labels = {"service": "prpc", "method": method, "status": str(status)}
        return value(after, what, **labels) - value(before, what, **labels)

    assert more("Status", 200) == more("Status", 200, "request_duration_seconds_count") == 2
    assert more("StartVm", 404) == 1
    assert more("Status", 405) == 1
    assert more("CreateVm", 200) == 1, "counted when it settled"


async def test_no_client_makes_a_label(vmm: InProcess) -> None:
    for number in range(20):
        await vmm.client.post(f"/prpc/Nonsense{number}", json={})
    found = await scraped(vmm)
    known = {name for service in SERVICES for name in service.methods} | {"unknown"}
    methods = {dict(labels)["method"] for name, labels in found if name == "dstack_vmm_requests_total"}
    assert methods <= known
    assert value(found, "requests_total", service="prpc", method="unknown", status="404") >= 20


async def test_launches_and_exits_are_counted_by_how_they_went(vmm: InProcess) -> None:
    before = await scraped(vmm)
    vm_id = await vmm.create()
    vmm.driver.die(vm_id, ExitReason.GUEST_PANIC, 1)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.exit_reason == "guest-panic")
    vmm.driver.refuse_launch(None, "no kernel")
    await vmm.call("CreateVm", vmm.configuration())
    after = await scraped(vmm)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("launches_total", outcome="running") == 1
    assert more("launches_total", outcome="refused") == 1
    assert more("launch_duration_seconds_count") == 2
    assert more("start_queue_wait_seconds_count") == 2
    assert more("vm_exits_total", reason="guest-panic") == 1
    assert more("worker_wake_wait_seconds_count") > 0
    assert more("database_write_wait_seconds_count") > 0


async def test_gauges_go_back_to_where_they_were(vmm: InProcess) -> None:
    names = ("worker_active_vms", "start_queue_waiting", "start_queue_booting")
    before = await scraped(vmm)
    await vmm.create()
    vmm.driver.refuse_launch(None, "no kernel")
    await vmm.call("CreateVm", vmm.configuration())

    async def is_quiet() -> bool:
        found = await scraped(vmm)
        return [value(found, name) for name in names] == [value(before, name) for name in names]

    await eventually(is_quiet)


async def test_open_websockets_are_counted(vmm: InProcess) -> None:
    before = value(await scraped(vmm), "websocket_clients", path="ws/status")
    async with browser():
        assert value(await scraped(vmm), "websocket_clients", path="ws/status") == before + 1
    assert value(await scraped(vmm), "websocket_clients", path="ws/status") == before


@pytest.mark.django_db
def test_hostile_names_stay_inside_their_quotes(client: Client) -> None:
    name = 'x"} 1\ndstack_vmm_vms{status="\\running"} 666\n# \u202e{'
    board.add_vm(make_vm(name=name).pk, FIRST)
    text = read(client)
    found = samples(text)
    assert value(found, "vms", status="\\running") == 0
    assert [dict(labels)["vm_name"] for key, labels in found if key == "dstack_vmm_vm_memory_bytes"] == [name]


@pytest.mark.django_db
def test_what_a_guest_says_is_marked_as_its_word(client: Client) -> None:
    vm = make_vm(name="talker")
    board.add_vm(vm.pk, replace(FIRST, guest=GuestTraffic(1.0, 70, 80)))
    found = samples(read(client))
    by_guest = {"vm_id": vm.pk, "vm_name": "talker", "reported_by": "guest"}
    assert value(found, "vm_network_received_bytes_total", **by_guest) == 70
    assert value(found, "vm_network_sent_bytes_total", **by_guest) == 80


@pytest.mark.django_db
def test_what_is_not_known_is_not_told(client: Client) -> None:
    board.add_vm(make_vm(name="silent").pk, replace(FIRST, disk_read_bytes=None))
    board.add_vm("removed-meanwhile", FIRST)
    names = {name for name, _ in samples(read(client))}
    assert "dstack_vmm_vm_disk_reads_total" in names
    assert "dstack_vmm_vm_disk_read_bytes_total" not in names
    assert "removed-meanwhile" not in read(client)


@pytest.mark.django_db
def test_pulls_are_counted_by_state(client: Client) -> None:
    Pull.objects.create(node=make_node(), tag="1", name="r", state="failed", started_at_ms=0, updated_at_ms=0)
    found = samples(read(client))
    assert value(found, "image_pulls", state="failed") == 1
    assert ("dstack_vmm_image_pulls", (("state", "downloading"),)) in found


@pytest.mark.django_db
def test_a_thousand_vms_cost_two_queries_and_a_bounded_text(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    node = make_node()
    made = [
        Vm(**{**_columns(), "id": f"vm-{n:032}", "node": node, "cid": 50_000 + n, "name": f"application-{n}"})
        for n in range(1000)
    ]
    Vm.objects.bulk_create(made)
    for vm in made:
        board.add_vm(vm.pk, _everything_known())
    board.add_node(HOST)
    with django_assert_num_queries(2):
        text = read(client)
    assert len(samples(text)) > 10_000
    assert len(text) < 2_000_000
    with django_assert_num_queries(0):
        assert read(client) == text, "made once a second at most"


def test_every_name_is_ours_or_the_process_s_and_has_a_unit(client: Client, db: None) -> None:
    board.add_node(HOST)
    families = list(text_string_to_metric_families(read(client)))
    assert {family.name.partition("_")[0] for family in families} == {"dstack", "process"}
    assert all(family.documentation for family in families)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", family.name) for family in families)
    ours = {family.name for family in families if family.name.startswith("dstack")}
    assert not [name for name in ours if re.search("(milli|micro|kilo|mega|percent)", name)]


def test_nothing_is_put_into_the_registry_that_all_libraries_share() -> None:
    assert not [name for name in REGISTRY._names_to_collectors if name.startswith("dstack")]


def _columns() -> dict[str, object]:
    vm = make_vm(desired="running", actual="on")
    fields = {field.attname: getattr(vm, field.attname) for field in Vm._meta.concrete_fields}
    vm.delete()
    fields.pop("node_id")
    return fields


def _everything_known() -> VmReading:
    return replace(FIRST, received_bytes=10**12, sent_bytes=10**12, disk_read_bytes=10**12)

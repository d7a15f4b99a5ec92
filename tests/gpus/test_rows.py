"""Rows follow what discovery finds, and say of each device whether it can be had, and why not."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.test import Client

from tests.gpus.asking import H200, ONE, OTHER, eight_h200
from tests.gpus.conftest import Settings, look
from tests.gpus.machine import BUS_MASTER, Machine
from tests.rows import make_node, make_vm
from vms.actions import gpu_rows
from vms.database import in_database
from vms.models import Gpu
from vms.selectors.gpus import list_gpus
from vms.worker import gpus
from vms.worker.gpus import GpuWatch

pytestmark = pytest.mark.django_db(transaction=True)


def obstacles() -> dict[str, str]:
    return {gpu.slot: gpu.obstacle for gpu in Gpu.objects.all()}


def listed() -> dict[str, bool]:
    return {gpu["slot"]: gpu["is_free"] for gpu in list_gpus()["gpus"]}


@eight_h200
def test_a_row_says_all_that_is_known(machine: Machine) -> None:
    node = look(machine)
    gpu = Gpu.objects.get(slot="9a:00.0")
    assert (gpu.product_id, gpu.pci_class, gpu.kind) == ("10de:2335", "0302", "gpu")
    assert (gpu.numa_node, gpu.iommu_group, gpu.driver) == (1, 107, "vfio-pci")
    assert (gpu.is_busy, gpu.offer, gpu.problem, gpu.obstacle) == (False, "offered", "", "")
    assert node.numa_cpus == {"0": "0-55,112-167", "1": "56-111,168-223"}
    switches = Gpu.objects.filter(kind="bridge").values_list("slot", flat=True)
    assert list(switches) == ["05:00.0", "06:00.0", "07:00.0", "08:00.0"]


@pytest.mark.parametrize(
    "setting, obstacle",
    [
        ({"listing": ("10de:2335",)}, "its product is not in [cvm.gpu] listing"),
        ({"exclude": (f"0000:{ONE}",)}, "[cvm.gpu] exclude names it"),
        ({"exclude": (ONE,), "include": (ONE,)}, "[cvm.gpu] exclude names it"),
        ({"include": (OTHER,)}, "[cvm.gpu] include does not name it"),
        ({"include": (f"0000:{ONE}",)}, ""),
        ({"enabled": False}, "this node gives no GPUs to VMs ([cvm.gpu] enabled)"),
    ],
)
def test_the_operator_decides_which_are_given_away(
    machine: Machine, configured: Settings, setting: dict[str, Any], obstacle: str
) -> None:
    configured(**setting)
    look(machine)
    assert obstacles()[ONE] == obstacle
    assert (ONE in listed()) is not bool(obstacle)


def test_a_name_comes_from_the_host_s_list_else_it_is_the_product(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(machine)
    assert Gpu.objects.get(slot=ONE).description == "10de:2331"
    monkeypatch.setattr(gpus, "descriptions", lambda products: {"10de:2331": "NVIDIA Corporation GH100"})
    look(machine)
    assert Gpu.objects.get(slot=ONE).description == "NVIDIA Corporation GH100"


def test_one_that_is_held_busy_or_out_of_order_is_listed_and_not_free(machine: Machine) -> None:
    look(machine)
    assert listed() == {ONE: True, OTHER: True}
    machine.command(f"0000:{ONE}", BUS_MASTER)
    machine.bind(f"0000:{OTHER}", "nvidia")
    look(machine)
    assert listed() == {ONE: False, OTHER: False}
    assert obstacles()[ONE] == "something on this host uses it (its bus-master bit is on)"
    assert obstacles()[OTHER].startswith("the host's driver nvidia has it")
    machine.command(f"0000:{ONE}", 0)
    look(machine)
    Gpu.objects.filter(slot=ONE).update(holder=make_vm())
    assert listed() == {ONE: False, OTHER: False}


def test_what_a_vm_does_with_its_device_is_not_somebody_else_s_use(machine: Machine) -> None:
    look(machine)
    Gpu.objects.filter(slot=ONE).update(holder=make_vm())
    for slot in (ONE, OTHER):
        machine.command(f"0000:{slot}", BUS_MASTER)
    look(machine)
    assert dict(Gpu.objects.filter(slot__in=(ONE, OTHER)).values_list("slot", "is_busy")) == {
        ONE: False,
        OTHER: True,
    }


def test_one_that_vanished_stays_only_while_it_is_held(machine: Machine) -> None:
    look(machine)
    vm = make_vm()
    Gpu.objects.filter(slot=ONE).update(holder=vm)
    machine.unplug(f"0000:{ONE}")
    machine.unplug(f"0000:{OTHER}")
    node = look(machine)
    assert (ONE in obstacles(), OTHER in obstacles()) == (True, False)
    now = gpus.look_around(machine.sysfs)
    assert not gpu_rows.sync(node.pk, now.devices, now.numa_cpus, ())
    assert obstacles()[ONE] == "it has vanished from the host"
    machine.add(f"0000:{ONE}", "0302", "10de:2331", "0", "30", "vfio-pci")
    look(machine)
    assert obstacles()[ONE] == ""
    assert Gpu.objects.get(slot=ONE).holder == vm
    machine.unplug(f"0000:{ONE}")
    Gpu.objects.update(holder=None)
    look(machine)
    assert ONE not in obstacles()


def test_no_news_is_not_written(machine: Machine, django_assert_num_queries: Any) -> None:
    node = look(machine)
    found = gpus.look_around(machine.sysfs)
    with django_assert_num_queries(2):
        assert not gpu_rows.sync(node.pk, found.devices, found.numa_cpus, ())


@eight_h200
def test_switches_are_no_gpus_to_ask_for(machine: Machine) -> None:
    look(machine)
    assert tuple(listed()) == H200


@pytest.mark.parametrize("machine", ["h100-pcie", "h200-sxm"], indirect=True)
def test_one_query_lists_them_whatever_the_number(machine: Machine, django_assert_num_queries: Any) -> None:
    look(machine)
    with django_assert_num_queries(1):
        assert listed()


@pytest.mark.parametrize("machine", ["h100-pcie", "h200-sxm"], indirect=True)
def test_the_admin_shows_them_with_holder_and_reason(
    machine: Machine, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    look(machine)
    holder = make_vm(name="its-holder")
    Gpu.objects.filter(offer="offered", problem="").update(holder=holder)
    with django_assert_max_num_queries(10):
        page = admin_client.get("/admin/vms/gpu/").content.decode()
    assert page.count("its-holder") >= 2
    assert "its product is not in [cvm.gpu] listing" in page
    row = Gpu.objects.first()
    assert row is not None
    form = admin_client.get(f"/admin/vms/gpu/{row.pk}/change/").content.decode()
    assert 'name="holder"' not in form
    assert admin_client.post(f"/admin/vms/gpu/{row.pk}/change/", {"holder": ""}).status_code == 403


async def test_a_look_that_hangs_holds_nobody_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, looks = threading.Event(), []
    really = gpus.look_around

    def hanging(sysfs: Any) -> gpus.Found:
        looks.append(sysfs)
        answers.wait(30)
        return really(sysfs)

    monkeypatch.setattr(gpus, "look_around", hanging)
    monkeypatch.setattr(gpus, "LOOK_S", 0.05)
    watch = GpuWatch((await in_database(make_node)).pk)
    for _ in range(3):
        await watch.sync()
    assert len(looks) == 1
    assert await in_database(Gpu.objects.count) == 0
    answers.set()
    monkeypatch.setattr(gpus, "LOOK_S", 30)
    await watch.sync()
    assert await in_database(Gpu.objects.count) == 3


async def test_a_folder_that_can_t_be_listed_leaves_the_rows(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch = GpuWatch((await in_database(make_node)).pk)
    await watch.sync()
    machine.devices.rename(machine.devices.with_name("elsewhere"))
    machine.devices.write_text("")
    await watch.sync()
    assert await in_database(Gpu.objects.count) == 3
    assert "the PCI devices can't be listed" in caplog.text

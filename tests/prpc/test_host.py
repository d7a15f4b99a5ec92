"""GetHost: what the host is, what VMs have of it, and the settings without their secrets."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from tests.access.people import with_login
from tests.access.team import join
from tests.in_process import InProcess
from vmm_site.config.environment import settable
from vmm_site.config.model import Config
from vms.choices import Role
from vms.conf import conf
from vms.database import in_database
from vms.models import Node
from vms.selectors.host import started_at_ms
from vms.version import VERSION


async def host(vmm: InProcess) -> dict[str, Any]:
    answer = await vmm.client.get("/prpc/GetHost")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_it_tells_what_the_host_is(vmm: InProcess) -> None:
    told = await host(vmm)
    assert told["name"] == conf().effective_node_name
    assert told["version"] == VERSION
    assert told["cpus"] == os.cpu_count()
    assert told["kernel"] == f"Linux {os.uname().release}"
    assert told["data_dir"] == str(conf().data_dir)
    with open("/proc/meminfo", encoding="ascii") as file:
        total_kb = int(file.readline().split()[1])
    assert told["memory_mb"] == total_kb >> 10


def test_it_knows_when_the_process_began() -> None:
    assert started_at_ms() < time.time() * 1000
    began_s = os.stat("/proc/self").st_ctime  # made when first looked up: not before the process
    assert started_at_ms() <= (began_s + 1) * 1000


async def test_what_runs_or_should_is_used(vmm: InProcess) -> None:
    runs = await vmm.create(vcpu=2, memory=1024)
    await vmm.create(vcpu=4, memory=2048, stopped=True)
    told = await host(vmm)
    assert (told["vms"], told["vms_running"]) == (2, 1)
    assert (told["vcpus_used"], told["memory_mb_used"]) == (2, 1024)
    await vmm.call("StopVm", {"id": runs})
    told = await host(vmm)
    assert (told["vms"], told["vms_running"], told["vcpus_used"], told["memory_mb_used"]) == (2, 0, 0, 0)


async def test_limits_are_null_until_the_operator_sets_them(vmm: InProcess, settings: Any) -> None:
    assert (await host(vmm))["max_vcpu"] is None
    cvm = conf().cvm.model_copy(update={"max_allocable_vcpu": 7})
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    told = await host(vmm)
    assert (told["max_vcpu"], told["max_memory_mb"]) == (7, None)


async def test_every_setting_is_told_with_its_meaning_and_no_secret(vmm: InProcess, settings: Any) -> None:
    secret = "t0k3n-of-the-operator"
    auth = conf().auth.model_copy(update={"tokens": (secret,)})
    settings.VMM = conf().model_copy(
        update={
            "auth": auth,
            "database_url": f"postgres://me:{secret}@db/vmm",
            "kms_url": f"https://me:{secret}@kms",
            "given": frozenset({"auth.tokens", "cvm.start_width"}),
        }
    )
    answer = await vmm.client.get("/prpc/GetHost")
    assert secret not in answer.text
    told = {setting["key"]: setting for setting in answer.json()["settings"]}
    assert list(told) == [".".join(key) for key, _ in settable(Config)]
    assert all(setting["help"] for setting in told.values())
    assert (told["auth.tokens"]["value"], told["auth.tokens"]["is_default"]) == ("(set)", False)
    assert told["redis_url"]["value"] == "(not set)"
    assert told["cvm.start_width"]["value"] == "2"
    assert not told["cvm.start_width"]["is_default"]
    assert told["cvm.stop_grace"]["is_default"]


@pytest.mark.parametrize(
    "finding", [{"id": "qemu.version", "level": "warning", "new": "field"}, {"id": "qemu.version"}]
)
async def test_findings_of_another_version_are_told_as_far_as_they_go(
    vmm: InProcess, finding: dict[str, Any]
) -> None:
    await in_database(lambda: Node.objects.update(findings=[finding], findings_at_ms=5))
    told = await host(vmm)
    assert told["findings"][0]["id"] == "qemu.version"
    assert told["findings"][0]["remedy"] == ""
    assert told["findings_at_ms"] == 5


async def test_members_are_not_told(vmm: InProcess, settings: Any) -> None:
    settings.VMM = with_login()
    member = await join(vmm, "ada")
    viewer = await join(vmm, "vera", Role.VIEWER)
    assert (await member.get("/prpc/GetHost")).status_code == 403
    assert (await viewer.get("/prpc/GetHost")).status_code == 200

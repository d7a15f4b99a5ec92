"""Plans for hosts that aren't here: confidential ones, and such with GPUs that a server has given away."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gpus.machine import unpack
from tests.launches.host import IMAGE, compose, make_image
from tests.launches.test_refusals import POOR, SNP, TDX
from tests.rows import make_node, make_vm
from vmm_site.config.values import Platform as OperatorsPlatform
from vms.conf import conf
from vms.models import Gpu, Node
from vms.oneshot import plan
from vms.oneshot.plan import Plan, make_plan
from vms.oneshot.request import parse
from vms.worker import gpus
from vms.worker.host import Host

Become = Callable[[Host], None]
GPU = "c1:00.0"
GPU_AND_NUMA = {"gpus": {"gpus": [{"slot": f"0000:{GPU}"}]}, "pin_numa": True}


@pytest.fixture(autouse=True)
def image(tmp_path: Path, settings: Any) -> None:
    """An image with all that verifiers need, an operator's file, and a data folder in which nothing is."""
    make_image(tmp_path / "images")
    image = conf().image.model_copy(update={"path": tmp_path / "images"})
    values = {"image": image, "data_dir": tmp_path / "data", "from_file": tmp_path / "vmm.toml"}
    settings.VMM = conf().model_copy(update=values)


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    """Let this host be found to be another one."""
    return lambda host: monkeypatch.setattr(plan, "look_around", lambda: host)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Two H100 PCIe, which the operator gives away."""
    monkeypatch.setattr(gpus, "SYSFS", unpack("h100-pcie", tmp_path / "sys").sysfs)
    gpu = conf().cvm.gpu.model_copy(update={"enabled": True, "listing": ("10de:2331",)})
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update={"gpu": gpu})})


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Node:
    """The data folder's server was there: its database is the test's."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/vmm.sqlite3").touch()
    return make_node()


def planned(**changed: Any) -> Plan:
    asked = {"name": "my-app", "image": IMAGE, "compose_file": compose(), "vcpu": 1, "memory": 4096}
    return make_plan(parse(json.dumps(asked | {"disk_size": 1} | changed).encode()), rehearsal=True)


def test_what_a_tdx_guest_is_measured_as_stands_on_its_command_line(become: Become) -> None:
    become(TDX)
    found = planned()
    assert found.refused == ()
    measured = found.measured
    assert measured["platform"] == "tdx"
    assert measured["mrconfigid"] == "01" + measured["compose_hash"] + "00" * 15
    told = base64.b64encode(bytes.fromhex(measured["mrconfigid"])).decode()
    assert any(f'"mrconfigid":"{told}"' in word for word in found.argv)
    assert measured["tdx_attestation_variant"] == "lite"


@pytest.mark.parametrize("host, name", [(SNP, "host_data"), (TDX, "mrconfigid")])
def test_what_is_measured_can_be_recomputed_from_what_is_shown(become: Become, host: Host, name: str) -> None:
    become(host)
    bound = compose(key_provider="kms", key_provider_id="33" * 32)
    shown = planned(compose_file=bound, instance_id_seed="ab" * 20).measured
    digest = hashlib.sha256(b"dstack-mr-config-v3:\0" + shown["mr_config"].encode()).hexdigest()
    assert shown[name].removeprefix("03")[:64] == digest
    app_id = bytes.fromhex(shown["app_id"])
    assert shown["instance_id_seed"] == "ab" * 20
    assert shown["instance_id"] == hashlib.sha256(b"\xab" * 20 + app_id).hexdigest()[:40]
    assert json.loads(shown["mr_config"])["instance_id"] == shown["instance_id"]


@pytest.mark.parametrize("platform, name", [("tdx", "mrconfigid"), ("amd-sev-snp", "host_data")])
def test_a_host_without_a_tee_shows_what_one_with_it_measures(
    become: Become, settings: Any, platform: str, name: str
) -> None:
    cvm = conf().cvm.model_copy(update={"platform": OperatorsPlatform(platform)})
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    become(POOR)
    found = planned(instance_id_seed="ab" * 20)
    become(replace(TDX if platform == "tdx" else SNP, qemu_version=POOR.qemu_version))
    there = planned(instance_id_seed="ab" * 20)
    assert found.refused[0].startswith("no_tee: this host can launch no confidential VM: KVM does not work")
    assert (found.measured, found.files) == (there.measured, there.files)
    assert found.measured[name]
    # Two numbers of SEV-SNP's are asked of the host.
    assert found.argv == (there.argv if platform == "tdx" else ())


@pytest.mark.parametrize("compose_file", [compose(), compose(key_provider="kms", key_provider_id="33" * 32)])
def test_the_same_request_gives_the_same_instance_and_another_request_another(
    become: Become, compose_file: str
) -> None:
    become(SNP)
    one = planned(compose_file=compose_file)
    assert one == planned(compose_file=compose_file)
    assert one.measured["instance_id"] != planned(compose_file=compose_file, vcpu=2).measured["instance_id"]


def test_a_launch_that_is_none_for_show_is_another_one_each_time(become: Become) -> None:
    become(SNP)
    request = parse(json.dumps({"name": "a", "image": IMAGE, "compose_file": compose()}).encode())
    asked = replace(request, config=replace(request.config, vcpu=1, memory=512, disk_size=1))
    one, other = (make_plan(asked, rehearsal=False) for _ in range(2))
    assert one.chosen.vm_id != other.chosen.vm_id
    assert one.measured["instance_id"] != other.measured["instance_id"]


@pytest.mark.usefixtures("machine")
def test_gpus_are_found_without_a_database(become: Become) -> None:
    become(TDX)
    found = planned(**GPU_AND_NUMA)
    assert found.refused == ()
    assert f"vfio-pci,host={GPU},bus=pci.1,iommufd=iommufd0" in found.argv
    assert found.argv[:3] == ("taskset", "-c", "32-63,96-127")
    assert json.loads(found.measured["vm_config"])["num_gpus"] == 1
    assert "is not known" in found.notes[-1]


@pytest.mark.usefixtures("machine")
def test_who_has_a_gpu_is_read_in_the_server_s_database(become: Become, server: Node) -> None:
    become(TDX)
    holder = make_vm(name="holder")
    Gpu.objects.create(node=server, slot=GPU, product_id="10de:2331", holder=holder)
    found = planned(**GPU_AND_NUMA)
    assert found.refused == (f"gpus: {GPU} is taken by VM 'holder' ({holder.pk}, {holder.status})",)
    assert (found.argv, found.files) == ((), {})
    assert found.notes == (plan.CHOSEN_BY_US,)
    own = planned(id=holder.pk, **GPU_AND_NUMA)
    assert own.refused == ()
    assert (own.chosen.cid, own.chosen.created_at_ms) == (holder.cid, holder.created_at_ms)


def test_a_full_pool_and_the_operator_s_limits_are_refusals(
    become: Become, server: Node, settings: Any
) -> None:
    become(TDX)
    cvm = conf().cvm.model_copy(
        update={"cid_start": 1000, "cid_pool_size": 1, "max_allocable_memory_in_mb": 4200}
    )
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    make_vm(cid=1000, memory=200)
    assert [words.split(" ")[0] for words in planned().refused] == ["this", "memory:"]


def test_a_database_of_another_host_says_nothing(become: Become, server: Node, settings: Any) -> None:
    become(TDX)
    settings.VMM = conf().model_copy(update={"node_name": "other"})
    assert "knows no node 'other'" in planned().notes[-1]

"""Every reason at once, asked without a database: pytest-django refuses these tests any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gpus.machine import unpack
from tests.launches.host import IMAGE, compose, configure
from tests.launches.test_specs import BOUND, SIMULATOR
from vmm_site.config.values import TdxVariant
from vms.choices import AttachMode, Platform
from vms.conf import conf
from vms.configuration import Gpus, Networking, Port, VmConfiguration
from vms.hypervisor.spec import Accelerator, HostSettings, SevCapabilities
from vms.worker import gpus
from vms.worker.host import Host
from vms.worker.rehearsal import Chosen, gpus_of, node_of, rehearse

pytestmark = pytest.mark.usefixtures("images")

ABLE = HostSettings(
    qemu_path=Path("/usr/bin/qemu-system-x86_64"),
    qemu_img_path=Path("/usr/bin/qemu-img"),
    accelerator=Accelerator.KVM,
    vsock=True,
    sev=SevCapabilities(51, 1),
    swtpm_path=Path("/usr/bin/swtpm"),
)
TDX = Host(ABLE, Platform.TDX, "", (), "", "9.2.1")
SNP = replace(TDX, platform=Platform.AMD_SEV_SNP)
POOR = Host(
    replace(ABLE, accelerator=Accelerator.TCG, vsock=False, sev=None, swtpm_path=None),
    Platform.NONE,
    "",
    (),
    "KVM does not work here",
    "7.2.22",
)


def refusals(config: VmConfiguration, host: Host, found: gpus.Found | None = None) -> list[str]:
    """Why such a VM would not be launched there; where nothing is, it would be run in some way."""
    node = node_of(host, found)
    told = rehearse(config, node, host.settings, Chosen("vm-1", 1000, 0), gpus_of(node, found))
    assert told.refused or (told.argv and told.launch)
    return list(told.refused)


def asked(**changed: Any) -> VmConfiguration:
    values: dict[str, Any] = {
        "name": "my-app",
        "image": IMAGE,
        "compose_file": compose(),
        "vcpu": 1,
        "memory": 512,
        "disk_size": 1,
    }
    return VmConfiguration(**values | changed)


@pytest.mark.parametrize(
    "host, config",
    [
        (TDX, asked()),
        (TDX, asked(compose_file=BOUND, memory=4096, hugepages=True)),
        (SNP, asked(compose_file=compose(key_provider="tpm"))),
        (POOR, asked(no_tee=True)),
    ],
)
def test_nothing_is_said_of_what_would_be_launched(host: Host, config: VmConfiguration) -> None:
    assert refusals(config, host) == []


def test_all_that_is_wrong_with_a_configuration_is_said() -> None:
    config = asked(
        name="a,b",
        image="dstack-0.4.9",
        compose_file="{}",
        vcpu=0,
        simulated_tee="sgx",
        kms_urls=("nonsense",),
        networks=(Networking("bridge", "a b"),),
        ports=(Port("sctp", 1, 1),),
        app_id="zz",
    )
    found = refusals(config, POOR)
    begins = [words.split(":")[0] for words in found]
    assert begins == [
        *("name", "compose_file", "vcpu", "simulated_tee", "kms_urls[0]", "networks[0].bridge_name"),
        *("ports", "app_id", "image"),
    ]


def test_all_that_a_host_lacks_is_said(settings: Any, tmp_path: Path) -> None:
    configure(settings, use_mrconfigid=False, tdx_attestation_variant=TdxVariant.LITE)
    volume = {"source": "v.img", "verity_root": "ab" * 32, "target": "/v"}
    text = compose(key_provider="tpm", key_provider_id="33" * 32, verity_volumes=[volume])
    config = asked(compose_file=text, image="dstack-bare-0.5.4")
    found = refusals(config, TDX)
    assert [words[:45] for words in found] == [
        "key_provider_id: this node doesn't measure it",
        "compose_file: verity_volumes: 'v.img' is aske",
        '[cvm] tdx_attestation_variant = "lite" asks f',
    ]


def test_a_host_that_can_launch_no_confidential_vm_says_why() -> None:
    assert refusals(asked(), POOR) == [
        "no_tee: this host can launch no confidential VM: KVM does not work here; "
        "it takes only VMs with no_tee = true"
    ]


@pytest.mark.parametrize(
    "host, config, words",
    [
        (
            replace(POOR, platform=Platform.TDX),
            asked(compose_file=compose(key_provider="tpm")),
            ["swtpm is not installed", "KVM"],
        ),
        (replace(SNP, settings=replace(ABLE, sev=None)), asked(), ["query-sev-capabilities"]),
        (SNP, asked(hugepages=True, memory=2048), ["hugepages: QEMU can't give them to AMD SEV-SNP"]),
        (SNP, asked(image="dstack-bare-0.5.4"), ["can't be verified on AMD SEV-SNP"]),
        (TDX, asked(image="no-such"), ["image: 'no-such' can't be used: there is no metadata.json"]),
    ],
)
def test_what_only_the_launch_looks_at_is_looked_at_too(
    host: Host, config: VmConfiguration, words: list[str]
) -> None:
    found = refusals(config, host)
    assert len(found) == len(words), found
    assert all(word in said for word, said in zip(words, found, strict=True))


def test_gpus_are_looked_for_as_they_were_found(settings: Any, tmp_path: Path) -> None:
    given = conf().cvm.gpu.model_copy(update={"enabled": True})
    found = gpus.look_around(unpack("h200-sxm", tmp_path / "sys").sysfs)
    config = asked(hugepages=True, pin_numa=True, memory=2048, no_tee=True, gpus=Gpus(("18:00.0",)))
    assert refusals(config, TDX, found) == [
        "gpus: this node gives no GPUs to VMs ([cvm.gpu] enabled)",
    ]
    configure(settings, gpu=given)
    found = gpus.look_around(unpack("h200-sxm", tmp_path / "again").sysfs)
    assert refusals(config, TDX, found) == []
    assert refusals(replace(config, gpus=Gpus(attach_mode=AttachMode.ALL)), TDX, found) == []
    (words,) = refusals(replace(config, gpus=Gpus(("66:00.0",))), TDX, found)
    assert words.startswith("gpus.gpus[0].slot: 66:00.0 is no GPU of this node; it has 18:00.0, ")
    no_cpus = found._replace(numa_cpus={})
    assert "pin_numa: NUMA node 0" in refusals(config, TDX, no_cpus)[0]


def test_a_simulated_platform_needs_an_image_that_can_be_replayed(settings: Any) -> None:
    configure(settings, tee_simulator=SIMULATOR)
    config = asked(simulated_tee="dstack-gcp-tdx")
    assert refusals(config, POOR) == []
    assert "measurement.gcp.cbor" in refusals(replace(config, image="dstack-bare-0.5.4"), POOR)[0]


def test_what_no_launch_can_be_made_of_is_said_and_so_is_the_rest() -> None:
    config = asked(networks=(Networking("bogus"),), simulated_tee="sgx", gpus=Gpus(("18:00.0",)))
    assert [words.split(":")[0] for words in refusals(config, TDX)] == [
        "simulated_tee",
        "networks[0].mode",
        "gpus",
    ]


def test_no_machine_is_shown_for_one_with_its_gpus() -> None:
    config = asked(gpus=Gpus(("18:00.0",)))
    told = rehearse(config, node_of(TDX), ABLE, Chosen("vm-1", 1000, 0))
    assert (told.launch, told.argv) == (None, ())
    assert told.refused == ("gpus: this node gives no GPUs to VMs ([cvm.gpu] enabled)",)

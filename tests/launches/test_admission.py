"""What can be known when a VM is asked for is said then, and nothing is left of the VM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.in_process import InProcess
from tests.launches.conftest import Become
from tests.launches.host import KeepingDriver, compose, configure
from tests.launches.test_specs import BOUND, SIMULATOR
from tests.waiting import eventually
from vmm_site.config.values import TdxVariant
from vms.conf import conf
from vms.database import in_database
from vms.models import Vm

LITE = compose(requirements={"tdx_measure_acpi_tables": False})
BARE = "dstack-bare-0.5.4"
VOLUME = compose(verity_volumes=[{"source": "v.img", "verity_root": "ab" * 32, "target": "/v"}])


async def refused(vmm: InProcess, **asked: Any) -> tuple[int, str]:
    """Status and words of a create that must fail, which must have left nothing."""
    response = await vmm.call("CreateVm", vmm.configuration(**asked))
    assert response.status_code >= 400, response.text
    await vmm.nothing_left()
    return response.status_code, response.json()["message"]


async def test_a_host_without_a_tee_says_what_is_missing(vmm: InProcess, become: Become) -> None:
    await become("none", "there is no /dev/vhost-vsock")
    code, words = await refused(vmm)
    assert (code, words) == (
        409,
        "no_tee: this host can launch no confidential VM: there is no /dev/vhost-vsock; "
        "it takes only VMs with no_tee = true",
    )


@pytest.mark.parametrize(
    "platform, asked, begins",
    [
        ("tdx", {"image": "dstack-0.4.9"}, "image: 'dstack-0.4.9' can't be used: version 0.4.9 is too old"),
        ("tdx", {"image": "dstack-iso-0.5.4"}, "image: 'dstack-iso-0.5.4' can't be used: rootfs must be"),
        ("tdx", {"image": "dstack-out-0.5.4"}, "image: 'dstack-out-0.5.4' can't be used: bios: "),
        (
            "tdx",
            {"image": BARE, "compose_file": LITE},
            f"image: {BARE!r} brings nothing for lite",
        ),
        ("amd-sev-snp", {"image": BARE}, f"image: {BARE!r} can't be verified on AMD SEV-SNP"),
        ("none", {"simulated_tee": "sgx"}, "simulated_tee: must be one of dstack-amd-sev-snp, "),
        ("tdx", {"simulated_tee": "dstack-tdx"}, "simulated_tee: this node has no simulator configured"),
        (
            "tdx",
            {"hugepages": True, "memory": 1023},
            "memory: must be at least 1024 with hugepages",
        ),
        ("amd-sev-snp", {"hugepages": True, "memory": 2048}, "hugepages: QEMU can't give them to AMD SEV"),
        (
            "tdx",
            {"compose_file": VOLUME},
            "compose_file: verity_volumes: 'v.img' is asked for",
        ),
        ("tdx", {"compose_file": compose(key_provider="hsm")}, "compose_file: key_provider: input should be"),
    ],
)
async def test_it_is_named_and_the_way_out_too(
    vmm: InProcess, become: Become, driver: KeepingDriver, platform: str, asked: dict[str, Any], begins: str
) -> None:
    await become(platform)
    code, words = await refused(vmm, **asked)
    assert code in (400, 409)
    assert words.startswith(begins)
    assert driver.launched == driver.prepared == []


async def test_a_bound_key_provider_must_be_measured(
    vmm: InProcess, become: Become, settings: Any, driver: KeepingDriver
) -> None:
    configure(settings, use_mrconfigid=False)
    await become("tdx")
    code, words = await refused(vmm, compose_file=BOUND)
    assert code == 409
    assert words.startswith("key_provider_id: this node doesn't measure it")
    await vmm.create(compose_file=BOUND, no_tee=True)
    await become("amd-sev-snp")
    await vmm.create(compose_file=BOUND)  # there it always is
    assert len(driver.launched) == 2


async def test_lite_attestation_is_also_the_operator_s_word(
    vmm: InProcess, become: Become, settings: Any
) -> None:
    configure(settings, tdx_attestation_variant=TdxVariant.LITE)
    await become("tdx")
    assert "lite attestation" in (await refused(vmm, image=BARE))[1]
    legacy = compose(requirements={"tdx_measure_acpi_tables": True})
    await vmm.create(image=BARE, compose_file=legacy)
    await vmm.create(image=BARE, no_tee=True)


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize(
    "simulated, lacks",
    [("dstack-gcp-tdx", "measurement.gcp.cbor"), ("dstack-aws-nitro-tpm", "measurement.aws.cbor")],
)
async def test_what_only_the_launch_knows_takes_the_vm_back(
    vmm: InProcess, settings: Any, simulated: str, lacks: str, stopped: bool
) -> None:
    configure(settings, tee_simulator=SIMULATOR)
    asked = vmm.configuration(image=BARE, simulated_tee=simulated, stopped=stopped)
    response = await vmm.call("CreateVm", asked)
    assert response.status_code == 409
    assert lacks in response.json()["message"]

    async def nobody_is_left() -> bool:
        return not await in_database(Vm.objects.exists)

    await eventually(nobody_is_left)
    await vmm.nothing_left()


async def test_volumes_lie_in_the_operator_s_folder_and_nowhere_else(
    vmm: InProcess, settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "volumes"
    configure(settings, volumes_dir=folder)
    asked = {"compose_file": VOLUME, "no_tee": True}

    async def words() -> str:
        return (await refused(vmm, **asked))[1].removeprefix("compose_file: verity_volumes: 'v.img' ")

    assert await words() == f"can't be read in {folder} ([cvm] volumes_dir): No such file or directory"
    folder.mkdir()
    assert await words() == f"can't be read in {folder} ([cvm] volumes_dir): No such file or directory"
    (folder / "v.img").symlink_to("/etc/passwd")
    assert await words() == f"leads out of {folder} ([cvm] volumes_dir)"
    (folder / "v.img").unlink()
    (folder / "v.img").symlink_to("v.img")
    assert "can't be read" in await words()
    (folder / "v.img").unlink()
    (folder / "v.img").mkdir()
    assert await words() == f"is no regular file in {folder} ([cvm] volumes_dir)"
    (folder / "v.img").rmdir()
    (folder / "a=b,c").write_bytes(b"")
    (folder / "v.img").symlink_to("a=b,c")
    assert "must hold no comma" in await words()
    (folder / "v.img").unlink()
    (folder / "v.img").write_bytes(b"volume")
    await vmm.create(**asked)


async def test_without_an_operator_s_file_vms_are_made_plain(
    vmm: InProcess, settings: Any, driver: KeepingDriver
) -> None:
    settings.VMM = conf().model_copy(update={"from_file": None})
    vm_id = await vmm.create()
    assert (await vmm.info(vm_id))["configuration"]["no_tee"] is True
    assert driver.launched[0].tee is None


async def test_a_vm_that_simulates_a_tee_stays_plain(vmm: InProcess, become: Become, settings: Any) -> None:
    configure(settings, tee_simulator=SIMULATOR)
    await become("tdx")
    vm_id = await vmm.create(simulated_tee="dstack-tdx", stopped=True)
    assert (await vmm.info(vm_id))["configuration"]["no_tee"] is True
    response = await vmm.call("UpdateVm", {"id": vm_id, "no_tee": False})
    assert response.status_code == 409
    assert response.json()["message"] == ("no_tee: must stay true, for this VM simulates a TEE (dstack-tdx)")


@pytest.mark.parametrize(
    "asked, begins",
    [
        ({"compose_file": LITE}, "image: "),
        ({"compose_file": VOLUME}, "compose_file: verity_volumes: "),
        ({"compose_file": "{}"}, "compose_file: manifest_version: "),
        ({"image": "dstack-0.4.9"}, "image: 'dstack-0.4.9' can't be used"),
    ],
)
async def test_an_update_is_looked_at_as_a_create_is(
    vmm: InProcess, become: Become, asked: dict[str, Any], begins: str
) -> None:
    await become("tdx")
    vm_id = await vmm.create(image=BARE, stopped=True)
    before = await vmm.info(vm_id)
    response = await vmm.call("UpdateVm", {"id": vm_id} | asked)
    assert response.status_code in (400, 409)
    assert response.json()["message"].startswith(begins)
    assert await vmm.info(vm_id) == before


async def test_a_launch_looks_again_for_the_host_may_have_changed(
    vmm: InProcess, become: Become, settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "volumes"
    folder.mkdir()
    (folder / "v.img").write_bytes(b"volume")
    configure(settings, volumes_dir=folder)
    await become("tdx")
    vm_id = await vmm.create(compose_file=VOLUME, stopped=True)

    async def start() -> str:
        response = await vmm.call("StartVm", {"id": vm_id})
        return "" if response.status_code == 204 else str(response.json()["message"])

    await become("none", "KVM does not work here")
    assert await start() == (
        "no_tee: this is a confidential VM, and this host can launch none: KVM does not work here"
    )
    await become("tdx")
    (folder / "v.img").rename(folder / "elsewhere")
    assert "'v.img' can't be read" in await start()
    (folder / "elsewhere").rename(folder / "v.img")
    assert await start() == ""

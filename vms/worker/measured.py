"""From a VM's row to what is measured of it: rows and settings in the words of ``hypervisor.measure``."""

from __future__ import annotations

import secrets

from vms import compose as app
from vms.choices import Platform
from vms.compose import AppCompose, compose_hash
from vms.conf import conf
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.measure import (
    Application,
    AttestationPolicy,
    HostPart,
    ImageMaterial,
    KeyProvider,
    Machine,
    MeasureRequest,
    SimulatedTee,
    SimulatorSettings,
    TeePlatform,
)
from vms.hypervisor.measure.application import gpu_policy_hash, init_script_hashes
from vms.hypervisor.spec import ShareMode
from vms.images.store import StoredImage
from vms.models import Vm

SEED_BYTES = 20


def request_for(
    vm: Vm, compose: AppCompose, image: StoredImage, machine: Machine, seed: bytes
) -> MeasureRequest:
    """What is to be measured of that VM on its node, which need not be in the database.

    Raises:
        LaunchRefused: it is confidential, and the node can launch no such VM.
    """
    cvm = conf().cvm
    return MeasureRequest(
        application=_application(vm, compose),
        image=_material(image),
        platform=_platform(vm),
        machine=machine,
        host=_host_part(vm),
        instance_seed=seed,
        simulated=SimulatedTee(vm.simulated_tee) if vm.simulated_tee else None,
        simulator=_simulator(),
        kms_urls=tuple(vm.kms_urls) or cvm.kms_urls,
        gateway_urls=tuple(vm.gateway_urls) or cvm.gateway_urls,
    )


def seed_of_next_run(vm: Vm, compose: AppCompose) -> bytes:
    """What the instance's id is derived from: the VM's own, as long as a key provider knows it by that.

    Without a key provider nothing of a run outlives it, so that the next one is another instance.
    """
    kept = bytes.fromhex(vm.instance_id_seed)
    return (
        kept if kept and compose.key_provider is not app.KeyProvider.NONE else secrets.token_bytes(SEED_BYTES)
    )


def _platform(vm: Vm) -> TeePlatform:
    if vm.no_tee:
        return TeePlatform.NONE
    if vm.node.platform == Platform.NONE:
        raise LaunchRefused(
            f"no_tee: this is a confidential VM, and this host can launch none: "
            f"{vm.node.missing or 'it has no TEE'}"
        )
    return TeePlatform(vm.node.platform)


def _application(vm: Vm, compose: AppCompose) -> Application:
    return Application(
        compose_hash=bytes.fromhex(compose_hash(vm.compose_file)),
        app_id=bytes.fromhex(vm.app_id),
        key_provider=KeyProvider(compose.key_provider.value),
        key_provider_id=compose.key_provider_id,
        no_instance_id=compose.no_instance_id,
        gpu_policy_hash=gpu_policy_hash(
            {} if compose.gpu_policy is None else {"requirements": {"gpu_policy": compose.gpu_policy}}
        ),
        init_script_hashes=init_script_hashes(compose.manifest_version, compose.init_scripts),
        measure_acpi_tables=compose.measure_acpi_tables,
    )


def _material(image: StoredImage) -> ImageMaterial:
    return ImageMaterial(
        name=image.name,
        version=image.version,
        digest=image.digest,
        ovmf_variant=image.ovmf_variant,
        checksum_file=image.material.checksum_file,
        tdx=image.material.tdx,
        snp=image.material.snp,
        gcp=image.material.gcp,
        gcp_event_log=image.material.gcp_event_log,
        aws=image.material.aws,
        aws_replay=image.material.aws_replay,
    )


def _host_part(vm: Vm) -> HostPart:
    cvm, host_api = conf().cvm, conf().host_api
    return HostPart(
        use_mrconfigid=cvm.use_mrconfigid,
        qemu_version=cvm.qemu_version or vm.node.qemu_version,
        single_pass_add_pages=cvm.qemu_single_pass_add_pages,
        pic=cvm.qemu_pic,
        pci_hole64_size=cvm.qemu_pci_hole64_size,
        hotplug_off=cvm.qemu_hotplug_off,
        share_mode=ShareMode(cvm.host_share_mode.value),
        attestation=AttestationPolicy(cvm.tdx_attestation_variant.value),
        pccs_url=cvm.pccs_url,
        nvidia_attestation_proxy_url=cvm.nvidia_attestation_proxy_url,
        docker_registry=cvm.docker_registry,
        host_api_url=f"vsock://{host_api.cid}:{host_api.port}/api",
    )


def _simulator() -> SimulatorSettings | None:
    settings = conf().cvm.tee_simulator
    if settings is None:
        return None
    return SimulatorSettings(settings.mock_attestation_seed, settings.collateral_base_url)

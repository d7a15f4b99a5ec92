"""From a VM's row and what was looked up for it to the frozen spec that the hypervisor launches."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from vms.choices import Desired
from vms.compose import AppCompose, parse_compose
from vms.conf import conf
from vms.configuration import Port
from vms.errors import Invalid
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.measure import Machine, Measured, MeasureRequest, measure
from vms.hypervisor.size import machine_size
from vms.hypervisor.spec import (
    GpuDevice,
    GuestSpec,
    ImageFiles,
    NetworkMode,
    NetworkSpec,
    PortForward,
    ShareMode,
    Transport,
)
from vms.images.store import StoredImage
from vms.models import Vm
from vms.worker import manifest
from vms.worker.measured import request_for, seed_of_next_run
from vms.worker.surroundings import Surroundings

INSTANCE_INFO = ".instance_info"


@dataclass(frozen=True)
class Launch:
    """One launch, whole. ``measured`` is what of it the guest's evidence will show.

    ``instance_id_seed`` and ``instance_id`` (hex) are what the row must say before QEMU starts.
    """

    spec: GuestSpec
    measured: Measured
    instance_id_seed: str
    instance_id: str


def build_launch(vm: Vm, around: Surroundings, seed: bytes | None = None) -> Launch:
    """The VM's next run. Neither row nor node need be in the database, and nothing is looked at.

    ``seed`` is the instance's where it is not to be the VM's own or a new one.

    Raises:
        LaunchRefused: it can't be launched on its node, or could not be verified then; says why.
    """
    request = to_be_measured(vm, around, seed)
    measured = measure(request)
    fixed = INSTANCE_INFO in measured.shared_files
    return Launch(
        spec=_spec(vm, around, request.machine, measured),
        measured=measured,
        instance_id_seed=request.instance_seed.hex() if fixed else vm.instance_id_seed,
        instance_id=measured.instance_id.hex() if fixed else vm.instance_id,
    )


def to_be_measured(vm: Vm, around: Surroundings, seed: bytes | None = None) -> MeasureRequest:
    """What of the next run is measured, its instance's seed included. Raises LaunchRefused."""
    try:
        compose = parse_compose(vm.compose_file)
    except Invalid as error:
        raise LaunchRefused(error.message) from error
    machine = _machine(vm, compose, around)
    return request_for(vm, compose, around.image, machine, seed or seed_of_next_run(vm, compose))


def _machine(vm: Vm, compose: AppCompose, around: Surroundings) -> Machine:
    nodes = [gpu.numa_node for gpu in around.leased.gpus]
    return Machine(
        size=machine_size(vm.vcpu, vm.memory, gpu_nodes=nodes, hugepages=vm.hugepages),
        hugepages=vm.hugepages,
        num_gpus=len(around.leased.gpus),
        num_nvswitches=len(around.leased.bridges),
        num_nics=len(vm.networks),
        num_volumes=len(around.volumes),
        swtpm=compose.needs_swtpm(vm.simulated_tee),
    )


def _spec(vm: Vm, around: Surroundings, machine: Machine, measured: Measured) -> GuestSpec:
    return GuestSpec(
        vm_id=vm.pk,
        vcpu=vm.vcpu,
        memory_mb=vm.memory,
        disk_gb=vm.disk_size,
        cid=vm.cid,
        image=_image_files(around.image),
        networks=_networks(vm, around.ports),
        generation=vm.generation,
        tee=measured.tee,
        share_mode=ShareMode(conf().cvm.host_share_mode.value),
        volumes=around.volumes,
        swtpm=machine.swtpm,
        hugepages=vm.hugepages,
        pinned_cpus=around.leased.pinned_cpus,
        gpus=tuple(GpuDevice(gpu.slot, gpu.numa_node) for gpu in around.leased.gpus),
        bridges=around.leased.bridges,
        shared_files=_shared_files(vm) | dict(measured.shared_files),
        run_files={
            "vm-manifest.json": manifest.write(
                vm, around.ports, volumes=around.volumes, swtpm=machine.swtpm, leased=around.leased
            ),
            "vm-state.json": orjson.dumps({"started": vm.desired == Desired.RUNNING}),
        },
    )


def _image_files(image: StoredImage) -> ImageFiles:
    return ImageFiles(
        kernel=image.kernel,
        initrd=image.initrd,
        cmdline=image.cmdline,
        pvh_kernel=image.pvh_kernel,
        rootfs=image.rootfs,
        hda=image.hda,
        bios=image.bios,
        bios_sev=image.bios_sev,
        shared_ro=image.shared_ro,
    )


def _networks(vm: Vm, ports: tuple[Port, ...]) -> tuple[NetworkSpec, ...]:
    """The first user network carries the port mappings."""
    forwards = tuple(
        PortForward(Transport(port.protocol), port.host_address, port.host_port, port.vm_port)
        for port in ports
    )
    networks = []
    for network in vm.networks:
        mode = NetworkMode(network["mode"])
        takes = forwards if mode is NetworkMode.USER else ()
        forwards = () if takes else forwards
        custom = conf().cvm.networking.netdev if mode is NetworkMode.CUSTOM else ""
        networks.append(NetworkSpec(mode, network["bridge_name"], custom=custom, forwards=takes))
    return tuple(networks)


def _shared_files(vm: Vm) -> dict[str, bytes | None]:
    return {
        "app-compose.json": vm.compose_file.encode(),
        ".user-config": vm.user_config.encode(),
        ".encrypted-env": bytes(vm.encrypted_env) or None,
        INSTANCE_INFO: _instance_info(vm),
    }


def _instance_info(vm: Vm) -> bytes:
    """What a guest told of itself earlier, if it did. The app id is always ours, and the guest goes by it."""
    told = {"instance_id_seed": vm.instance_id_seed, "instance_id": vm.instance_id}
    return orjson.dumps((told if vm.instance_id_seed or vm.instance_id else {}) | {"app_id": vm.app_id})

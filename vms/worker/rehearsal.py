"""A launch as it would be, of a VM that there isn't: what would be run, or every reason why nothing would.

The launch itself stops at the first reason. This needs no database, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vms import volumes
from vms.actions import gpus, validate
from vms.actions.gpus import Leased
from vms.actions.rows import new_vm
from vms.compose import AppCompose
from vms.conf import conf
from vms.configuration import Port, VmConfiguration
from vms.errors import Conflict, VmmError
from vms.hypervisor import swtpm
from vms.hypervisor.command import build_argv
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.measure.vm_config import vm_config
from vms.hypervisor.spec import GuestSpec, HostSettings
from vms.images.store import BrokenImage, read_image
from vms.models import Gpu, Node, Vm
from vms.worker.gpus import Found
from vms.worker.host import Host
from vms.worker.spec import Launch, build_launch, to_be_measured
from vms.worker.surroundings import Surroundings


@dataclass(frozen=True)
class Chosen:
    """What a server chooses of a new VM by itself, or knows of one that ran before.

    ``seed`` is what a launch that fixes the instance fixes it with (20 bytes); ``None`` leaves it to
    the launch. ``instance_id_seed`` and ``instance_id`` (hex) are what the row says of earlier runs.
    """

    vm_id: str
    cid: int
    created_at_ms: int
    seed: bytes | None = None
    instance_id_seed: str = ""
    instance_id: str = ""


@dataclass(frozen=True)
class Rehearsal:
    """``launch`` and ``argv`` as far as they could be made; ``refused`` is all that is against it.

    ``ports`` are those asked for, with their addresses.
    """

    refused: tuple[str, ...]
    launch: Launch | None = None
    argv: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()


def node_of(host: Host, found: Found | None = None) -> Node:
    """What the row of this host's node would say of it; not saved."""
    return Node(
        name=conf().effective_node_name,
        platform=host.platform,
        missing=host.missing,
        accelerator=host.settings.accelerator,
        qemu_version=host.qemu_version,
        numa_cpus={str(number): cpus for number, cpus in found.numa_cpus.items()} if found else {},
    )


def gpus_of(node: Node, found: Found | None) -> list[Gpu]:
    """What the rows of the GPUs that were found would say of them; not saved, and nobody's."""
    return [Gpu(node=node, **asdict(device)) for device in (found.devices if found else ())]


def rehearse(
    config: VmConfiguration,
    node: Node,
    host: HostSettings | None,
    chosen: Chosen,
    known_gpus: Sequence[Gpu] = (),
) -> Rehearsal:
    """Such a VM's first launch on that node, which need not be in the database.

    ``known_gpus`` are all that it has, with their holders. What else other VMs hold is not
    looked at. Without ``host`` there is no command line.
    """
    examined = validate.examine(config, node)
    refused = [problem.message for problem in examined.problems]
    try:
        image = read_image(conf().image.path, config.image)
    except BrokenImage as error:
        refused.append(f"image: {config.image!r} can't be used: {error}")
        return Rehearsal(_once(refused))
    checked, compose = examined.config, examined.compose
    if compose is None:
        return Rehearsal(_once(refused))
    vm = new_vm(chosen.vm_id, node, chosen.cid, checked, compose)
    vm.created_at_ms = chosen.created_at_ms
    vm.instance_id_seed, vm.instance_id = chosen.instance_id_seed, chosen.instance_id
    leased = None
    try:
        leased = gpus.rehearse(vm, known_gpus)
    except VmmError as error:
        refused.append(error.message)
    if not examined.is_sound:
        return Rehearsal(_once(refused), ports=checked.ports)
    around = Surroundings(image, checked.ports, tuple(_volumes(compose)), leased or Leased())
    launch, argv = None, []
    try:
        launch = build_launch(vm, around, chosen.seed)
        if host is not None:
            refused += _of_host(launch.spec, host)
            argv = build_argv(launch.spec, host)
    except LaunchRefused as error:
        refused += [*_of_image(vm, around), str(error)]
    if leased is None or examined.problems:  # without its GPUs or volumes it would be another machine
        launch, argv = None, []
    return Rehearsal(_once(refused), launch, tuple(argv), checked.ports)


def _once(refused: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(refused))


def _volumes(compose: AppCompose) -> Iterator[Path]:
    """Those that are there: of the others it was said already."""
    for volume in compose.attached_volumes:
        with suppress(Conflict):
            yield volumes.resolve(volume)


def _of_image(vm: Vm, around: Surroundings) -> Iterator[str]:
    """What the image lacks, where the launch was refused before it came to that."""
    try:
        vm_config(to_be_measured(vm, around), None)
    except LaunchRefused as refused:
        yield str(refused)


def _of_host(spec: GuestSpec, host: HostSettings) -> Iterator[str]:
    if spec.swtpm and host.swtpm_path is None:
        yield swtpm.NOT_INSTALLED

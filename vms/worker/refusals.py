"""Every reason why a VM would not be launched on this host: for who asks before there is a VM.

The launch itself stops at the first one. This needs no database, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from vms import volumes
from vms.actions import gpus, validate
from vms.actions.gpus import Leased
from vms.actions.rows import new_vm
from vms.compose import AppCompose
from vms.conf import conf
from vms.configuration import VmConfiguration
from vms.errors import Conflict, VmmError
from vms.hypervisor import swtpm
from vms.hypervisor.command import build_argv
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.measure.vm_config import vm_config
from vms.hypervisor.spec import HostSettings
from vms.images.store import BrokenImage, read_image
from vms.models import Gpu, Node, Vm
from vms.worker.gpus import Found
from vms.worker.host import Host
from vms.worker.spec import build_launch, to_be_measured
from vms.worker.surroundings import Surroundings

EXAMPLE_ID = "00000000-0000-0000-0000-000000000000"


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


def refusals(config: VmConfiguration, host: Host, found: Found | None = None) -> list[str]:
    """Why such a VM would be refused here, in words, without repetition; empty if it would be launched.

    ``found`` is what a look at the host's GPUs showed. What other VMs hold is not looked at.
    """
    node = node_of(host, found)
    examined, problems = validate.examine(config, node)
    reasons = [problem.message for problem in problems]
    try:
        image = read_image(conf().image.path, config.image)
    except BrokenImage as error:
        return [*reasons, f"image: {config.image!r} can't be used: {error}"]
    if examined is not None:
        checked, compose = examined
        vm = new_vm(EXAMPLE_ID, node, conf().cvm.cids[0], checked, compose)
        leased = Leased()
        try:
            leased = gpus.rehearse(vm, [Gpu(**asdict(device)) for device in (found.devices if found else ())])
        except VmmError as error:
            reasons.append(error.message)
        around = Surroundings(image, checked.ports, tuple(_volumes(compose)), leased)
        reasons += _of_launch(vm, around, host.settings)
    return list(dict.fromkeys(reasons))


def _volumes(compose: AppCompose) -> Iterator[Path]:
    """Those that are there: of the others it was said already."""
    for volume in compose.attached_volumes:
        with suppress(Conflict):
            yield volumes.resolve(volume)


def _of_launch(vm: Vm, around: Surroundings, host: HostSettings) -> Iterator[str]:
    try:
        vm_config(to_be_measured(vm, around), None)
    except LaunchRefused as refused:
        yield str(refused)
    try:
        spec = build_launch(vm, around).spec
    except LaunchRefused as refused:
        yield str(refused)
        return
    if spec.swtpm and host.swtpm_path is None:
        yield swtpm.NOT_INSTALLED
    try:
        build_argv(spec, host)
    except LaunchRefused as refused:
        yield str(refused)

"""Changing a VM's configuration: all or nothing, through create's own validation."""

from __future__ import annotations

from vms.access.policy import Permission
from vms.actions import confidential, quota, reserve
from vms.actions.change import Fields, change_existing
from vms.actions.rows import configured
from vms.actions.validate import check
from vms.choices import Actual, Desired
from vms.configuration import Gpus, Networking, VmConfiguration, VmUpdate
from vms.errors import Conflict, Invalid
from vms.live import publish
from vms.models import Vm
from vms.selectors.work import ports_of


def update(wanted: VmUpdate) -> Vm:
    """Write the new configuration; it takes effect at the VM's next start.

    Raises:
        NotFound: no such VM.
        Invalid: a value is wrong (a shrinking disk included); the message names the field.
        Conflict: the VM runs and resources or image should change, or somebody holds a port.
    """

    def decide(vm: Vm) -> Fields:
        if vm.desired == Desired.ABSENT:
            raise Conflict(f"VM {vm.name!r} is being removed")
        if not wanted.changes_anything:
            return {}
        _refuse_while_running(vm, wanted)
        if wanted.no_tee is False and vm.simulated_tee:
            raise Conflict(f"no_tee: must stay true, for this VM simulates a TEE ({vm.simulated_tee})")
        before = configuration_of(vm)
        after, compose = check(_merged(before, wanted), vm.node)
        if after.disk_size < vm.disk_size:
            raise Invalid(f"disk_size: a disk never shrinks; it has {vm.disk_size} GB, not {after.disk_size}")
        reserve.hold(vm.node)
        if after.image != vm.image:
            reserve.require_image(vm.node, after.image)
            publish.images_changed()  # who uses which
        confidential.check_image(after, compose, vm.node)
        if wanted.gpus is not None:
            reserve.check_gpus(vm.node, after.gpus)
        if vm.desired == Desired.RUNNING and wanted.changes_machine:
            reserve.check_capacity(vm.node, after.vcpu, after.memory, besides=vm.pk)
        quota.check_changed(vm, after)
        if wanted.ports is not None:
            reserve.check_ports(vm.node, after.ports, besides=vm.pk)
            reserve.write_ports(vm, after.ports)
        publish.wake(vm.node_id, vm.pk)
        return configured(after, compose) | {"prepared": False}

    return change_existing(wanted.id, Permission.CHANGE_VM, decide)


def resize(wanted: VmUpdate) -> Vm:
    """The older verb for resources and image. Raises Invalid when nothing is to change."""
    if not wanted.changes_machine:
        raise Invalid("nothing to change: give at least one of vcpu, memory, disk_size, image")
    return update(wanted)


def configuration_of(vm: Vm) -> VmConfiguration:
    """The row's configuration as a value."""
    return VmConfiguration(
        name=vm.name,
        image=vm.image,
        compose_file=vm.compose_file,
        vcpu=vm.vcpu,
        memory=vm.memory,
        disk_size=vm.disk_size,
        ports=ports_of(vm),
        encrypted_env=bytes(vm.encrypted_env),
        app_id=vm.app_id,
        user_config=vm.user_config,
        hugepages=vm.hugepages,
        pin_numa=vm.pin_numa,
        gpus=Gpus.of(vm.gpus),
        kms_urls=tuple(vm.kms_urls),
        gateway_urls=tuple(vm.gateway_urls),
        no_tee=vm.no_tee,
        networks=tuple(Networking(n["mode"], n["bridge_name"]) for n in vm.networks),
        simulated_tee=vm.simulated_tee,
    )


def _refuse_while_running(vm: Vm, wanted: VmUpdate) -> None:
    if not wanted.changes_machine or vm.actual == Actual.OFF:
        return
    given = [f for f in ("vcpu", "memory", "disk_size", "image") if getattr(wanted, f) is not None]
    raise Conflict(
        f"{', '.join(given)}: can change only while the VM is stopped; "
        f"{vm.name!r} is {vm.status}, stop it first"
    )


def _merged(before: VmConfiguration, wanted: VmUpdate) -> VmConfiguration:
    """What the VM would be: given values over the present ones."""

    def text(new: str, old: str) -> str:
        return new or old

    return VmConfiguration(
        name=before.name,
        image=wanted.image if wanted.image is not None else before.image,
        compose_file=text(wanted.compose_file, before.compose_file),
        vcpu=wanted.vcpu if wanted.vcpu is not None else before.vcpu,
        memory=wanted.memory if wanted.memory is not None else before.memory,
        disk_size=wanted.disk_size if wanted.disk_size is not None else before.disk_size,
        ports=wanted.ports if wanted.ports is not None else before.ports,
        encrypted_env=wanted.encrypted_env or before.encrypted_env,
        app_id=before.app_id,
        user_config=text(wanted.user_config, before.user_config),
        hugepages=before.hugepages,
        pin_numa=before.pin_numa,
        gpus=wanted.gpus if wanted.gpus is not None else before.gpus,
        kms_urls=wanted.kms_urls if wanted.kms_urls is not None else before.kms_urls,
        gateway_urls=wanted.gateway_urls if wanted.gateway_urls is not None else before.gateway_urls,
        no_tee=wanted.no_tee if wanted.no_tee is not None else before.no_tee,
        networks=wanted.networks if wanted.networks is not None else before.networks,
        simulated_tee=before.simulated_tee,
    )

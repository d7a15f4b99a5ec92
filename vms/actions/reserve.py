"""What VMs hold against each other: CIDs, host ports, the node's limits, GPUs.

All of it inside the transaction that writes the VM; unique constraints stand behind it.
"""

from __future__ import annotations

from django.db.models import Sum

from vms.actions.validate import ports_collide
from vms.choices import AttachMode, Desired
from vms.conf import conf
from vms.configuration import Gpus, Port
from vms.errors import Conflict, NotFound
from vms.models import Gpu, Image, Node, PortMapping, Vm


def free_cid(node: Node) -> int:
    """The lowest vsock context id of the node's pool that no VM has.

    Raises:
        Conflict: the pool is used up; the number of VMs is limited by it.
    """
    pool = conf().cvm.cids
    taken = set(Vm.objects.filter(node=node).values_list("cid", flat=True))
    for cid in pool:
        if cid not in taken:
            return cid
    raise Conflict(
        f"this node holds at most {len(pool)} VMs (cid_pool_size), and has as many; remove one or raise it"
    )


def check_capacity(node: Node, vcpu: int, memory_mb: int, *, besides: str | None = None) -> None:
    """Raises Conflict when the VMs that should run, and this one, exceed the operator's limits."""
    limits = conf().cvm
    if limits.max_vcpu_limit is None and limits.max_memory_mb_limit is None:
        return
    running = Vm.objects.filter(node=node, desired=Desired.RUNNING).exclude(pk=besides)
    used = running.aggregate(vcpu=Sum("vcpu"), memory=Sum("memory"))
    for field, unit, wanted, taken, limit in (
        ("vcpu", "vCPUs", vcpu, used["vcpu"] or 0, limits.max_vcpu_limit),
        ("memory", "MB", memory_mb, used["memory"] or 0, limits.max_memory_mb_limit),
    ):
        if limit is not None and taken + wanted > limit:
            raise Conflict(
                f"{field}: {wanted} {unit} asked for, {max(0, limit - taken)} of {limit} left on this node"
            )


def check_ports(node: Node, ports: tuple[Port, ...], *, besides: str | None = None) -> None:
    """Raises Conflict when a VM of the node, stopped ones included, has one of these host ports."""
    if not ports:
        return
    numbers = {port.host_port for port in ports}
    others = (
        PortMapping.objects.filter(node=node, host_port__in=numbers).exclude(vm=besides).select_related("vm")
    )
    for other in others:
        held = Port(other.protocol, other.host_port, other.vm_port, other.host_address)
        for index, port in enumerate(ports):
            if ports_collide(port, held):
                raise Conflict(
                    f"ports[{index}].host_port: {port.protocol} port {port.host_port} is taken by "
                    f"VM {other.vm.name!r} ({other.vm_id}, {other.vm.status})"
                )


def write_ports(vm: Vm, ports: tuple[Port, ...]) -> None:
    """Replace the VM's port mappings."""
    vm.ports.all().delete()
    PortMapping.objects.bulk_create(
        PortMapping(
            vm=vm,
            node_id=vm.node_id,
            position=position,
            protocol=port.protocol,
            host_address=port.host_address,
            host_port=port.host_port,
            vm_port=port.vm_port,
        )
        for position, port in enumerate(ports)
    )


def require_image(node: Node, name: str) -> None:
    """Raises NotFound for an image that the node hasn't got, Conflict for one that can't be used."""
    image = Image.objects.filter(node=node, name=name).first()
    if image is None:
        usable = Image.objects.filter(node=node, problem="", deleting=False).values_list("name", flat=True)[
            :20
        ]
        raise NotFound(
            f"image: no image {name!r} on node {node.name!r}; it has {', '.join(usable) or 'none'}"
        )
    if image.deleting:
        raise Conflict(f"image: {name!r} is being deleted")
    if image.problem:
        raise Conflict(f"image: {name!r} can't be used: {image.problem}")


def check_gpus(node: Node, gpus: Gpus) -> None:
    """Raises Conflict when a slot is no GPU that discovery found, or GPUs are switched off."""
    if gpus.attach_mode == AttachMode.LISTED and not gpus.slots:
        return
    if not conf().cvm.gpu.enabled:
        raise Conflict("gpus: this node gives no GPUs to VMs ([cvm.gpu] enabled)")
    known = set(Gpu.objects.filter(node=node).values_list("slot", flat=True))
    for index, slot in enumerate(gpus.slots):
        if slot not in known:
            raise Conflict(
                f"gpus.gpus[{index}].slot: {slot} is no GPU of this node; "
                f"it has {', '.join(sorted(known)) or 'none'}"
            )

"""What VMs hold against each other: CIDs, host ports, the node's limits, GPUs.

All of it inside the transaction that writes the VM; unique constraints stand behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection
from django.db.models import Q, Sum

from vms.access.policy import name_of
from vms.actions.ports import ports_collide
from vms.capabilities import Capabilities
from vms.choices import AttachMode, Desired, GpuKind, GpuOffer
from vms.configuration import Gpus, Port
from vms.errors import Conflict, NotFound
from vms.models import Gpu, Image, Node, PortMapping, Vm
from vms.selectors.capabilities import known_of, own

ALL_OF_NVIDIA = Q(product_id__startswith="10de:") & (Q(kind=GpuKind.BRIDGE) | Q(pci_class="0302"))
"""What ``attach_mode`` all means: 3D controllers (a display's GPU isn't one) and NVSwitches."""


def hold(node: Node) -> bool:
    """Let nobody else reserve anything on the node until the transaction ends; whether it is cordoned.

    SQLite has one writer anyway: nothing is asked there, and what was read of the node holds.
    """
    if not connection.features.has_select_for_update:
        return node.cordoned
    held = Node.objects.select_for_update(no_key=True).values_list("cordoned", flat=True)
    return bool(held.get(pk=node.pk))


def free_cid(node: Node) -> int:
    """The lowest vsock context id of the node's pool that no VM has.

    Raises:
        Conflict: the pool is used up; the number of VMs is limited by it.
    """
    pool = known_of(node).cids
    taken = set(Vm.objects.filter(node=node).order_by().values_list("cid", flat=True))
    for cid in pool:
        if cid not in taken:
            return cid
    raise Conflict(
        f"this node holds at most {len(pool)} VMs (cid_pool_size), and has as many; remove one or raise it"
    )


def check_capacity(node: Node, vcpu: int, memory_mb: int, *, besides: str | None = None) -> None:
    """Raises Conflict when the VMs that should run, and this one, exceed the operator's limits."""
    for conflict in capacity_conflicts(node, vcpu, memory_mb, besides=besides):
        raise conflict


def capacity_conflicts(
    node: Node, vcpu: int, memory_mb: int, *, besides: str | None = None
) -> Iterator[Conflict]:
    """What ``check_capacity`` could raise."""
    able = known_of(node)
    if able.max_vcpu is None and able.max_memory_mb is None:
        return
    running = Vm.objects.filter(node=node, desired=Desired.RUNNING).exclude(pk=besides)
    used = running.aggregate(vcpu=Sum("vcpu"), memory=Sum("memory"))
    taken = {"used_vcpu": used["vcpu"] or 0, "used_memory_mb": used["memory"] or 0}
    yield from over_limits(able, vcpu, memory_mb, **taken)


def check_limits(vcpu: int, memory_mb: int) -> None:
    """The same on this host, where no other VM counts."""
    for conflict in over_limits(own(), vcpu, memory_mb):
        raise conflict


def over_limits(
    able: Capabilities, vcpu: int, memory_mb: int, *, used_vcpu: int = 0, used_memory_mb: int = 0
) -> Iterator[Conflict]:
    """What is asked for beyond what other VMs leave of the operator's limits."""
    for field, unit, wanted, taken, limit in (
        ("vcpu", "vCPUs", vcpu, used_vcpu, able.max_vcpu),
        ("memory", "MB", memory_mb, used_memory_mb, able.max_memory_mb),
    ):
        if limit is not None and taken + wanted > limit:
            yield Conflict(
                f"{field}: {wanted} {unit} asked for, {max(0, limit - taken)} of {limit} left on this node"
            )


def check_ports(node: Node, ports: tuple[Port, ...], *, besides: str | None = None) -> None:
    """Raises Conflict when a VM of the node, stopped ones included, has one of these host ports."""
    for conflict in port_conflicts(node, ports, besides=besides):
        raise conflict


def port_conflicts(node: Node, ports: tuple[Port, ...], *, besides: str | None = None) -> Iterator[Conflict]:
    """What ``check_ports`` could raise."""
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
                yield Conflict(
                    f"ports[{index}].host_port: {port.protocol} port {port.host_port} is taken by "
                    f"{name_of(other.vm)}"
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


def check_gpus(node: Node, gpus: Gpus) -> list[Gpu]:
    """The devices that such a VM gets, in the order in which its guest sees them.

    Whether they are free is not looked at: a VM may be made, or changed, that runs later.

    Raises:
        NotFound: a slot is no GPU of this node.
        Conflict: the operator doesn't give it away, or not all of them at once.
    """
    return choose_gpus(gpus, Gpu.objects.filter(node=node), known_of(node))


def choose_gpus(gpus: Gpus, devices: Iterable[Gpu], able: Capabilities) -> list[Gpu]:
    """The same of these devices, all that a node of such settings has; no row need be in the database."""
    if gpus.attach_mode == AttachMode.LISTED and not gpus.slots:
        return []
    if not able.gpus:
        raise Conflict("gpus: this node gives no GPUs to VMs ([cvm.gpu] enabled)")
    if gpus.attach_mode == AttachMode.ALL:
        return _all_gpus(devices, able)
    known = {gpu.slot: gpu for gpu in devices if gpu.kind == GpuKind.GPU}
    offered = [slot for slot, gpu in known.items() if gpu.offer == GpuOffer.OFFERED]
    there_is = f"it has {', '.join(offered) or 'none'}"
    for index, slot in enumerate(gpus.slots):
        where = f"gpus.gpus[{index}].slot: {slot}"
        if slot not in known:
            raise NotFound(f"{where} is no GPU of this node; {there_is}")
        if slot not in offered:
            why = GpuOffer(known[slot].offer).label
            raise Conflict(f"{where} ({known[slot].product_id}) is not given to VMs: {why}; {there_is}")
    return [known[slot] for slot in gpus.slots]


def _all_gpus(devices: Iterable[Gpu], able: Capabilities) -> list[Gpu]:
    """Every 3D controller and bridge of NVIDIA, also those whose product isn't listed."""
    if not able.attach_all:
        raise Conflict("gpus.attach_mode: all is not allowed here ([cvm.gpu] allow_attach_all); list slots")
    found = sorted(filter(_is_among_all, devices), key=_address)
    if all(device.kind == GpuKind.BRIDGE for device in found):
        raise Conflict("gpus.attach_mode: all: this node has no GPU of NVIDIA")
    for device in found:
        if device.offer not in (GpuOffer.OFFERED, GpuOffer.UNLISTED):
            why = GpuOffer(device.offer).label
            raise Conflict(f"gpus.attach_mode: all: {device.slot} is kept back: {why}; list slots instead")
    return found


def _is_among_all(device: Gpu) -> bool:
    """``ALL_OF_NVIDIA``, of a row that may not be in the database."""
    is_one = device.kind == GpuKind.BRIDGE or device.pci_class == "0302"
    return is_one and device.product_id.startswith("10de:")


def _address(device: Gpu) -> str:
    """The whole PCI address, which sorts as lspci does: domain 0000 is left out of a slot."""
    return device.slot if len(device.slot) > len("65:00.0") else f"0000:{device.slot}"

"""What a launch would be on this host: all that is run, written and measured, and all that is against it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import DatabaseError

from vms.choices import AttachMode, Platform
from vms.conf import conf
from vms.configuration import VmConfiguration
from vms.database import now_ms
from vms.errors import Conflict
from vms.hypervisor.accelerator import HostUnfit
from vms.hypervisor.spec import Accelerator, GuestSpec, HostSettings
from vms.models import Gpu, Node, Vm
from vms.oneshot import reservations
from vms.oneshot.measured import measured_values
from vms.oneshot.request import Request
from vms.oneshot.reservations import Reservations
from vms.worker import gpus
from vms.worker.gpus import Found
from vms.worker.host import look_around
from vms.worker.measured import SEED_BYTES
from vms.worker.rehearsal import Chosen, Rehearsal, gpus_of, node_of, rehearse

CHOSEN_BY_US = (
    "a server chooses id, created_at_ms and instance_id_seed by itself; those shown follow from the request, "
    "which may name others"
)


@dataclass(frozen=True)
class Plan:
    """One launch. ``argv``, ``files`` and ``spec`` are there as far as they could be made.

    ``files`` are the VM's directory, by their path in it. ``measured`` are named values for people.
    ``refused`` says all that is against it, ``notes`` what else is to be known. ``cid`` and other
    things that a server would choose are in ``chosen``. ``belongs_to_server`` says that the
    server of this data folder has a VM of that id.
    """

    chosen: Chosen
    image: str
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    argv: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    measured: Mapping[str, str] = field(default_factory=dict)
    spec: GuestSpec | None = None
    host: HostSettings | None = None
    belongs_to_server: bool = False


@dataclass(frozen=True)
class _Found:
    """What this host is: ``host`` is None where no VM can run at all. ``unfit`` says what it can't do."""

    host: HostSettings | None
    node: Node
    gpus: Sequence[Gpu] = ()
    unfit: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def make_plan(request: Request, *, rehearsal: bool) -> Plan:
    """Look at this host, and plan that launch on it.

    For a ``rehearsal`` all that is random or of this moment follows from the request, so that
    the same request gives the same plan.
    """
    known = reservations.look()
    try:
        return _plan(request, known, rehearsal=rehearsal)
    except DatabaseError as error:  # of another version, say
        unknown = f"the database in {conf().data_dir} can't be read ({error})"
        return _plan(request, Reservations(unknown=unknown), rehearsal=rehearsal)


def _plan(request: Request, known: Reservations, *, rehearsal: bool) -> Plan:
    own = known.vm(request.vm_id)
    chosen, crowded = _chosen(request, known, own, rehearsal=rehearsal)
    found = _look_around(request.config, known)
    told = rehearse(request.config, found.node, found.host, chosen, found.gpus)
    refused = [*found.unfit, *told.refused, *crowded]
    refused += known.refusals(request.config, told.ports, chosen.vm_id, request.cid)
    notes = [*found.notes, *_notes(request, known, own, rehearsal=rehearsal)]
    if told.launch is None and (elsewhere := _elsewhere(request.config, found, chosen)):
        told = elsewhere
        refused += told.refused
        if told.launch:
            notes.append(f"shown is what a host with platform {conf().cvm.platform} would run and measure")
    return Plan(
        chosen=chosen,
        image=request.config.image,
        refused=tuple(dict.fromkeys(refused)),
        notes=tuple(notes),
        argv=told.argv,
        files=_files(told.launch.spec) if told.launch else {},
        measured=measured_values(request.config, told.launch),
        spec=told.launch.spec if told.launch else None,
        host=found.host,
        belongs_to_server=own is not None,
    )


def _chosen(
    request: Request, known: Reservations, own: Vm | None, *, rehearsal: bool
) -> tuple[Chosen, list[str]]:
    """The request's own word, else that of the server's row of it, else as a server would choose."""
    crowded: list[str] = []
    cid = request.cid or (own.cid if own else 0)
    if not cid:
        try:
            cid = known.free_cid()
        except Conflict as error:
            crowded, cid = [error.message], conf().cvm.cids[0]
    chosen = Chosen(request.vm_id or str(uuid.uuid4()), cid, now_ms(), request.seed or None)
    if rehearsal:
        chosen = Chosen(
            vm_id=request.vm_id or str(uuid.UUID(bytes=request.digest[:16], version=4)),
            cid=cid,
            created_at_ms=0,
            seed=request.seed or hashlib.sha256(request.digest).digest()[:SEED_BYTES],
        )
    if own is not None:
        chosen = replace(
            chosen,
            created_at_ms=own.created_at_ms,
            seed=request.seed or bytes.fromhex(own.instance_id_seed) or chosen.seed,
            instance_id_seed=own.instance_id_seed,
            instance_id=own.instance_id,
        )
    if request.created_at_ms is not None:
        chosen = replace(chosen, created_at_ms=request.created_at_ms)
    return chosen, crowded


def _look_around(config: VmConfiguration, known: Reservations) -> _Found:
    devices, no_devices = _look_for_gpus(config)
    try:
        host = look_around()
    except HostUnfit as error:
        node = Node(name=conf().effective_node_name, platform=Platform.NONE, missing=str(error))
        return _Found(None, node, unfit=(str(error), *no_devices))
    node = node_of(host, devices)
    holders = known.holders()
    rows = gpus_of(node, devices)
    for row in rows:
        row.holder = holders.get(row.slot)
        # Whoever has it uses it.
        row.is_busy = row.is_busy and row.holder is None
    return _Found(host.settings, node, rows, no_devices, host.notes)


def _look_for_gpus(config: VmConfiguration) -> tuple[Found | None, tuple[str, ...]]:
    """Only for who asks for them, or to be near them: a host may have thousands of devices."""
    if not (config.gpus.slots or config.gpus.attach_mode == AttachMode.ALL or config.pin_numa):
        return None, ()
    try:
        return gpus.look_around(gpus.SYSFS), ()
    except OSError as error:
        return None, (f"gpus: the PCI devices can't be listed: {error}",)


def _notes(request: Request, known: Reservations, own: Vm | None, *, rehearsal: bool) -> Iterator[str]:
    if rehearsal and own is None and not (request.vm_id and request.seed):
        yield CHOSEN_BY_US
    if known.unknown:
        yield f"{known.unknown}: which GPUs, ports and CIDs a server has given to other VMs is not known"


def _elsewhere(config: VmConfiguration, found: _Found, chosen: Chosen) -> Rehearsal | None:
    """The same on a host that has the platform which the operator names, where this one lacks it.

    What is measured depends on the platform alone, and who looks into it often sits elsewhere.
    """
    wanted, here = conf().cvm.platform.value, found.node
    if found.host is None or here.platform == wanted or wanted not in (Platform.TDX, Platform.AMD_SEV_SNP):
        return None
    node = Node(name=here.name, platform=wanted, qemu_version=here.qemu_version, numa_cpus=here.numa_cpus)
    able = replace(found.host, accelerator=Accelerator.KVM, vsock=True)
    return rehearse(config, node, able, chosen, found.gpus)


def _files(spec: GuestSpec) -> dict[str, bytes]:
    shared = {f"shared/{name}": data for name, data in spec.shared_files.items() if data is not None}
    return dict(sorted(spec.run_files.items())) | dict(sorted(shared.items()))

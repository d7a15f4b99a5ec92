"""What a node's worker reads before it decides: should-be values, and who needs attention."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from vms.choices import Actual, Desired, StopMode
from vms.configuration import Port
from vms.models import Event, PortMapping, Vm
from vms.selectors.compiled import ONE, Objects, Rows

BOOTED = ("done", "N/A")
"""What ``boot_progress`` says once nothing more is to come."""
STALLED = "stalled: "
"""How it begins what is said of a VM that gets nowhere."""


@dataclass(frozen=True)
class Wanted:
    """What should be, of one VM, as far as a decision needs it."""

    vm_id: str
    desired: str
    stop_mode: str
    generation: int
    observed_generation: int
    revision: int
    prepared: bool
    actual: str
    next_retry_at_ms: int | None
    image: str = ""

    @classmethod
    def of(cls, vm: Vm) -> Wanted:
        """What a row says that was read, or written, just now."""
        return cls(vm.pk, *(getattr(vm, name) for name in _WANTED))

    @property
    def is_pending(self) -> bool:
        """Somebody's request has not been answered yet."""
        return self.generation > self.observed_generation


_WANTED = tuple(name for name in Wanted.__dataclass_fields__ if name != "vm_id")
_wanted = Rows(lambda: Vm.objects.filter(pk=ONE).order_by().values_list("id", *_WANTED))
_with_node = Objects(lambda: Vm.objects.filter(pk=ONE).order_by().select_related("node"))
_ports = Rows(
    lambda: (
        PortMapping.objects.filter(vm=ONE)
        .order_by("position")
        .values_list("protocol", "host_port", "vm_port", "host_address")
    )
)


def wanted(vm_id: str) -> Wanted | None:
    """What should be; None where there is no such VM (any more)."""
    row = _wanted.first(vm_id)
    return None if row is None else Wanted(*row)


def vm_with_node(vm_id: str) -> Vm | None:
    """The whole row and its node's, if there is such a VM."""
    return _with_node.first(vm_id)


def ports_of(vm: Vm) -> tuple[Port, ...]:
    """The VM's port mappings as values, in order."""
    return tuple(Port(*row) for row in _ports(vm.pk))


def all_ids(node_id: int) -> list[str]:
    """Ids of all VMs of the node, oldest first."""
    return list(Vm.objects.filter(node=node_id).order_by("created_at_ms", "id").values_list("id", flat=True))


def ids_needing_attention(node_id: int, now_ms: int) -> list[str]:
    """VMs with something to do: what a lost message would have told."""
    pending = Q(generation__gt=F("observed_generation"))
    due = Q(next_retry_at_ms__lte=now_ms, desired=Desired.RUNNING)
    unwritten = Q(prepared=False, actual=Actual.OFF)
    removing = Q(desired=Desired.ABSENT)
    found = Vm.objects.filter(node=node_id).filter(pending | due | unwritten | removing)
    return list(found.order_by("created_at_ms", "id").values_list("id", flat=True))


def ids_due_after(node_id: int, at_ms: int) -> list[str]:
    """VMs whose next automatic start is due after that time."""
    late = Vm.objects.filter(node=node_id, desired=Desired.RUNNING, next_retry_at_ms__gt=at_ms)
    return list(late.order_by("created_at_ms", "id").values_list("id", flat=True))


def ids_to_start_again(node_id: int) -> list[str]:
    """VMs that should run, don't, and about which nothing is pending; oldest first."""
    found = Vm.objects.filter(
        node=node_id, desired=Desired.RUNNING, actual=Actual.OFF, generation=F("observed_generation")
    )
    return list(found.order_by("created_at_ms", "id").values_list("id", flat=True))


def ids_due(node_id: int) -> list[str]:
    """VMs whose next start is planned, the next one first."""
    due = Vm.objects.filter(node=node_id, desired=Desired.RUNNING).exclude(next_retry_at_ms=None)
    return list(due.order_by("next_retry_at_ms", "id").values_list("id", flat=True))


def ids_recovered(node_id: int, before_ms: int) -> list[str]:
    """VMs that were restarted in a row and run since then or longer."""
    found = Vm.objects.filter(node=node_id, actual=Actual.ON, restarts__gt=0, started_at_ms__lte=before_ms)
    return list(found.values_list("id", flat=True))


def ids_not_off(node_id: int) -> list[str]:
    """VMs that have, or may have, a process."""
    return list(Vm.objects.filter(node=node_id).exclude(actual=Actual.OFF).values_list("id", flat=True))


def event_offsets(node_id: int) -> dict[str, int]:
    """How far the event file of each VM that may run has been read, in bytes."""
    found = Vm.objects.filter(node=node_id).exclude(actual=Actual.OFF)
    return dict(found.values_list("id", "events_offset"))


def events_offset(vm_id: str) -> int | None:
    """How far the event file of that VM has been read, in bytes; None where there is no such VM."""
    return Vm.objects.filter(pk=vm_id).values_list("events_offset", flat=True).first()


def boot_is_over(vm_id: str) -> bool:
    """Whether a launched VM no longer boots: it is up, or failed, or is gone."""
    row = Vm.objects.filter(pk=vm_id).values_list("actual", "boot_progress", "boot_error").first()
    return row is None or row[0] == Actual.OFF or row[1] in BOOTED or bool(row[2])


def silent_ids(node_id: int, before_ms: int, only: str | None = None) -> list[str]:
    """VMs that boot or shut down, of which nothing was heard since then and it was not said yet.

    ``only`` asks of one VM.
    """
    booting = Q(desired=Desired.RUNNING, boot_error="") & ~Q(boot_progress__in=("", *BOOTED))
    asked = Q(desired=Desired.STOPPED, stop_mode=StopMode.GRACEFUL)
    ending = asked & ~Q(shutdown_progress="") & ~Q(shutdown_progress__startswith=STALLED)
    newest = Event.objects.filter(vm=OuterRef("pk")).order_by("-id").values("timestamp_ms")[:1]
    found = Vm.objects.filter(booting | ending, node=node_id, actual=Actual.ON)
    if only is not None:
        found = found.filter(pk=only)
    heard = Coalesce(Subquery(newest), "started_at_ms", 0)
    return list(found.annotate(heard_ms=heard).filter(heard_ms__lte=before_ms).values_list("id", flat=True))

"""Small reads about one VM that several rooms need."""

from __future__ import annotations

from dataclasses import dataclass

from vms.choices import Actual, Status
from vms.errors import NotFound
from vms.models import Vm
from vms.selectors.compiled import ONE, Rows


@dataclass(frozen=True)
class Progress:
    """How far the worker has come with a VM's latest request."""

    observed_generation: int
    outcome_code: int
    outcome_message: str


_progress = Rows(
    lambda: (
        Vm.objects.filter(pk=ONE)
        .order_by()
        .values_list("observed_generation", "outcome_code", "outcome_message")
    )
)


def progress(vm_id: str) -> Progress | None:
    """How far the worker has come, or None once the VM is gone."""
    row = _progress.first(vm_id)
    return None if row is None else Progress(*row)


@dataclass(frozen=True)
class Standing:
    """What a VM is called, the wire's word for it, and whether it has, or may have, a process."""

    name: str
    status: str
    runs: bool


def standing(vm_id: str) -> Standing | None:
    """How that VM is, or None once it is gone."""
    row = Vm.objects.filter(pk=vm_id).values_list("name", "desired", "actual").first()
    return None if row is None else Standing(row[0], Status.of(row[1], row[2]), row[2] != Actual.OFF)


def exists(vm_id: str) -> bool:
    return Vm.objects.filter(pk=vm_id).exists()


def unknown_vm(vm_id: str) -> NotFound:
    """The error for an id that no VM has."""
    return NotFound(f"no VM has the id {vm_id[:80]!r}")

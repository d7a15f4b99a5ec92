"""How far a node's worker has come with ReloadVms."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from vms.choices import Actual, Desired
from vms.models import Node, Vm


@dataclass(frozen=True)
class Outcome:
    """What came of one VM: ``what`` is loaded, updated, removed or refused; ``words`` say more."""

    vm_id: str
    what: str
    words: str = ""


@dataclass(frozen=True)
class Report:
    """What a reload did; with an ``error`` (and the HTTP status ``code``) it did nothing."""

    outcomes: tuple[Outcome, ...] = ()
    code: int = 0
    error: str = ""

    def count(self, what: str) -> int:
        """How many VMs this came of."""
        return sum(outcome.what == what for outcome in self.outcomes)


def pending(node_id: int) -> int | None:
    """The generation of the request that waits for an answer, if one does."""
    asked, answered = Node.objects.values_list("reload_generation", "reload_observed_generation").get(
        pk=node_id
    )
    return asked if asked > answered else None


def answer(node_id: int, generation: int) -> Report | None:
    """The report that answers that request, once there is one."""
    row = Node.objects.filter(pk=node_id, reload_observed_generation__gte=generation).first()
    if row is None:
        return None
    document = row.reload_report
    outcomes = tuple(Outcome(**outcome) for outcome in document["outcomes"])
    return Report(outcomes, document["code"], document["error"])


def ids_at_rest(node_id: int) -> list[str]:
    """VMs whose directory holds their configuration, that are off, and of which nothing is asked."""
    at_rest = Vm.objects.filter(
        node=node_id, actual=Actual.OFF, prepared=True, generation=F("observed_generation")
    ).exclude(desired=Desired.ABSENT)
    return list(at_rest.order_by("created_at_ms", "id").values_list("id", flat=True))

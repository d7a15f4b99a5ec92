"""Which VMs somebody sees: every read that answers people takes one, and ``vms.access.policy`` makes it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from vms.models import Vm


@dataclass(frozen=True)
class Sight:
    """All VMs, or those of one owner; of an owner who is None, there are none."""

    everything: bool
    owner_id: int | None = None

    def of(self, vms: QuerySet[Vm]) -> QuerySet[Vm]:
        """Those of these VMs that are seen."""
        if self.everything:
            return vms
        return vms.none() if self.owner_id is None else vms.filter(owner=self.owner_id)

    def includes(self, owner_id: int | None) -> bool:
        """Whether a VM of that owner is seen."""
        return self.everything or (owner_id is not None and owner_id == self.owner_id)


EVERYTHING = Sight(everything=True)

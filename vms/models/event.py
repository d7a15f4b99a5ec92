from __future__ import annotations

from typing import ClassVar

from django.db import models

from vms.models.vm import Vm


class Event(models.Model):
    """Something that happened to a VM: said by its guest, or seen by us (``host.…``)."""

    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="events")
    event = models.CharField(max_length=128)
    body = models.TextField(blank=True)
    timestamp_ms = models.BigIntegerField(help_text="Milliseconds since 1970.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["vm", "id"], name="event_by_vm")]
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.event}: {self.body[:60]}"

from __future__ import annotations

from typing import ClassVar

from django.db import models

from vms.models.node import Node
from vms.models.vm import Vm


class Gpu(models.Model):
    """A GPU that discovery found on a node. ``holder`` is its lease: one running VM at most."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="gpus")
    slot = models.CharField(max_length=16, help_text="PCI address, such as 65:00.0.")
    product_id = models.CharField(max_length=16, help_text="vendor:device, such as 10de:2335.")
    description = models.CharField(max_length=256, blank=True)
    holder = models.ForeignKey(
        Vm, on_delete=models.PROTECT, null=True, blank=True, related_name="leased_gpus"
    )

    class Meta:
        verbose_name = "GPU"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "slot"], name="gpu_slot_once_per_node"),
        ]
        ordering: ClassVar = ["slot"]

    def __str__(self) -> str:
        return f"{self.slot} {self.description}".strip()

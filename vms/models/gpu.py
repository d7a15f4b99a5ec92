from __future__ import annotations

from typing import ClassVar

from django.db import models

from vms.choices import GpuKind, GpuOffer
from vms.models.node import Node
from vms.models.vm import Vm


class Gpu(models.Model):
    """A GPU or NVSwitch that discovery found on a node. ``holder`` is its lease: one VM at most.

    Rows follow discovery, devices that nobody is given included; one that vanished
    stays, with a problem, while a VM holds it.
    """

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="gpus")
    slot = models.CharField(max_length=16, help_text="PCI address, such as 65:00.0.")
    product_id = models.CharField(max_length=16, help_text="vendor:device, such as 10de:2335.")
    description = models.CharField(max_length=256, blank=True)
    kind = models.CharField(max_length=8, choices=GpuKind.choices, default=GpuKind.GPU)
    pci_class = models.CharField(max_length=4, blank=True, help_text="Class and subclass, such as 0302.")
    numa_node = models.PositiveSmallIntegerField(default=0)
    iommu_group = models.PositiveIntegerField(null=True, blank=True)
    driver = models.CharField(max_length=64, blank=True, help_text="The host's driver that has it.")
    is_busy = models.BooleanField(
        default=False, help_text="Its bus-master bit was on while no VM of this node held it."
    )
    offer = models.CharField(max_length=16, choices=GpuOffer.choices, default=GpuOffer.OFFERED)
    problem = models.TextField(blank=True, help_text="Why no VM can be given it, and the way out.")
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

    @property
    def is_free(self) -> bool:
        """Whether the next VM that asks for it gets it."""
        return self.holder_id is None and not self.obstacle

    @property
    def obstacle(self) -> str:
        """Why no VM can ask for it, whoever holds it; empty where one can."""
        if self.offer != GpuOffer.OFFERED:
            return str(GpuOffer(self.offer).label)
        return self.fault

    @property
    def fault(self) -> str:
        """The same, whatever the operator offers: what is wrong with the device itself."""
        if self.is_busy and not self.problem:
            return "something on this host uses it (its bus-master bit is on)"
        return self.problem

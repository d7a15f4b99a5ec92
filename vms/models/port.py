from __future__ import annotations

from typing import ClassVar

from django.db import models

from vms.choices import Protocol
from vms.models.node import Node
from vms.models.vm import Vm


class PortMapping(models.Model):
    """A host port that leads into a VM. It is taken while the row exists, also when the VM is stopped."""

    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="ports")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(help_text="Order in the VM's configuration.")
    protocol = models.CharField(max_length=3, choices=Protocol.choices)
    host_address = models.GenericIPAddressField(protocol="IPv4")
    host_port = models.PositiveIntegerField()
    vm_port = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["node", "protocol", "host_address", "host_port"], name="port_once_per_node"
            ),
            models.UniqueConstraint(fields=["vm", "position"], name="port_position_once_per_vm"),
            models.CheckConstraint(
                condition=models.Q(host_port__range=(1, 65535), vm_port__range=(1, 65535)),
                name="port_in_range",
            ),
        ]
        ordering: ClassVar = ["vm", "position"]

    def __str__(self) -> str:
        return f"{self.protocol} {self.host_address}:{self.host_port} → {self.vm_port}"

from __future__ import annotations

from typing import ClassVar

from django.db import models

from vms.models.node import Node


class Image(models.Model):
    """A guest image in a node's image folder. The folder is the truth; this row follows it."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="images")
    name = models.CharField(max_length=64)
    version = models.CharField(max_length=64, blank=True)
    description = models.TextField(blank=True)
    is_dev = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of sha256sum.txt, hex.")
    supports = models.JSONField(
        default=list, blank=True, help_text="Platforms whose verifiers know it: tdx, tdx-lite, amd-sev-snp."
    )
    size = models.BigIntegerField(default=0, help_text="Bytes on disk.")
    problem = models.TextField(blank=True, help_text="Why it can't be used; empty if it can.")
    deleting = models.BooleanField(default=False, help_text="Asked for; the node's worker does it.")
    delete_error = models.TextField(blank=True, help_text="Why the last try to delete it failed.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "name"], name="image_once_per_node"),
        ]
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

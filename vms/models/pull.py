from __future__ import annotations

from typing import ClassVar

from django.db import models

from vms.choices import PullState
from vms.models.node import Node


class Pull(models.Model):
    """The last pull of an image to a node: one that goes on, or how it ended. One for each name."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="pulls")
    tag = models.CharField(max_length=128)
    name = models.CharField(max_length=64, help_text="The image's name here.")
    state = models.CharField(max_length=12, choices=PullState.choices, default=PullState.QUEUED)
    bytes_done = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(default=0, help_text="0 until the manifest is read.")
    error = models.TextField(blank=True)
    started_at_ms = models.BigIntegerField(help_text="Milliseconds since 1970.")
    updated_at_ms = models.BigIntegerField(help_text="Milliseconds since 1970.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "name"], name="pull_once_per_node"),
        ]
        ordering: ClassVar = ["started_at_ms", "id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"

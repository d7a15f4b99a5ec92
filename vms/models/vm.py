from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from vms.choices import Actual, Desired, Status, StopMode
from vms.models.node import Node


def no_gpus() -> dict[str, Any]:
    """The GPU configuration of a VM that has none."""
    return {"attach_mode": "listed", "gpus": []}


class Vm(models.Model):
    """One virtual machine: its configuration, what should be, and what was last seen.

    ``revision`` grows with every change of the row: watchers keep the newest, writers
    compare and swap. ``generation`` grows with every request that the worker must act
    on; the request is answered once ``observed_generation`` has caught up with it, with
    ``outcome_code`` 0 or the error it ended in. All ``…_ms`` are milliseconds since 1970.
    """

    id = models.CharField(primary_key=True, max_length=64)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="vms")
    cid = models.PositiveIntegerField(help_text="vsock context id, unique on its node.")
    created_at_ms = models.BigIntegerField()
    revision = models.PositiveBigIntegerField(default=1)

    # Configuration, as the client gave it.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="vms",
        help_text="Who created it; none for what nobody with an account did.",
    )
    name = models.CharField(max_length=128)
    image = models.CharField(max_length=64)
    compose_file = models.TextField(help_text="The application's identity: kept byte for byte.")
    app_id = models.CharField(max_length=40)
    vcpu = models.PositiveIntegerField()
    memory = models.PositiveIntegerField(help_text="MB")
    disk_size = models.PositiveIntegerField(help_text="GB")
    encrypted_env = models.BinaryField(default=bytes, editable=False)
    user_config = models.TextField(blank=True)
    hugepages = models.BooleanField(default=False)
    pin_numa = models.BooleanField(default=False)
    gpus = models.JSONField(default=no_gpus)
    kms_urls = models.JSONField(default=list, blank=True)
    gateway_urls = models.JSONField(default=list, blank=True)
    networks = models.JSONField(default=list, blank=True)
    no_tee = models.BooleanField(default=False)
    simulated_tee = models.CharField(max_length=32, blank=True)
    gateway_enabled = models.BooleanField(default=False, help_text="Said by the compose file.")
    manifest_extra = models.JSONField(
        default=dict,
        blank=True,
        help_text="Unknown fields of a taken-over manifest, kept for others.",
    )

    # What should be.
    desired = models.CharField(max_length=8, choices=Desired.choices)
    stop_mode = models.CharField(max_length=8, choices=StopMode.choices, default=StopMode.FORCED)
    generation = models.PositiveBigIntegerField(default=1)
    prepared = models.BooleanField(default=False, help_text="The VM's directory holds this configuration.")

    # What was seen.
    actual = models.CharField(max_length=8, choices=Actual.choices, default=Actual.OFF)
    observed_generation = models.PositiveBigIntegerField(default=0)
    outcome_code = models.PositiveSmallIntegerField(default=0)
    outcome_message = models.TextField(blank=True)
    pid = models.PositiveIntegerField(null=True, blank=True)
    started_at_ms = models.BigIntegerField(null=True, blank=True)
    tpm_pid = models.PositiveIntegerField(null=True, blank=True)
    tpm_started_at_ms = models.BigIntegerField(
        null=True, blank=True, help_text="Of a run that has a TPM; without a pid the TPM has ended."
    )
    exited_at_ms = models.BigIntegerField(null=True, blank=True)
    exit_reason = models.CharField(max_length=32, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    boot_progress = models.CharField(max_length=256, blank=True)
    boot_error = models.TextField(blank=True)
    shutdown_progress = models.CharField(max_length=256, blank=True)
    shutdown_requested = models.BooleanField(default=False, help_text="In this run, by us.")
    shutdown_asked_at_ms = models.BigIntegerField(
        null=True, blank=True, help_text="When the guest was first asked to power off, or said that it would."
    )
    instance_id = models.CharField(max_length=128, blank=True)
    instance_id_seed = models.CharField(max_length=128, blank=True)
    events_offset = models.PositiveBigIntegerField(default=0, help_text="Bytes of the event file read.")
    restarts = models.PositiveIntegerField(default=0, help_text="Automatic ones in a row.")
    next_retry_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "VM"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "cid"], name="cid_once_per_node"),
            models.CheckConstraint(
                condition=models.Q(vcpu__gt=0, memory__gt=0, disk_size__gt=0), name="vm_has_resources"
            ),
        ]
        # With its revision: what the roster compares is in the index alone.
        indexes: ClassVar = [
            models.Index(fields=["created_at_ms", "id", "revision"], name="vm_oldest_first_revision")
        ]
        ordering: ClassVar = ["created_at_ms", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    @property
    def status(self) -> Status:
        """The wire's word for this VM."""
        return Status.of(self.desired, self.actual)

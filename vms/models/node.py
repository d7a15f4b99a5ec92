from __future__ import annotations

from django.db import models

from vms.choices import Draining, Platform


class Node(models.Model):
    """A host that runs VMs. Its own worker writes this row, at start and with each heartbeat."""

    name = models.CharField(max_length=100, unique=True)
    version = models.CharField(max_length=64, blank=True)
    platform = models.CharField(max_length=16, choices=Platform.choices, default=Platform.NONE)
    missing = models.TextField(blank=True, help_text="What confidential VMs lack here; empty if nothing.")
    accelerator = models.CharField(max_length=8, blank=True)
    qemu_version = models.CharField(max_length=64, blank=True, help_text="The number alone, such as 9.2.1.")
    notice = models.TextField(blank=True, help_text="What everybody who uses this node must know.")
    numa_cpus = models.JSONField(
        default=dict, blank=True, help_text="NUMA node to its CPUs, such as 0-15,32-47."
    )
    findings = models.JSONField(
        default=list,
        blank=True,
        help_text="What this host lacks, and how to mend it; vms.preflight has the form.",
    )
    findings_at_ms = models.BigIntegerField(default=0, help_text="When it was looked at; 0: not yet.")
    boot_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The host's boot in which VMs were last looked at, as the kernel names it.",
    )
    heartbeat_at_ms = models.BigIntegerField(default=0, help_text="Milliseconds since 1970.")

    # Like a VM's: a request raises the generation, the worker answers it by catching up.
    reload_generation = models.PositiveBigIntegerField(default=0)
    reload_observed_generation = models.PositiveBigIntegerField(default=0)
    reload_report = models.JSONField(default=dict, blank=True, help_text="What the last ReloadVms did.")

    # Who this is among other nodes. One alone, on SQLite, has an identity, too.
    identity = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="Kept in the node's data folder."
    )
    address = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="The URL by which other nodes reach it; empty where it works alone.",
    )
    rev = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Commit of its program."
    )
    lease_holder = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="The process that acts for it."
    )
    lease_until_ms = models.BigIntegerField(default=0, db_default=0, help_text="Milliseconds since 1970.")
    cordoned = models.BooleanField(default=False, db_default=False, help_text="No new VM is placed here.")
    draining = models.CharField(
        max_length=8, choices=Draining.choices, blank=True, default=Draining.NO, db_default=Draining.NO.value
    )

    # What it has, and what is left of that; its worker writes them.
    vcpus = models.PositiveIntegerField(default=0, db_default=0, help_text="The host's CPUs.")
    memory_mb = models.BigIntegerField(default=0, db_default=0)
    disk_free_mb = models.BigIntegerField(default=0, db_default=0, help_text="Where its VMs' folders are.")
    disk_total_mb = models.BigIntegerField(default=0, db_default=0)
    load = models.JSONField(
        default=dict, blank=True, help_text="cpu (percent of all), memory_mb (used), at_ms."
    )
    capabilities = models.JSONField(
        default=dict, blank=True, help_text="What its settings say to whoever places a VM on it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity"], condition=~models.Q(identity=""), name="one_node_per_identity"
            ),
        ]

    def __str__(self) -> str:
        return self.name

"""Words that the database and the wire use, each declared once."""

from __future__ import annotations

from django.db import models


class Desired(models.TextChoices):
    """What should be. Written by actions only."""

    RUNNING = "running"
    STOPPED = "stopped"
    ABSENT = "absent", "absent (being removed)"


class StopMode(models.TextChoices):
    """How a VM that should not run is brought down."""

    FORCED = "forced"
    GRACEFUL = "graceful", "graceful (the guest is asked)"


class Actual(models.TextChoices):
    """What is, as the node's worker last saw it. Written by ``actions.observe`` only."""

    OFF = "off"
    STARTING = "starting", "starting (queued or waiting for QEMU)"
    ON = "on"
    UNKNOWN = "unknown", "unknown (a process lives but can't be asked)"


class Status(models.TextChoices):
    """The five words of the wire (and no other)."""

    RUNNING = "running"
    EXITED = "exited"
    STOPPING = "stopping"
    STOPPED = "stopped"
    REMOVING = "removing"

    @classmethod
    def of(cls, desired: str, actual: str) -> Status:
        """The wire's word for (should run, does run); removing wins."""
        if desired == Desired.ABSENT:
            return cls.REMOVING
        runs = actual != Actual.OFF
        if desired == Desired.RUNNING:
            return cls.RUNNING if runs else cls.EXITED
        return cls.STOPPING if runs else cls.STOPPED


class PullState(models.TextChoices):
    """How far the pull of an image is."""

    QUEUED = "queued"
    DOWNLOADING = "downloading"
    UNPACKING = "unpacking"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"


PULLING = (PullState.QUEUED, PullState.DOWNLOADING, PullState.UNPACKING)
"""A pull that goes on, or will."""


class Protocol(models.TextChoices):
    TCP = "tcp"
    UDP = "udp"


class Platform(models.TextChoices):
    """What a node's hardware can launch."""

    NONE = "none", "none (plain VMs only)"
    TDX = "tdx", "Intel TDX"
    AMD_SEV_SNP = "amd-sev-snp", "AMD SEV-SNP"


class Draining(models.TextChoices):
    """What becomes of the VMs of a node that is being emptied."""

    NO = "", "no"
    STOP = "stop", "stop (its VMs are stopped one after another)"
    WAIT = "wait", "wait (its VMs run until they are stopped)"


class NodeState(models.TextChoices):
    """Whether a node's worker is there to act on its VMs."""

    UP = "up"
    LOST = "lost", "lost (not heard of any more)"
    ENDED = "ended", "ended (in good order, or it never began)"


class SimulatedTee(models.TextChoices):
    """Platforms whose evidence a plain VM can be made to simulate, for development."""

    TDX = "dstack-tdx"
    GCP_TDX = "dstack-gcp-tdx"
    AMD_SEV_SNP = "dstack-amd-sev-snp"
    NITRO_ENCLAVE = "dstack-nitro-enclave"
    AWS_NITRO_TPM = "dstack-aws-nitro-tpm"


class Role(models.TextChoices):
    """What somebody may do; ``vms.access.policy`` says what that is."""

    MEMBER = "member", "member (their own VMs only)"
    VIEWER = "viewer", "viewer (sees everything)"
    OPERATOR = "operator", "operator (sees everything, starts and stops)"
    ADMIN = "admin", "admin (everything)"


class NetworkMode(models.TextChoices):
    USER = "user"
    BRIDGE = "bridge"
    CUSTOM = "custom"


class AttachMode(models.TextChoices):
    """Which GPUs a VM is given: the listed slots, or all of the node."""

    LISTED = "listed"
    ALL = "all"


class GpuKind(models.TextChoices):
    """What a VM can be given of a GPU machine."""

    GPU = "gpu", "GPU"
    BRIDGE = "bridge", "NVSwitch"


class GpuOffer(models.TextChoices):
    """What the operator's ``[cvm.gpu]`` says of a device."""

    OFFERED = "offered"
    UNLISTED = "unlisted", "its product is not in [cvm.gpu] listing"
    EXCLUDED = "excluded", "[cvm.gpu] exclude names it"
    NOT_INCLUDED = "not-included", "[cvm.gpu] include does not name it"
    SWITCHED_OFF = "switched-off", "this node gives no GPUs to VMs ([cvm.gpu] enabled)"

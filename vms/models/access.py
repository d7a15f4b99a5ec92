from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from vms.choices import Role


class Account(models.Model):
    """What a Django user may do here, and how much; no limit where it is empty."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    max_vms = models.PositiveIntegerField(null=True, blank=True)
    max_vcpu = models.PositiveIntegerField(null=True, blank=True)
    max_memory = models.PositiveIntegerField(null=True, blank=True, help_text="MB")
    max_disk_size = models.PositiveIntegerField(null=True, blank=True, help_text="GB")
    max_gpus = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class ApiToken(models.Model):
    """A token of a user, or of a service (no user). Only its digest is kept.

    ``prefix`` is its beginning, to know it again by. All ``…_ms`` are milliseconds since 1970.
    """

    name = models.CharField(max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_tokens",
        help_text="Whose it is; none for a service.",
    )
    role = models.CharField(
        max_length=16, choices=Role.choices, blank=True, help_text="A service's; a user's token has theirs."
    )
    scopes = models.JSONField(
        null=True, blank=True, help_text="Permissions it is limited to; none set means no limit."
    )
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, hex.")
    created_at_ms = models.BigIntegerField()
    expires_at_ms = models.BigIntegerField(null=True, blank=True)
    revoked_at_ms = models.BigIntegerField(null=True, blank=True)
    last_used_at_ms = models.BigIntegerField(null=True, blank=True)
    last_used_from = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "API token"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False) ^ ~models.Q(role=""),
                name="token_of_a_user_or_a_service",
            ),
        ]
        ordering: ClassVar = ["-created_at_ms"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

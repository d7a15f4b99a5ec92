"""Who did what: rows that are added, and never taken back or changed."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models

ACCEPTED = 202
"""The ``result`` of what was written down as asked for, while its outcome is not known yet."""
_REFUSAL = "the audit log is only ever added to; what is too old is taken off by the server itself"


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Rows to read. To change one, or to take one out, is a bug (and the database refuses it too)."""

    def complete(self, entry_id: int, result: int, detail: str) -> None:
        """Fill in how something ended that was written down as asked for. Only the first time counts."""
        super(AppendOnly, self.filter(pk=entry_id, result=ACCEPTED)).update(result=result, detail=detail)

    def shorten(self, last_id: int) -> None:
        """Take off everything up to that row, the oldest first."""
        self.filter(pk__lte=last_id)._raw_delete(self.db)

    def update(self, **values: Any) -> NoReturn:
        raise TypeError(_REFUSAL)

    def delete(self) -> NoReturn:
        raise TypeError(_REFUSAL)


class AuditEntry(models.Model):
    """Somebody did, or was refused, something. Written once; only its outcome may be filled in, once.

    It names people and VMs in words, so that it stays true when they are gone. Ids ascend in
    the order of writing. ``result`` is the HTTP status that they were answered, 200 for every
    success, and ``ACCEPTED`` until (or, where the server was killed, because never) it is known.
    """

    at_ms = models.BigIntegerField("time", db_index=True, help_text="Milliseconds since 1970.")
    who = models.CharField(max_length=200)
    role = models.CharField(max_length=16, blank=True)
    credential = models.CharField(max_length=16, blank=True)
    address = models.CharField(max_length=64, blank=True, help_text="Where the request came from.")
    action = models.CharField(max_length=64, help_text="Such as prpc.CreateVm or login.")
    vm_id = models.CharField("VM's id", max_length=64, blank=True, db_index=True)
    vm_name = models.CharField("VM's name", max_length=128, blank=True)
    result = models.PositiveSmallIntegerField()
    detail = models.TextField(blank=True, help_text="What was asked for, without secrets, or why it failed.")
    request_id = models.CharField(max_length=32, blank=True)
    count = models.PositiveIntegerField(default=1, help_text="How many equal ones this stands for.")

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name_plural = "audit log"
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.who}: {self.action} → {self.result}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(_REFUSAL)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(_REFUSAL)

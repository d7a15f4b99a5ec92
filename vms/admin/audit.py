"""The audit log, to be looked through and taken along."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase

from vms.access.audit_file import as_file
from vms.access.policy import Permission
from vms.admin.site import ReadOnly, site
from vms.database import now_ms
from vms.models import AuditEntry
from vms.selectors.audit import FIELDS

PERIODS = {
    "hour": ("last hour", timedelta(hours=1)),
    "day": ("last 24 hours", timedelta(days=1)),
    "week": ("last 7 days", timedelta(days=7)),
    "month": ("last 30 days", timedelta(days=30)),
}


class When(admin.SimpleListFilter):
    """Times are kept in milliseconds, so Django's own filters for dates don't know them."""

    title, parameter_name = "time", "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, words) for key, (words, _) in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        chosen = PERIODS.get(self.value() or "")
        if chosen is None:
            return queryset
        return queryset.filter(at_ms__gte=now_ms() - chosen[1] // timedelta(milliseconds=1))


class How(admin.SimpleListFilter):
    title, parameter_name = "result", "how"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("done", "done"), ("refused", "refused"), ("failed", "failed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        match self.value():
            case "done":
                return queryset.filter(result__lt=400)
            case "refused":
                return queryset.filter(result__in=(401, 403, 429))
            case "failed":
                return queryset.filter(result__gte=400).exclude(result__in=(401, 403, 429))
        return queryset


@admin.register(AuditEntry, site=site)
class AuditAdmin(ReadOnly):
    permission = opens = Permission.MANAGE_ACCESS
    list_display = ("time", "who", "role", "action", "vm", "result", "count", "address", "detail")
    list_filter = (When, How, "action", "role", "credential")
    search_fields = ("who", "vm_id", "vm_name", "address", "detail", "request_id")
    readonly_fields = ("time",)
    show_full_result_count = False
    list_per_page = 100
    actions = ("csv", "jsonl")

    @admin.display(ordering="at_ms")
    def time(self, entry: AuditEntry) -> str:
        return datetime.fromtimestamp(entry.at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    @admin.display(ordering="vm_name")
    def vm(self, entry: AuditEntry) -> str:
        return entry.vm_name or entry.vm_id

    @admin.action(description="Take selected entries along as CSV")
    def csv(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> HttpResponseBase:
        return as_file("csv", _rows(queryset))

    @admin.action(description="Take selected entries along as JSON lines")
    def jsonl(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> HttpResponseBase:
        return as_file("jsonl", _rows(queryset))


def _rows(queryset: QuerySet[AuditEntry]) -> Iterator[dict[str, Any]]:
    return (dict(row) for row in queryset.values(*FIELDS).iterator())

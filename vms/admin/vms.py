"""VMs, and what can be done to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from vms.access import audit
from vms.access.policy import Permission, allows
from vms.access.principal import acting_as
from vms.access.trail import Trail
from vms.actions import vms
from vms.admin.site import ReadOnly, site, who
from vms.errors import VmmError
from vms.models import PortMapping, Vm
from vms.models.audit import ACCEPTED


class Ports(admin.TabularInline):  # type: ignore[type-arg]
    model = PortMapping
    fields = ("protocol", "host_address", "host_port", "vm_port")
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Vm, site=site)
class VmAdmin(ReadOnly):
    list_display = (
        "name",
        "id",
        "owner",
        "status",
        "image",
        "vcpu",
        "memory",
        "disk_size",
        "node",
        "boot_progress",
    )
    list_filter = ("node", "desired", "actual", "image", "owner")
    list_select_related = ("owner", "node")
    search_fields = ("name", "id", "app_id", "owner__username")
    inlines = (Ports,)
    exclude = ("compose_file", "user_config")
    actions = ("start", "stop", "shutdown")

    def status(self, vm: Vm) -> str:
        return str(vm.status)

    @admin.action(description="Start selected VMs", permissions=["operate"])
    def start(self, request: HttpRequest, queryset: QuerySet[Vm]) -> None:
        self._each(request, queryset, "start", vms.start)

    @admin.action(description="Stop selected VMs (forced)", permissions=["operate"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Vm]) -> None:
        self._each(request, queryset, "stop", vms.stop)

    @admin.action(description="Shut down selected VMs (the guest is asked)", permissions=["operate"])
    def shutdown(self, request: HttpRequest, queryset: QuerySet[Vm]) -> None:
        self._each(request, queryset, "shutdown", vms.shutdown)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return allows(who(request), Permission.STEER_VM)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Vm], verb: str, act: Callable[[str], Any]
    ) -> None:
        """Ask for it, VM by VM; the worker does it, and each refusal is shown with its reason."""
        for vm in queryset:
            try:
                with acting_as(who(request)):
                    asked = Trail(vm_id=vm.pk, vm_name=vm.name)
                    audit.acting(partial(act, vm.pk), f"admin.{verb}", asked, ACCEPTED)
            except VmmError as error:
                self.message_user(request, f"VM {vm.name}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"VM {vm.name}: {verb} requested", messages.SUCCESS)

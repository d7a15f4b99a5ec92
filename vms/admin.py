"""Django admin, for operators: what the database holds, and the three verbs on VMs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from vms.actions import vms
from vms.errors import VmmError
from vms.models import Event, Gpu, Image, Node, PortMapping, Pull, Vm


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows are written by actions only; here they are looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Ports(admin.TabularInline):  # type: ignore[type-arg]
    model = PortMapping
    fields = ("protocol", "host_address", "host_port", "vm_port")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Vm)
class VmAdmin(ReadOnly):
    list_display = ("name", "id", "status", "image", "vcpu", "memory", "disk_size", "node", "boot_progress")
    list_filter = ("node", "desired", "actual", "image")
    search_fields = ("name", "id", "app_id")
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
        return request.user.has_perm("vms.change_vm")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Vm], verb: str, act: Callable[[str], Any]
    ) -> None:
        """Ask for it, VM by VM; the worker does it, and each refusal is shown with its reason."""
        for vm in queryset:
            try:
                act(vm.pk)
            except VmmError as error:
                self.message_user(request, f"VM {vm.name}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"VM {vm.name}: {verb} requested", messages.SUCCESS)


@admin.register(Node)
class NodeAdmin(ReadOnly):
    list_display = ("name", "platform", "accelerator", "version", "heartbeat_at_ms")


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = ("name", "version", "is_dev", "platforms", "size", "problem", "node")
    list_filter = ("node", "is_dev")

    def platforms(self, image: Image) -> str:
        return ", ".join(image.supports)


@admin.register(Pull)
class PullAdmin(ReadOnly):
    list_display = ("name", "tag", "state", "bytes_done", "bytes_total", "error", "node")
    list_filter = ("node", "state")


@admin.register(Gpu)
class GpuAdmin(ReadOnly):
    list_display = (
        "slot",
        "kind",
        "product_id",
        "description",
        "numa_node",
        "driver",
        "obstacle",
        "holder",
        "node",
    )
    list_filter = ("node", "kind", "offer")
    list_select_related = ("holder", "node")
    readonly_fields = ("obstacle",)


@admin.register(PortMapping)
class PortMappingAdmin(ReadOnly):
    list_display = ("vm", "protocol", "host_address", "host_port", "vm_port", "node")
    list_select_related = ("vm", "node")


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("vm", "event", "body", "timestamp_ms")
    list_filter = ("event",)
    list_select_related = ("vm",)
    search_fields = ("vm__id", "vm__name", "body")

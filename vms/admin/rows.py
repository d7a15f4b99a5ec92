"""What the worker wrote down of the node, and of VMs: to be looked at."""

from __future__ import annotations

from django.contrib import admin

from vms.access.policy import Permission
from vms.admin.site import ReadOnly, site
from vms.models import Event, Gpu, Image, Node, PortMapping, Pull


class OfTheNode(ReadOnly):
    permission = Permission.SEE_NODE


@admin.register(Node, site=site)
class NodeAdmin(OfTheNode):
    list_display = (
        "name",
        "platform",
        "accelerator",
        "version",
        "cordoned",
        "draining",
        "vcpus",
        "memory_mb",
        "address",
        "heartbeat_at_ms",
    )
    list_filter = ("platform", "cordoned")
    search_fields = ("name", "address")


@admin.register(Image, site=site)
class ImageAdmin(OfTheNode):
    list_display = ("name", "version", "is_dev", "platforms", "size", "problem", "node")
    list_filter = ("node", "is_dev")
    search_fields = ("name", "version")

    def platforms(self, image: Image) -> str:
        return ", ".join(image.supports)


@admin.register(Pull, site=site)
class PullAdmin(OfTheNode):
    list_display = ("name", "tag", "state", "bytes_done", "bytes_total", "error", "node")
    list_filter = ("node", "state")
    search_fields = ("name", "tag")


@admin.register(Gpu, site=site)
class GpuAdmin(OfTheNode):
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


@admin.register(PortMapping, site=site)
class PortMappingAdmin(ReadOnly):
    list_display = ("vm", "protocol", "host_address", "host_port", "vm_port", "node")
    list_select_related = ("vm", "node")
    search_fields = ("vm__name", "vm__id", "host_port")


@admin.register(Event, site=site)
class EventAdmin(ReadOnly):
    list_display = ("vm", "event", "body", "timestamp_ms")
    list_filter = ("event",)
    list_select_related = ("vm",)
    search_fields = ("vm__id", "vm__name", "body")

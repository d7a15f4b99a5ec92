"""Methods about the node: what it is, what it has, what it allows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from vms.access.policy import Permission, sight
from vms.access.principal import current
from vms.prpc import serializers
from vms.prpc.methods.base import Elsewhere, Method, Values
from vms.prpc.methods.elsewhere import asked, other
from vms.selectors import host, meta
from vms.selectors.gpus import list_gpu_devices, list_gpus
from vms.selectors.images import list_images
from vms.version import REV, VERSION


def _list_images(values: Values) -> dict[str, Any]:
    return {"images": list_images(asked(values))}


def _version(_: Values) -> dict[str, Any]:
    return {"version": VERSION, "rev": REV}


def _get_meta(_: Values) -> dict[str, Any]:
    return meta.get_meta()


def _list_gpus(values: Values) -> dict[str, Any]:
    return list_gpus(asked(values))


def _list_gpu_devices(values: Values) -> dict[str, Any]:
    return list_gpu_devices(sight(current()), asked(values))


def _get_host(values: Values) -> dict[str, Any] | Elsewhere:
    return other(values) or asdict(host.this_host())


METHODS = tuple(
    Method(name, permission, request, call, changes=False, flat=True)
    for name, permission, request, call in (
        ("ListImages", Permission.LOOK, serializers.OfNode, _list_images),
        ("Version", Permission.LOOK, serializers.Empty, _version),
        ("GetMeta", Permission.LOOK, serializers.Empty, _get_meta),
        ("ListGpus", Permission.LOOK, serializers.OfNode, _list_gpus),
        ("ListGpuDevices", Permission.LOOK, serializers.OfNode, _list_gpu_devices),
        ("GetHost", Permission.SEE_NODE, serializers.OfNode, _get_host),
    )
)

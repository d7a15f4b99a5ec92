"""Methods about the node: what it is, what it has, what it allows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from vms.access.policy import Permission, sight
from vms.access.principal import current
from vms.prpc import serializers
from vms.prpc.methods.base import Method, Values
from vms.selectors import host, meta
from vms.selectors.gpus import list_gpu_devices, list_gpus
from vms.selectors.images import list_images
from vms.version import REV, VERSION


def _list_images(_: Values) -> dict[str, Any]:
    return {"images": list_images()}


def _version(_: Values) -> dict[str, Any]:
    return {"version": VERSION, "rev": REV}


def _get_meta(_: Values) -> dict[str, Any]:
    return meta.get_meta()


def _list_gpus(_: Values) -> dict[str, Any]:
    return list_gpus()


def _list_gpu_devices(_: Values) -> dict[str, Any]:
    return list_gpu_devices(sight(current()))


def _get_host(_: Values) -> dict[str, Any]:
    return asdict(host.this_host())


METHODS = tuple(
    Method(name, permission, serializers.Empty, call, changes=False, flat=True)
    for name, permission, call in (
        ("ListImages", Permission.LOOK, _list_images),
        ("Version", Permission.LOOK, _version),
        ("GetMeta", Permission.LOOK, _get_meta),
        ("ListGpus", Permission.LOOK, _list_gpus),
        ("ListGpuDevices", Permission.LOOK, _list_gpu_devices),
        ("GetHost", Permission.SEE_NODE, _get_host),
    )
)

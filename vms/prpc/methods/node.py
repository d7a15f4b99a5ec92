"""Methods about the node: what it is, what it has, what it allows."""

from __future__ import annotations

from typing import Any

from vms.access.policy import Permission
from vms.prpc import serializers
from vms.prpc.methods.base import Method, Values
from vms.selectors import meta
from vms.selectors.gpus import list_gpus
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


METHODS = tuple(
    Method(name, Permission.LOOK, serializers.Empty, call, changes=False, flat=True)
    for name, call in (
        ("ListImages", _list_images),
        ("Version", _version),
        ("GetMeta", _get_meta),
        ("ListGpus", _list_gpus),
    )
)

"""The methods of the ``Vmm`` service: each reads a message, calls one action, names the result."""

from __future__ import annotations

from vms.prpc.methods import images, kms, node, processes, reload, vms
from vms.prpc.methods.base import Method, Pending

_ROOMS = (vms, node, kms, images, reload, processes)
METHODS = {method.name: method for room in _ROOMS for method in room.METHODS}
PREFIXES = ("Vmm.", "Teepod.")


def find_method(name: str) -> Method | None:
    """The method of that name, with or without the service's name before it."""
    for prefix in PREFIXES:
        if name.startswith(prefix):
            return METHODS.get(name.removeprefix(prefix))
    return METHODS.get(name)


__all__ = ["METHODS", "Method", "Pending", "find_method"]

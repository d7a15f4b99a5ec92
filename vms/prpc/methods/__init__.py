"""The methods of our services: each reads a message, calls one action, names the result."""

from __future__ import annotations

from vms.prpc.methods import access, audit, guests, images, kms, node, nodes, processes, reload, vms
from vms.prpc.methods.base import Elsewhere, Method, Pending, Service

_ROOMS = (vms, node, nodes, kms, images, reload, processes)
METHODS = {method.name: method for room in _ROOMS for method in room.METHODS}
VMM = Service("prpc", METHODS, prefixes=("Vmm.", "Teepod."))
GUEST = Service("guest", {method.name: method for method in guests.METHODS}, operation_prefix="Guest")
ACCESS = Service(
    "access",
    {method.name: method for method in (*access.METHODS, *audit.METHODS)},
    operation_prefix="Access",
)
SERVICES = (VMM, GUEST, ACCESS)


__all__ = ["ACCESS", "GUEST", "METHODS", "SERVICES", "VMM", "Elsewhere", "Method", "Pending", "Service"]

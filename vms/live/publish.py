"""The only place that tells watchers and workers of a change: whole rows, on commit.

Telling is ``robust``: the change is made by then, and that it could not be told is repaired
by those who listen; whoever made it must not be told that it failed.
"""

from __future__ import annotations

from django.db import transaction

from vms.live import bus
from vms.models import Vm
from vms.selectors import watch


def changed(vm: Vm) -> None:
    """Once the transaction is committed, send the VM's whole row, as written, to everybody who watches."""
    transaction.on_commit(lambda: bus.broadcast(watch.row_of(vm).message()), robust=True)


def gone(vm_id: str) -> None:
    """Once the transaction is committed, say that the VM is no more."""
    transaction.on_commit(lambda: bus.broadcast({"type": "vm.gone", "id": vm_id}), robust=True)


def wake(node_id: int, vm_id: str) -> None:
    """Once the transaction is committed, have the node's worker look at that VM."""
    message = {"type": "vm.wake", "id": vm_id}
    transaction.on_commit(lambda: bus.send(bus.node_channel(node_id), message), robust=True)


def pulls_changed() -> None:
    """Once the transaction is committed, have everybody who watches told how all pulls of images are."""
    transaction.on_commit(lambda: bus.broadcast({"type": "pulls"}), robust=True)


def images_changed() -> None:
    """Once the transaction is committed, have everybody who watches told what images there are."""
    transaction.on_commit(lambda: bus.broadcast({"type": "images"}), robust=True)


def nodes_changed() -> None:
    """Once the transaction is committed, have everybody who watches told what nodes there are."""
    transaction.on_commit(lambda: bus.broadcast({"type": "nodes"}), robust=True)


def image_changed(name: str) -> None:
    """Once the transaction is committed, wake whoever waits for that image."""
    message = {"type": "image.changed", "id": bus.image_key(name)}
    transaction.on_commit(lambda: bus.broadcast(message), robust=True)


def wake_images(node_id: int) -> None:
    """Once the transaction is committed, have the node's worker look at its images and pulls."""
    transaction.on_commit(lambda: bus.send(bus.node_channel(node_id), {"type": "images.wake"}), robust=True)


def wake_node(node_id: int) -> None:
    """Once the transaction is committed, have the node's worker look at its run path."""
    message = {"type": "node.reload"}
    transaction.on_commit(lambda: bus.send(bus.node_channel(node_id), message), robust=True)

"""Where the websockets are, and what each needs."""

from __future__ import annotations

from typing import Any, NamedTuple

from vms.access.policy import Permission
from vms.fleet.socket import AtItsNode
from vms.live.console import console_consumer
from vms.live.figures import figures_consumer
from vms.live.guard import Guarded
from vms.live.log_socket import logs_consumer
from vms.live.status import status_consumer


class Route(NamedTuple):
    """A websocket: its path, who may open it, and its ASGI application."""

    path: str
    permission: Permission
    application: Any


ROUTES = (
    Route("ws/status", Permission.SEE_VM, status_consumer()),
    Route("ws/figures", Permission.SEE_VM, figures_consumer()),
    Route("ws/console/<str:vm_id>", Permission.STEER_VM, AtItsNode(console_consumer())),
    Route("ws/logs/<str:vm_id>", Permission.STEER_VM, AtItsNode(logs_consumer())),
)


def websocket_routes() -> list[tuple[str, Guarded]]:
    """(path, ASGI application) of every websocket, each closed to those who may not."""
    return [(route.path, Guarded(route.permission, route.application)) for route in ROUTES]

"""Where the websockets are."""

from __future__ import annotations

from typing import Any

from vms.live.figures import figures_consumer
from vms.live.status import status_consumer


def websocket_routes() -> list[tuple[str, Any]]:
    """(path, ASGI application) of every websocket."""
    return [("ws/status", status_consumer()), ("ws/figures", figures_consumer())]

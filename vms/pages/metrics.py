"""``/metrics``: this node for Prometheus, in its text form."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from vms import telemetry
from vms.access.policy import Permission
from vms.access.routes import needs
from vms.figures.board import board
from vms.pages.metric_families import of_node, of_rows, of_vms
from vms.selectors.metrics import counted

KEPT_S = 1.0
"""However many ask, it is made once in this time."""


class Everything(Collector):
    """What the process counts, what the database holds, and what was last read of the host."""

    def collect(self) -> Iterator[Metric]:
        yield from telemetry.registry.collect()
        rows = counted()
        yield from of_rows(rows)
        yield from of_vms(board.vms(), rows.names)
        if board.node is not None:
            yield from of_node(board.node, board.size)


class Kept:
    """A text that is made anew when it is asked for and too old; one at a time makes it."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._text = b""
        self._made_at = float("-inf")

    def text(self) -> bytes:
        with self._making:
            if time.monotonic() - self._made_at >= KEPT_S:
                self._text = self._make()
                self._made_at = time.monotonic()
            return self._text

    def forget(self) -> None:
        """Make it anew for whoever asks next."""
        with self._making:
            self._made_at = float("-inf")


page = Kept(lambda: generate_latest(Everything()))


@needs(Permission.SEE_NODE)
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics; two queries at most once a second."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    response = HttpResponse(page.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    response["Cache-Control"] = "no-store"
    return response

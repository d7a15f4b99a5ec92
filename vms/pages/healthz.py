"""``/healthz``: is the server alive, and would a request be acted on? Says nothing private."""

from __future__ import annotations

from django.db import Error as DatabaseError
from django.http import HttpRequest, JsonResponse

from vms.access.public import public
from vms.actions.nodes import has_worker
from vms.conf import conf
from vms.models import Node


@public
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database and worker answer, else 503 with what doesn't."""
    try:
        node = Node.objects.filter(name=conf().effective_node_name).first()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "failed"}, status=503)
    if node is None or not has_worker(node):
        return JsonResponse({"status": "starting", "database": "ok", "worker": "not ready"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok", "worker": "ok"})

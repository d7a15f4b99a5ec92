"""``/snapshot``: what ``/ws/status`` says first, for browsers that a proxy lets open no websocket."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse

from vms.access.policy import Permission, allows, sight
from vms.access.principal import current
from vms.access.routes import needs
from vms.selectors import images, node, nodes, pulls, watch


@needs(Permission.SEE_VM)
def snapshot(request: HttpRequest) -> HttpResponse:
    """``{"messages": […]}``: the frames of ``vms.live.status`` that a watcher who comes now would be told."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    who = current()
    seen = sight(who)
    sees_nodes = allows(who, Permission.SEE_NODE)
    this = node.this_node(with_findings=sees_nodes)
    messages = [
        {"type": "snapshot", "node": this, "vms": watch.watch_rows(seen)},
        {"type": "images", "images": images.image_rows(seen)},
        {"type": "pulls", "pulls": pulls.pull_rows()},
        {"type": "nodes", "nodes": orjson.Fragment(nodes.encoded_rows(whole=sees_nodes))},
    ]
    response = HttpResponse(orjson.dumps({"messages": messages}), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response

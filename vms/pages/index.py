"""The console's one page; every path that is nothing else leads to it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from vms.access.policy import Permission
from vms.access.routes import needs

NONCE_PLACEHOLDER = "__CSP_NONCE__"
_NOT_BUILT = "The console has not been built. Run script/server, or: cd frontend && npm ci && npm run build\n"


@needs(Permission.LOOK)
def console(request: HttpRequest) -> HttpResponse:
    """index.html with this response's nonce for styles. Never cached: it names the hashed assets."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse("405 method not allowed\n", status=405, content_type="text/plain")
    index: Path = settings.CONSOLE_DIR / "index.html"
    try:
        page = index.read_text("utf-8")
    except FileNotFoundError:
        return HttpResponse(_NOT_BUILT, status=503, content_type="text/plain")
    nonce = str(getattr(request, "csp_nonce", ""))
    response = HttpResponse(page.replace(NONCE_PLACEHOLDER, nonce))
    response["Cache-Control"] = "no-cache"
    return response

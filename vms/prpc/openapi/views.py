"""``/api-docs/``: the document, and a page that shows it and lets it be tried."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from vms.access.policy import Permission
from vms.access.routes import needs
from vms.prpc.openapi.document import document_json


@needs(Permission.LOOK)
@require_safe
def openapi_document(request: HttpRequest) -> HttpResponse:
    """The document in JSON."""
    response = HttpResponse(document_json(), content_type="application/json")
    response["Cache-Control"] = "no-cache"
    return response


@needs(Permission.LOOK)
@require_safe
def openapi_page(request: HttpRequest) -> HttpResponse:
    """Swagger UI over that document. All of it is ours to serve, so the site's policy stays as it is."""
    response = render(request, "vms/api_docs.html")
    response["Cache-Control"] = "no-cache"
    return response

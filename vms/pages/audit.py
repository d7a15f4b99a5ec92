"""``/access/audit.csv`` and ``/access/audit.jsonl``: the audit log as a file, newest first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from vms.access.audit_file import FORMATS, as_file
from vms.access.policy import Permission
from vms.access.routes import needs
from vms.errors import Invalid, VmmError
from vms.selectors.audit import AuditFilter, every

MAX_TEXT = 200
MAX_TIME_MS = 2**63 - 1


@needs(Permission.MANAGE_ACCESS)
def export(request: HttpRequest, extension: str) -> HttpResponseBase:
    """``?who=&action=&vm=&result=&since_ms=&until_ms=`` as ListAudit takes them; 400 for a wrong one."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    try:
        wanted = _filter(request)
    except VmmError as error:
        return JsonResponse({"code": error.code, "message": error.message}, status=error.code)
    if request.method == "HEAD":
        return HttpResponse(content_type=FORMATS[extension][0])
    return as_file(extension, every(wanted))


def _filter(request: HttpRequest) -> AuditFilter:
    query = request.GET
    return AuditFilter(
        who=_text("who", query.get("who", "")),
        action=_text("action", query.get("action", "")),
        vm=_text("vm", query.get("vm", "")),
        result=_number("result", query.get("result", ""), 599),
        since_ms=_number("since_ms", query.get("since_ms", ""), MAX_TIME_MS),
        until_ms=_number("until_ms", query.get("until_ms", ""), MAX_TIME_MS),
    )


def _text(name: str, text: str) -> str:
    if len(text) > MAX_TEXT or "\0" in text:
        raise Invalid(f"{name}: must have at most {MAX_TEXT} characters, and no NUL among them")
    return text


def _number(name: str, text: str, most: int) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > most:
        raise Invalid(f"{name}: must be a whole number from 0 to {most}, not {text[:40]!r}")
    return int(text)

"""``/access/audit.csv`` and ``/access/audit.jsonl``: the audit log as a file, newest first."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from vms.access import audit
from vms.access.policy import Permission
from vms.access.routes import needs
from vms.errors import Invalid, VmmError
from vms.selectors.audit import FIELDS, AuditFilter, every

COLUMNS = ("time", *FIELDS)
MAX_TEXT = 200
MAX_TIME_MS = 2**63 - 1
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Rows = Iterable[dict[str, Any]]


def _csv(rows: Rows) -> Iterator[bytes]:
    yield _line(COLUMNS)
    for row in rows:
        yield _line(_cell(row[name]) for name in COLUMNS)


def _jsonl(rows: Rows) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


FORMATS: dict[str, tuple[str, Callable[[Rows], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "jsonl": ("application/jsonl; charset=utf-8", _jsonl),
}


@needs(Permission.MANAGE_ACCESS)
def export(request: HttpRequest, extension: str) -> HttpResponseBase:
    """``?who=&action=&vm=&result=&since_ms=&until_ms=`` as ListAudit takes them; 400 for a wrong one."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    content_type, write = FORMATS[extension]
    try:
        wanted = _filter(request)
    except VmmError as error:
        return JsonResponse({"code": error.code, "message": error.message}, status=error.code)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(content_type=content_type)
    else:
        audit.note(audit.OK, action=f"access.audit.{extension}")
        response = StreamingHttpResponse(write(map(_with_time, every(wanted))), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="audit.{extension}"'
    response["Cache-Control"] = "no-store"
    return response


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


def _with_time(row: dict[str, Any]) -> dict[str, Any]:
    return {"time": datetime.fromtimestamp(row["at_ms"] / 1000, UTC).isoformat(timespec="milliseconds")} | row


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A spreadsheet must not take what somebody called themselves for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

"""The audit log as a file: CSV for spreadsheets, JSON lines for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import StreamingHttpResponse

from vms.access import audit
from vms.selectors.audit import FIELDS

COLUMNS = ("time", *FIELDS)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Rows = Iterable[dict[str, Any]]


def as_file(extension: str, rows: Rows) -> StreamingHttpResponse:
    """The answer that streams those rows (with ``FIELDS``). Who took them along is told in the log itself."""
    audit.note(audit.OK, action=f"access.audit.{extension}")
    content_type, write = FORMATS[extension]
    response = StreamingHttpResponse(write(map(_with_time, rows)), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="audit.{extension}"'
    response["Cache-Control"] = "no-store"
    return response


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


def _with_time(row: dict[str, Any]) -> dict[str, Any]:
    return {"time": datetime.fromtimestamp(row["at_ms"] / 1000, UTC).isoformat(timespec="milliseconds")} | row


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A spreadsheet must not take what somebody called themselves for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

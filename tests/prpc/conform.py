"""Whether an answer is exactly its message: every field, no other, each of its type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx

from vms.prpc import fields
from vms.prpc.messages import response_message
from vms.prpc.methods import SERVICES, Method
from vms.prpc.serializers import Empty

_HEX = re.compile(r"([0-9a-f]{2})*\Z")


async def conforms(response: httpx.Response) -> None:
    """Fails for a documented JSON answer of a method that is not its message."""
    request = response.request
    speaks_json = request.method == "GET" or request.headers.get("Content-Type") == "application/json"
    service = next((each for each in SERVICES if request.url.path.startswith(f"/{each.path}/")), None)
    if service is None or not speaks_json or "json" in request.url.params:
        return
    await response.aread()
    answer = response.json() if response.content else None
    method = service.find(request.url.path.removeprefix(f"/{service.path}/"))
    wrong = violations(method, response.status_code, answer)
    assert not wrong, "\n".join(wrong[:20])


def violations(method: Method | None, status: int, answer: Any) -> list[str]:
    """What is wrong with a documented JSON answer; None stands for no body."""
    if status >= 400:
        return _error_violations(status, answer)
    assert method is not None
    message = response_message(method.name)
    if message is Empty:
        return [] if (status, answer) == (204, None) else [f"{status} {answer!r}, not 204 without a body"]
    return list(_of_message(message(), answer, method.name))


def _error_violations(status: int, answer: Any) -> list[str]:
    good = isinstance(answer, dict) and set(answer) == {"code", "message"} and answer["code"] == status
    return [] if good and answer["message"] else [f"{status} with {answer!r}"]


def _of_message(message: fields.Message, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no object"
        return
    if set(value) != set(message.fields):
        yield f"{where}: fields differ in {set(value) ^ set(message.fields)}"
    for name, field in message.fields.items():
        if name in value:
            yield from _of_field(field, value[name], f"{where}.{name}")


def _of_field(field: Any, value: Any, where: str) -> Iterator[str]:
    if isinstance(field, fields.Message):
        yield from () if value is None else _of_message(field, value, where)
    elif value is None:
        if field.null_value is not None:
            yield f"{where}: null"
    elif isinstance(field, fields.ListOf):
        yield from () if isinstance(value, list) else (f"{where}: {value!r} is no list",)
        for index, item in enumerate(value):
            yield from _of_field(field.child, item, f"{where}[{index}]")
    elif not _has_type(field, value):
        yield f"{where}: {value!r} is no {type(field).__name__}"


def _has_type(field: Any, value: Any) -> bool:
    match field:
        case fields.UInt32():
            return type(value) is int and field.minimum <= value <= field.maximum
        case fields.Bool():
            return type(value) is bool
        case fields.Bytes():
            return type(value) is str and _HEX.match(value) is not None
    return type(value) is str

"""What guests may ask of their host: the methods of ``host_api.proto``, in JSON and in protobuf."""

from __future__ import annotations

import logging
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from vms.errors import Invalid, MethodNotAllowed, NotFound, TooLarge, VmmError
from vms.guest.http_server import JSON, Request, Response
from vms.guest.key_provider import MAX_QUOTE, SealingKey
from vms.guest.proto import host_api_pb2
from vms.protobuf import to_values, values_of_json
from vms.version import VERSION

PREFIX = "/api/"
NAME = "dstack VMM"
"""What guests know the host's program by."""
MAX_PAYLOAD = 4 << 10
"""Bytes of one event's text."""
PROTOBUF = "application/octet-stream"
_METHODS = {method.name: method for method in host_api_pb2.DESCRIPTOR.services_by_name["HostApi"].methods}
_log = logging.getLogger(__name__)


class Stranger(VmmError):
    """Who calls is no guest of this host."""

    code = 403


class Host(Protocol):
    """What a host does for its guests; every method may raise our errors."""

    async def vm_of(self, cid: int) -> str | None:
        """The id of the VM whose guest has that vsock context id; None where none has."""

    async def notify(self, vm_id: str, event: str, payload: str) -> None:
        """Take over what the guest says has happened: any text, meaning no good."""

    async def sealing_key(self, quote: bytes) -> SealingKey:
        """The key that the guest with this quote may seal its secrets with."""


def body_limit(path: str) -> int:
    """Bytes that a request's body may have: a quote is as hex in JSON, a payload perhaps all escapes."""
    return 2 * MAX_QUOTE + (64 << 10) if path == f"{PREFIX}GetSealingKey" else 8 * MAX_PAYLOAD


class HostApi:
    """Answers guests' requests."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def handle(self, request: Request) -> Response:
        """The answer, a failure's too."""
        is_json = "json" in parse_qs(request.query, keep_blank_values=True) or request.content_type == JSON
        try:
            vm_id = await self._host.vm_of(request.cid)
            if vm_id is None:
                raise Stranger("the host API is for this host's own VMs")
            method = _method(request)
            values = await self._call(vm_id, method, _read(method, request.body, is_json or _by_get(request)))
        except VmmError as error:
            return _failure(error.code, error.message, is_json)
        except Exception:
            _log.exception("a guest's request could not be answered")
            return _failure(500, "internal error; the host's log has it", is_json)
        return _success(method, values, is_json or _by_get(request))

    async def _call(self, vm_id: str, method: Any, values: dict[str, Any]) -> dict[str, Any] | None:
        match method.name:
            case "Info":
                return {"name": NAME, "version": VERSION}
            case "Notify":
                await self._notify(vm_id, values["event"], values["payload"])
                return None
            case _:
                key = await self._host.sealing_key(values["quote"])
                return {"encrypted_key": key.encrypted_key, "provider_quote": key.provider_quote}

    async def _notify(self, vm_id: str, event: str, payload: str) -> None:
        if not event:
            raise Invalid("event: is missing")
        size = len(payload.encode("utf-8", "surrogatepass"))
        if size > MAX_PAYLOAD:
            raise TooLarge(f"payload: {size} bytes; an event's text has at most {MAX_PAYLOAD}")
        await self._host.notify(vm_id, event, payload)


def _by_get(request: Request) -> bool:
    return request.method == "GET"


def _method(request: Request) -> Any:
    """The method that is asked for, as its service describes it. Raises NotFound, MethodNotAllowed."""
    name = request.path.removeprefix(PREFIX)
    if not request.path.startswith(PREFIX) or name not in _METHODS:
        raise NotFound(
            f"there is no {request.path[:80]!r}; there are {', '.join(map(PREFIX.__add__, _METHODS))}"
        )
    if request.method != "POST" and not (_by_get(request) and name == "Info"):
        raise MethodNotAllowed(f"{name}: use POST")
    return _METHODS[name]


def _read(method: Any, body: bytes, is_json: bool) -> dict[str, Any]:
    """The request's values. Raises Invalid."""
    message = GetMessageClass(method.input_type)()
    try:
        if is_json:
            return values_of_json(method.input_type, orjson.loads(body or b"{}") or {})
        message.ParseFromString(body)
    except (ValueError, DecodeError) as error:
        raise Invalid(f"{method.input_type.name}: {error}") from None
    return to_values(message)


def _success(method: Any, values: dict[str, Any] | None, is_json: bool) -> Response:
    if is_json:
        return Response(200, JSON, orjson.dumps(values, default=bytes.hex))
    return Response(200, PROTOBUF, GetMessageClass(method.output_type)(**(values or {})).SerializeToString())


def _failure(code: int, message: str, is_json: bool) -> Response:
    if is_json:
        return Response(code, JSON, orjson.dumps({"error": message, "code": code, "message": message}))
    return Response(code, PROTOBUF, host_api_pb2.PrpcError(message=message).SerializeToString())

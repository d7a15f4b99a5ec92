"""How a request says which encoding it speaks, and how answers are written in it.

``?json`` decides first, whatever the Content-Type; then GET or ``application/json``;
everything else is pRPC's binary form. Each encoding is a DRF parser and a DRF renderer;
methods and serializers know nothing of it, and a new method needs nothing here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, ClassVar

import orjson
from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from vms.errors import Invalid, VmmError
from vms.prpc import protobuf
from vms.prpc.prepared import Prepared


@dataclass(frozen=True)
class Answer:
    """What is written back: HTTP status, body, and its type."""

    status: int
    body: bytes
    content_type: str


class Encoding(BaseParser, BaseRenderer, ABC):
    """One of the wire's ways to write the same messages.

    ``parse`` and ``render`` want ``method``, the method's name, in their context.
    """

    media_type: str
    charset = None
    empty_status: ClassVar[int] = 200

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The request's values, before validation. Raises Invalid."""
        assert parser_context is not None
        return self.read(stream.read(), parser_context["method"])

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """A result of that method; None is the message Empty."""
        assert renderer_context is not None
        return self.write(data, renderer_context["method"])

    def result(self, value: Any, method: str) -> Answer:
        """The answer that carries a result."""
        status = self.empty_status if value is None else 200
        return Answer(status, self.render(value, renderer_context={"method": method}), self.media_type)

    def error(self, error: VmmError) -> Answer:
        """The answer that carries a failure."""
        return Answer(error.code, self.write_error(error), self.media_type)

    @abstractmethod
    def read(self, body: bytes, method: str) -> Any:
        """Values from a request's body. Raises Invalid."""

    @abstractmethod
    def write(self, value: Any, method: str) -> bytes:
        """A body from a result's values."""

    @abstractmethod
    def write_error(self, error: VmmError) -> bytes:
        """A body from a failure."""


class DocumentedJson(Encoding):
    """The API reference's own: real status codes, 204 without a body for Empty."""

    media_type = "application/json"
    format = "json"
    empty_status = 204

    def read(self, body: bytes, method: str) -> Any:
        if not body:
            return {}
        value = _read_json(body)
        if value is None:
            raise Invalid("request: must be an object")
        return value

    def write(self, value: Any, method: str) -> bytes:
        return b"" if value is None else as_json(value)

    def write_error(self, error: VmmError) -> bytes:
        return as_json({"code": error.code, "message": error.message})


class PrpcJson(DocumentedJson):
    """What pRPC clients ask for with ``?json``: always 200, Empty is null."""

    format = "prpc-json"
    empty_status = 200

    def read(self, body: bytes, method: str) -> Any:
        """Empty is null here in requests, too."""
        value = _read_json(body) if body else None
        return {} if value is None else value

    def write(self, value: Any, method: str) -> bytes:
        return as_json(value)

    def write_error(self, error: VmmError) -> bytes:
        return as_json({"error": error.message, "code": error.code, "message": error.message})


class PrpcBinary(Encoding):
    """Protobuf, as Rust clients speak it: always 200, Empty is no bytes."""

    media_type = "application/octet-stream"
    format = "protobuf"

    def read(self, body: bytes, method: str) -> Any:
        return protobuf.read_request(method, body)

    def write(self, value: Any, method: str) -> bytes:
        return value.binary() if isinstance(value, Prepared) else protobuf.write_response(method, value)

    def write_error(self, error: VmmError) -> bytes:
        return protobuf.write_error(error.message)


DOCUMENTED_JSON = DocumentedJson()
PRPC_JSON = PrpcJson()
PRPC_BINARY = PrpcBinary()


def encoding_of(request: HttpRequest) -> Encoding:
    """The encoding that the request speaks. Raises Invalid for a ``?json=`` that is none."""
    if "json" in request.GET:
        flag = request.GET["json"]
        if flag.lower() not in ("", "1", "true"):
            raise Invalid(f"json: must be bare, 1 or true, not {flag[:20]!r}")
        return PRPC_JSON
    if request.method in ("GET", "HEAD") or request.content_type == "application/json":
        return DOCUMENTED_JSON
    return PRPC_BINARY


def _read_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"the request's body is not valid JSON: {error}") from error


def as_json(value: Any) -> bytes:
    """A result's values, or an answer that is prepared, as JSON."""
    return value.json() if isinstance(value, Prepared) else orjson.dumps(value, default=_hex)


def _hex(value: object) -> str:
    """``bytes`` are lower-case hex in JSON."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} can't be written as JSON")

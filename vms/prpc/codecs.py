"""How a request says which encoding it speaks, and how answers are written in it.

``?json`` decides first, whatever the Content-Type; then GET or ``application/json``;
everything else would be pRPC's binary form. An encoding knows how to read a request,
and how to write a result, an empty result and an error; methods know nothing of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest

from vms.errors import Invalid, VmmError
from vms.prpc.fields import Message


@dataclass(frozen=True)
class Answer:
    """What is written back: HTTP status, body, and its type."""

    status: int
    body: bytes
    content_type: str


class Encoding(ABC):
    """One of the wire's ways to write the same messages."""

    content_type: ClassVar[str]

    @abstractmethod
    def read(self, body: bytes) -> Any:
        """The request as JSON-like values. Raises Invalid."""

    @abstractmethod
    def result(self, value: Any) -> Answer:
        """A result; None is the message Empty."""

    @abstractmethod
    def error(self, error: VmmError) -> Answer:
        """A failure."""


class DocumentedJson(Encoding):
    """The API reference's own: real status codes, 204 without a body for Empty."""

    content_type = "application/json"

    def read(self, body: bytes) -> Any:
        if not body.strip():
            return {}
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Invalid(f"the request's body is not valid JSON: {error}") from error

    def result(self, value: Any) -> Answer:
        if value is None:
            return Answer(204, b"", self.content_type)
        return Answer(200, orjson.dumps(value), self.content_type)

    def error(self, error: VmmError) -> Answer:
        body = {"code": error.code, "message": error.message}
        return Answer(error.code, orjson.dumps(body), self.content_type)


class PrpcJson(DocumentedJson):
    """What pRPC clients ask for with ``?json``: always 200, Empty is null."""

    def result(self, value: Any) -> Answer:
        return Answer(200, orjson.dumps(value), self.content_type)

    def error(self, error: VmmError) -> Answer:
        body = {"error": error.message, "code": error.code, "message": error.message}
        return Answer(error.code, orjson.dumps(body), self.content_type)


DOCUMENTED_JSON = DocumentedJson()
PRPC_JSON = PrpcJson()


def encoding_of(request: HttpRequest) -> Encoding:
    """The encoding that the request speaks. Raises Invalid for one we don't."""
    if "json" in request.GET:
        flag = request.GET["json"]
        if flag.lower() not in ("", "1", "true"):
            raise Invalid(f"json: must be bare, 1 or true, not {flag[:20]!r}")
        return PRPC_JSON
    if request.method == "GET" or request.content_type == "application/json":
        return DOCUMENTED_JSON
    raise Invalid("Content-Type: must be application/json (or add ?json to the URL)")


def read_values(request: HttpRequest, encoding: Encoding, message: Message) -> Any:
    """The request's values for that message, before validation. Raises Invalid."""
    if request.method == "GET":
        return message.query_to_data({name: request.GET[name] for name in request.GET})
    return encoding.read(request.body)

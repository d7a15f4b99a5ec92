"""What our messages and fields are in JSON Schema.

A request's fields may all be left out or null (proto3's default stands for them); an answer
has them all. So a message that goes both ways is two schemas, ``Id`` and ``IdRequest``.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension

from vms.prpc import fields
from vms.prpc.messages import message_name
from vms.prpc.openapi.words import FIELDS

Schema = dict[str, Any]
HEX = "^([0-9a-f]{2})*$"
HEX_OR_BASE64 = "^(0[xX])?([0-9a-fA-F]{2})*$|^[A-Za-z0-9+/_-]*={0,2}$"

QUERY_FLAG: Schema = {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["", "0", "1"]}]}
"""A boolean in a URL's query; bare (``?brief``) it is true."""


class MessageSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """One component for each message and direction."""

    target_class = "vms.prpc.fields.Message"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: str) -> str:
        name = message_name(self.target)
        return name if direction == "response" or name.endswith("Request") else f"{name}Request"

    def map_serializer(self, auto_schema: Any, direction: str) -> Schema:
        words = FIELDS.get(message_name(self.target), {})
        properties = {
            name: described(field_schema(field, auto_schema, direction), words.get(name), direction)
            if isinstance(field, fields.WireField)
            else nullable_message(auto_schema.resolve_serializer(field, direction).ref, words.get(name))
            for name, field in self.target.fields.items()
        }
        schema: Schema = {"type": "object", "properties": properties}
        if direction == "response":
            schema["required"] = list(properties)
        return schema


def field_schema(field: fields.WireField, auto_schema: Any, direction: str) -> Schema:
    """A scalar or a list. drf-spectacular's own mapping knows neither our types nor our defaults."""
    schema = shape(field, auto_schema, direction)
    if direction == "request":
        return _or_null(schema) | _default(field)
    return _or_null(schema) if field.null_value is None else schema


def described(schema: Schema, words: str | tuple[str, Schema] | None, direction: str) -> Schema:
    """The schema with what is said about the field; its closer bounds hold for answers only."""
    if words is None:
        return schema
    if isinstance(words, str):
        return schema | {"description": words}
    text, bounds = words
    return schema | {"description": text} | (bounds if direction == "response" else {})


def nullable_message(ref: Schema, words: str | tuple[str, Schema] | None) -> Schema:
    """A message that may be absent, which JSON writes as null."""
    schema: Schema = {"oneOf": [ref, {"type": "null"}]}
    return described(schema, words, "request")


def shape(field: fields.WireField, auto_schema: Any, direction: str) -> Schema:
    """The field's type, without what stands for it when it is not given."""
    match field:
        case fields.UInt32():
            return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}
        case fields.Bool():
            return {"type": "boolean"}
        case fields.Bytes():
            return {"type": "string", "pattern": HEX if direction == "response" else HEX_OR_BASE64}
        case fields.ListOf():
            bound = {"maxItems": field.max_length} if direction == "request" else {}
            return {"type": "array", "items": _item(field, auto_schema, direction)} | bound
    return {"type": "string"}


def _item(field: fields.ListOf, auto_schema: Any, direction: str) -> Schema:
    if isinstance(field.child, fields.Message):
        ref: Schema = auto_schema.resolve_serializer(field.child, direction).ref
        return ref
    return shape(field.child, auto_schema, direction)


def _or_null(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def _default(field: fields.WireField) -> Schema:
    if field.null_value is None:
        return {}
    if isinstance(field, fields.Bytes):
        return {"default": ""}
    return {"default": list(field.null_value) if isinstance(field, fields.ListOf) else field.null_value}

"""Protobuf messages as plain values: dictionaries by field name, bytes as bytes.

Values come from the binary form (:func:`to_values`) or from JSON of another program
(:func:`values_of_json`). Protobuf's own JSON mapping is of no use: it writes camelCase,
base64, and 64-bit numbers as text.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from vms.octets import read_octets

_WHOLE = {
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
}


def to_values(message: Message) -> dict[str, Any]:
    """Every field by name; an optional one or a message that is not there is None."""
    return {field.name: _value(message, field) for field in message.DESCRIPTOR.fields}


def _value(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    is_message = field.message_type is not None
    if field.is_repeated:
        return [to_values(item) for item in value] if is_message else list(value)
    if field.has_presence and not message.HasField(field.name):
        return None
    return to_values(value) if is_message else value


def values_of_json(descriptor: Descriptor, data: Any) -> dict[str, Any]:
    """The values of a message that another program wrote as JSON, now decoded.

    Unknown fields are ignored; a missing or null one has proto3's default. Types and ranges are
    strict, and bytes are hex or base64.

    Raises:
        ValueError: names the field, and says what it must be.
    """
    return _message(descriptor, data, descriptor.name)


def _message(descriptor: Descriptor, data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: must be an object")
    return {field.name: _field(field, data.get(field.name), field.name) for field in descriptor.fields}


def _field(field: FieldDescriptor, data: Any, where: str) -> Any:
    if not field.is_repeated:
        return _single(field, data, where)
    if data is None:
        return []
    if not isinstance(data, list):
        raise ValueError(f"{where}: must be a list")
    if None in data:
        raise ValueError(f"{where}: must hold no null")
    return [_single(field, item, f"{where}[{index}]") for index, item in enumerate(data)]


def _single(field: FieldDescriptor, data: Any, where: str) -> Any:
    if field.message_type is not None:
        return None if data is None else _message(field.message_type, data, where)
    if data is None:
        return field.default_value
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return _text(data, where)
        case FieldDescriptor.TYPE_BYTES:
            return _octets(data, where)
        case FieldDescriptor.TYPE_BOOL if isinstance(data, bool):
            return data
    least, most = _WHOLE.get(field.type, (0, 0))
    if type(data) is not int or not least <= data <= most:
        raise ValueError(f"{where}: must be a whole number from {least} to {most}")
    return data


def _text(data: Any, where: str) -> str:
    if not isinstance(data, str):
        raise ValueError(f"{where}: must be text")
    return data


def _octets(data: Any, where: str) -> bytes:
    try:
        return read_octets(_text(data, where))
    except ValueError:
        raise ValueError(f"{where}: must be bytes as hex or base64 text") from None

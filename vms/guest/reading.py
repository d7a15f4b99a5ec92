"""From what a guest sent to our values: strict in types and ranges, whichever form it came in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import orjson
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from vms.guest.proto import guest_api_pb2
from vms.protobuf import to_values, values_of_json

MAX_ITEMS = 16384
"""Values in one message, those in messages and lists in it included: each costs time to look at."""
T = TypeVar("T")


def read_json(kind: type[T], body: bytes) -> T:
    """A message of ``interface`` that was written as JSON. Raises ValueError."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ValueError("not JSON") from None
    return read_values(kind, data)


def read_protobuf(kind: type[T], body: bytes) -> T:
    """A message of ``interface`` in protobuf's binary form. Raises ValueError."""
    message = GetMessageClass(_descriptor(kind))()
    try:
        message.ParseFromString(body)
    except DecodeError:
        raise ValueError(f"no protobuf message {kind.__name__}") from None
    _refuse_many(message)
    made: T = _made(kind, to_values(message))
    return made


def read_values(kind: type[T], data: Any) -> T:
    """A message of ``interface`` from decoded JSON with its field names. Raises ValueError."""
    _refuse_many(data)
    made: T = _made(kind, values_of_json(_descriptor(kind), data))
    return made


def _refuse_many(message: Any) -> None:
    """Raises ValueError for what holds too many values; looks at no more of them than may be."""
    left, unseen = MAX_ITEMS, [message]
    while unseen:
        inside = _inside(unseen.pop())
        left -= len(inside)
        if left < 0:
            raise ValueError(f"more than {MAX_ITEMS} values")
        unseen.extend(inside)


def _inside(value: Any) -> Collection[Any]:
    """What lies right in a message, object or list; nothing in other values."""
    if isinstance(value, Message):
        return [inner for _, inner in value.ListFields()]
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else ()


def _descriptor(kind: type[Any]) -> Descriptor:
    return guest_api_pb2.DESCRIPTOR.message_types_by_name[kind.__name__]


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _made(hint: Any, value: Any) -> Any:
    """A value of that type from plain values that are known to have the right types."""
    if get_origin(hint) is tuple:
        return tuple(_made(get_args(hint)[0], item) for item in value)
    if is_dataclass(hint):
        fields = {name: _made(inner, value[name]) for name, inner in _hints(hint).items()}  # type: ignore[arg-type]
        return hint(**fields)  # type: ignore[operator]
    return value

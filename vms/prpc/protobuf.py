"""Messages in binary: between protobuf and the plain values that serializers take and methods give.

Which message a method takes and gives is said by the service in ``proto/vmm.proto``, so a new
method needs no code here. Protobuf's own JSON mapping is of no use: it writes camelCase,
base64, and 64-bit numbers as text.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from vms.errors import Invalid
from vms.prpc.proto import vmm_pb2

_SERVICE = vmm_pb2.DESCRIPTOR.services_by_name["Vmm"]


def response_name(method: str) -> str:
    """The name of the message that the method answers."""
    return str(_SERVICE.methods_by_name[method].output_type.name)


def read_request(method: str, body: bytes) -> dict[str, Any]:
    """The request's values. Raises Invalid for bytes that are no such message."""
    message = GetMessageClass(_SERVICE.methods_by_name[method].input_type)()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        name = message.DESCRIPTOR.name
        raise Invalid(
            f"the request's body is no protobuf message {name} ({error}); "
            "for JSON send Content-Type: application/json, or add ?json to the URL"
        ) from error
    return to_values(message)


def write_response(method: str, value: Any) -> bytes:
    """The result's bytes; None is Empty, no bytes."""
    if value is None:
        return b""
    message = GetMessageClass(_SERVICE.methods_by_name[method].output_type)
    return message(**value).SerializeToString()


def write_error(message: str) -> bytes:
    """The bytes of a PrpcError."""
    return vmm_pb2.PrpcError(message=message).SerializeToString()


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

"""Messages in binary: between protobuf and the plain values that serializers take and methods give.

Which message a method takes and gives is said by the services in ``proto/vmm.proto``,
``proto/access.proto`` and ``guest/proto/guest_api.proto``, so a new method needs no code here. No
method's name is in two of them.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from vms.errors import Invalid
from vms.guest.proto import guest_api_pb2
from vms.protobuf import to_values
from vms.prpc.proto import access_pb2, vmm_pb2

_SERVICES = (
    vmm_pb2.DESCRIPTOR.services_by_name["Vmm"],
    access_pb2.DESCRIPTOR.services_by_name["Access"],
    guest_api_pb2.DESCRIPTOR.services_by_name["ProxiedGuestApi"],
)
_METHODS = {method.name: method for service in _SERVICES for method in service.methods}


def response_name(method: str) -> str:
    """The name of the message that the method answers."""
    return str(_METHODS[method].output_type.name)


def read_request(method: str, body: bytes) -> dict[str, Any]:
    """The request's values. Raises Invalid for bytes that are no such message."""
    message = GetMessageClass(_METHODS[method].input_type)()
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
    message = GetMessageClass(_METHODS[method].output_type)
    return message(**value).SerializeToString()


def write_error(message: str) -> bytes:
    """The bytes of a PrpcError."""
    return vmm_pb2.PrpcError(message=message).SerializeToString()

"""Serializers and protobuf say the same of every message, requests and answers alike."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from vms.guest.proto import guest_api_pb2
from vms.prpc import fields
from vms.prpc.messages import MESSAGES, message_name, response_message
from vms.prpc.methods import SERVICES
from vms.prpc.proto import access_pb2, vmm_pb2

FILES = (vmm_pb2.DESCRIPTOR, guest_api_pb2.DESCRIPTOR, access_pb2.DESCRIPTOR)
TYPES_OF = {
    method.name: method
    for service in (
        FILES[0].services_by_name["Vmm"],
        FILES[1].services_by_name["ProxiedGuestApi"],
        FILES[2].services_by_name["Access"],
    )
    for method in service.methods
}
TYPES = {
    FieldDescriptor.TYPE_STRING: fields.Text,
    FieldDescriptor.TYPE_BYTES: fields.Bytes,
    FieldDescriptor.TYPE_BOOL: fields.Bool,
    FieldDescriptor.TYPE_UINT32: fields.UInt32,
    FieldDescriptor.TYPE_UINT64: fields.UInt64,
    FieldDescriptor.TYPE_INT64: fields.Int64,
}
WIRE = {
    name: found for file in FILES for name, found in file.message_types_by_name.items() if name != "PrpcError"
}


def test_every_message_has_one_serializer() -> None:
    assert set(MESSAGES) == {*WIRE, "Empty"}


@pytest.mark.parametrize("name", WIRE)
def test_serializer_and_protobuf_agree(name: str) -> None:
    assert _of_serializer(MESSAGES[name]()) == _of_protobuf(WIRE[name])


def test_methods_take_and_answer_what_the_services_say() -> None:
    methods = {name: method for service in SERVICES for name, method in service.methods.items()}
    assert set(methods) == set(TYPES_OF)
    for name, types in TYPES_OF.items():
        assert message_name(methods[name].request) == types.input_type.name
        assert message_name(response_message(name)) == types.output_type.name


def _of_serializer(message: fields.Message) -> dict[str, str]:
    return {name: _field(field) for name, field in message.fields.items()}


def _field(field: object) -> str:
    if isinstance(field, fields.ListOf):
        return f"{_field(field.child)}[]"
    if isinstance(field, fields.Message):
        return message_name(field)
    assert isinstance(field, fields.WireField)
    return type(field).__name__ + ("?" if field.null_value is None else "")


def _of_protobuf(message: Descriptor) -> dict[str, str]:
    return {field.name: _wire_field(field) for field in message.fields}


def _wire_field(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        name = field.message_type.name
    else:
        name = TYPES[field.type].__name__
    if field.is_repeated:
        return f"{name}[]"
    is_optional = field.containing_oneof is not None and field.message_type is None
    return f"{name}?" if is_optional else name

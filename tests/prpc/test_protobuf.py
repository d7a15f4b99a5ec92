"""The binary form: the schema that existing clients know, and its generated code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor

from tests.guest import tables
from vms.guest.proto import guest_api_pb2, host_api_pb2
from vms.prpc.proto import access_pb2, vmm_pb2

GENERATED = [Path(str(module.__file__)) for module in (vmm_pb2, access_pb2, guest_api_pb2, host_api_pb2)]
LABELS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_INT64: "int64",
}

# As existing clients have them, and from 1000 on our own: number, name, type; ? optional, [] repeated.
CONTRACT = {
    "VmInfo": (
        "1 id string, 2 name string, 3 status string, 4 uptime string, 5 app_url string?, 6 "
        "app_id string, 7 instance_id string?, 8 configuration VmConfiguration, 9 exited_at "
        "string?, 10 boot_progress string, 11 boot_error string, 12 shutdown_progress string, 13 "
        "image_version string, 14 events GuestEvent[], 15 interfaces NetworkInterfaceStatus[], "
        "1000 node string"
    ),
    "VmConfiguration": (
        "1 name string, 2 image string, 3 compose_file string, 4 vcpu uint32, 5 memory uint32, 6 "
        "disk_size uint32, 7 ports PortMapping[], 8 encrypted_env bytes, 9 app_id string?, 10 "
        "user_config string, 11 hugepages bool, 12 pin_numa bool, 13 gpus GpuConfig, 14 kms_urls "
        "string[], 15 gateway_urls string[], 16 stopped bool, 17 no_tee bool, 18 networking "
        "NetworkingConfig?, 19 networks NetworkingConfig[], 21 simulated_tee string?, 1000 node string"
    ),
    "UpdateVmRequest": (
        "1 id string, 2 compose_file string, 3 encrypted_env bytes, 4 user_config string, 5 "
        "update_ports bool, 7 ports PortMapping[], 8 update_kms_urls bool, 9 kms_urls string[], "
        "10 update_gateway_urls bool, 11 gateway_urls string[], 13 gpus GpuConfig, 14 vcpu "
        "uint32?, 15 memory uint32?, 16 disk_size uint32?, 17 image string?, 18 no_tee bool?, 19 "
        "update_networking bool, 20 networks NetworkingConfig[]"
    ),
    "StatusRequest": ("1 ids string[], 2 brief bool, 3 keyword string, 4 page uint32, 5 page_size uint32"),
    "StatusResponse": ("1 vms VmInfo[], 2 port_mapping_enabled bool, 3 total uint32"),
    "GpuConfig": ("1 gpus GpuSpec[], 2 attach_mode string"),
    "PortMapping": ("1 protocol string, 2 host_port uint32, 3 vm_port uint32, 4 host_address string"),
    "PublicKeyResponse": ("1 public_key bytes, 2 signature bytes, 3 timestamp uint64, 4 signature_v1 bytes"),
    "GetInfoResponse": ("1 found bool, 2 info VmInfo?"),
    "NetworkingCapabilities": ("1 supported_modes string[], 2 default_mode string, 4 default_bridge string"),
    "GetMetaResponse": (
        "1 kms KmsSettings, 2 gateway GatewaySettings, 3 resources ResourcesSettings, 4 "
        "networking NetworkingCapabilities"
    ),
    "SvProcessInfo": (
        "1 id string, 2 name string, 3 status string, 4 pid uint32?, 5 command string, 6 note string"
    ),
    "PrpcError": ("1 message string"),
}


def test_messages_have_the_numbers_and_types_that_clients_know() -> None:
    for name, fields in CONTRACT.items():
        assert _written_out(name) == fields, name


@pytest.mark.parametrize("generated", GENERATED, ids=lambda path: path.stem)
def test_the_generated_code_is_fresh(tmp_path: Path, generated: Path) -> None:
    source = generated.name.replace("_pb2.py", ".proto")
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}", source],
        cwd=generated.parent,
        check=True,
    )
    assert (tmp_path / generated.name).read_text() == generated.read_text(), "run script/proto"


def test_guests_messages_are_those_of_the_wire_s_tables() -> None:
    """The tables that the tests' own guests speak by are the ones that the program is generated from."""
    files = (guest_api_pb2.DESCRIPTOR, host_api_pb2.DESCRIPTOR)
    generated = {name: message for file in files for name, message in file.message_types_by_name.items()}
    assert set(generated) == set(tables.MESSAGES)
    for name, fields in tables.MESSAGES.items():
        found = [
            (
                field.number,
                field.name,
                field.message_type.name if field.message_type else LABELS[field.type],
                field.is_repeated,
            )
            for field in generated[name].fields
        ]
        assert found == fields, name


def _written_out(message: str) -> str:
    fields = vmm_pb2.DESCRIPTOR.message_types_by_name[message].fields
    return ", ".join(f"{field.number} {field.name} {_type(field)}" for field in fields)


def _type(field: FieldDescriptor) -> str:
    name = field.message_type.name if field.message_type is not None else LABELS[field.type]
    if field.is_repeated:
        return f"{name}[]"
    is_optional = field.containing_oneof is not None
    return f"{name}?" if is_optional else name

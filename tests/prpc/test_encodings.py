"""The same methods in three encodings: one table, success and failure of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from google.protobuf.message_factory import GetMessageClass

from tests.in_process import InProcess
from vms.prpc.methods import METHODS
from vms.prpc.proto import vmm_pb2

SERVICE = vmm_pb2.DESCRIPTOR.services_by_name["Vmm"]
Values = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """An answer, read by a client of that encoding."""

    status: int
    value: Any


async def documented(vmm: InProcess, method: str, request: Values) -> Told:
    response = await vmm.client.post(f"/prpc/{method}", json=request)
    if response.status_code == 204:
        assert response.content == b""
        return Told(204, None)
    assert response.headers["content-type"] == "application/json"
    return Told(response.status_code, response.json())


async def prpc_json(vmm: InProcess, method: str, request: Values) -> Told:
    headers = {"Content-Type": "application/octet-stream"}
    response = await vmm.client.post(f"/prpc/{method}?json", content=orjson.dumps(request), headers=headers)
    assert response.headers["content-type"] == "application/json"
    return Told(response.status_code, response.json())


async def binary(vmm: InProcess, method: str, request: Values) -> Told:
    types = SERVICE.methods_by_name[method]
    given = {name: bytes.fromhex(v) if name == "encrypted_env" else v for name, v in request.items()}
    body = GetMessageClass(types.input_type)(**given).SerializeToString()
    response = await vmm.client.post(f"/prpc/{method}", content=body)
    assert response.headers["content-type"] == "application/octet-stream"
    if response.status_code != 200:
        error = vmm_pb2.PrpcError()
        error.ParseFromString(response.content)
        return Told(response.status_code, {"message": error.message})
    message = GetMessageClass(types.output_type)()
    message.ParseFromString(response.content)
    return Told(200, message)


CLIENTS = {"documented": documented, "prpc-json": prpc_json, "binary": binary}
Client = Callable[[InProcess, str, Values], Awaitable[Told]]


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Client:
    return CLIENTS[request.param]


def field(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, dict) else getattr(value, name)


@pytest.mark.parametrize("prefix", ["", "Vmm.", "Teepod."])
async def test_a_life_in_every_encoding(vmm: InProcess, client: Client, prefix: str) -> None:
    empty = 204 if client is documented else 200
    created = await client(vmm, "CreateVm", vmm.configuration(encrypted_env="00ff", user_config="é"))
    assert created.status == 200
    vm_id = field(created.value, "id")
    for method, request in (
        ("StopVm", {"id": vm_id}),
        ("ResizeVm", {"id": vm_id, "vcpu": 2}),
        ("StartVm", {"id": vm_id}),
        ("ShutdownVm", {"id": vm_id}),
    ):
        told = await client(vmm, method, request)
        assert told.status == empty, (method, told.value)
    info = field((await client(vmm, "GetInfo", {"id": vm_id})).value, "info")
    configuration = field(info, "configuration")
    assert field(configuration, "encrypted_env") in ("00ff", b"\x00\xff")
    assert (field(configuration, "user_config"), field(configuration, "vcpu")) == ("é", 2)
    response = await vmm.client.get(f"/prpc/{prefix}Status?keyword=my-app&brief=true")
    assert [vm["id"] for vm in response.json()["vms"]] == [vm_id]
    assert (await client(vmm, "RemoveVm", {"id": vm_id})).status == empty


@pytest.mark.parametrize("method", ["Version", "GetMeta", "ListImages", "Status"])
async def test_get_is_the_same_as_post_in_documented_json(vmm: InProcess, method: str) -> None:
    got = await vmm.client.get(f"/prpc/{method}")
    posted = await vmm.call(method)
    assert (got.status_code, got.json()) == (200, posted.json())
    assert (await vmm.client.get(f"/prpc/{method}?json")).json() == posted.json()


async def test_failures_have_the_same_status_and_words_in_every_encoding(
    vmm: InProcess, client: Client
) -> None:
    for method, request, status in (
        ("CreateVm", vmm.configuration(vcpu=0), 400),
        ("StartVm", {}, 400),
        ("StartVm", {"id": "nobody"}, 404),
        ("UpgradeApp", {"id": "nobody"}, 404),
    ):
        told = await client(vmm, method, request)
        assert told.status == status
        assert told.value["message"] == (await documented(vmm, method, request)).value["message"]


async def test_a_launch_that_fails_later_is_told_in_every_encoding(vmm: InProcess, client: Client) -> None:
    vmm.driver.refuse_launch(None, "no room")
    told = await client(vmm, "CreateVm", vmm.configuration())
    assert (told.status, told.value["message"]) == (409, "no room")
    await vmm.nothing_left()


async def test_pretty_failures_of_prpc_json_carry_error_code_and_message(vmm: InProcess) -> None:
    told = await prpc_json(vmm, "GetInfo", {})
    assert told.status == 400
    assert set(told.value) == {"error", "code", "message"}


async def test_empty_is_null_no_body_or_no_bytes(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    request = {"id": vm_id}
    assert await prpc_json(vmm, "StopVm", request) == Told(200, None)
    assert await documented(vmm, "StopVm", request) == Told(204, None)
    message = vmm_pb2.Id(id=vm_id).SerializeToString()
    response = await vmm.client.post("/prpc/StopVm", content=message)
    assert (response.status_code, response.content) == (200, b"")


async def test_json_in_the_query_decides_whatever_the_content_type(vmm: InProcess) -> None:
    for query in ("?json", "?json=1", "?json=true"):
        for kind in ("application/json", "text/plain", "application/x-protobuf", ""):
            response = await vmm.client.post(
                f"/prpc/StartVm{query}", content=b'{"id":"x"}', headers={"Content-Type": kind}
            )
            assert (response.status_code, set(response.json())) == (404, {"error", "code", "message"})


async def test_bytes_that_are_no_message_are_400_with_the_way_out(vmm: InProcess) -> None:
    response = await vmm.client.post("/prpc/CreateVm", content=b'{"name":"x"}')
    error = vmm_pb2.PrpcError()
    error.ParseFromString(response.content)
    assert response.status_code == 400
    assert "Content-Type: application/json" in error.message


async def test_every_method_is_in_the_service_and_reads_its_message(vmm: InProcess) -> None:
    for name, method in METHODS.items():
        wire = {f.name for f in SERVICE.methods_by_name[name].input_type.fields}
        assert set(method.request().fields) == wire, name


@pytest.mark.parametrize(
    "text,expected",
    [
        ("00ff", b"\0\xff"),
        ("0x00FF", b"\0\xff"),
        ("AP8=", b"\0\xff"),
        ("AP8", b"\0\xff"),
        ("_-8=", b"\xff\xef"),
    ],
)
async def test_bytes_are_read_as_hex_or_base64(vmm: InProcess, text: str, expected: bytes) -> None:
    vm_id = await vmm.create(stopped=True, encrypted_env=text)
    assert (await vmm.info(vm_id))["configuration"]["encrypted_env"] == expected.hex()


@pytest.mark.parametrize("query", ["", "?json"])
async def test_an_empty_body_is_an_empty_object_and_blanks_are_no_json(vmm: InProcess, query: str) -> None:
    for body, status in ((b"", 200), (b"{}", 200), (b" ", 400), (b"\x0c", 400)):
        headers = {"Content-Type": "application/json"}
        response = await vmm.client.post(f"/prpc/Version{query}", content=body, headers=headers)
        assert response.status_code == status, body


async def test_a_null_body_is_empty_in_prpc_json_and_no_object_in_documented_json(vmm: InProcess) -> None:
    assert (await vmm.client.post("/prpc/Version?json", content=b"null")).status_code == 200
    headers = {"Content-Type": "application/json"}
    response = await vmm.client.post("/prpc/Version", content=b"null", headers=headers)
    assert (response.status_code, response.json()["message"]) == (400, "request: must be an object")

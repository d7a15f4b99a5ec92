"""GetAppEnvEncryptPubKey, from the client's request to the KMS and back."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass

from tests.in_process import InProcess
from tests.kms import server
from tests.kms.server import FakeKms
from vms.conf import conf
from vms.kms import client
from vms.prpc.proto import vmm_pb2

METHOD = "/prpc/GetAppEnvEncryptPubKey"
APP_ID = bytes(range(0xE0, 0xF4))
ANSWER: dict[str, Any] = {
    "public_key": bytes(range(32)).hex(),
    "signature": bytes(range(100, 165)).hex(),
    "timestamp": 2**63 + 1,
    "signature_v1": bytes(range(165, 230)).hex(),
}


@pytest.fixture(autouse=True)
def _configured(vmm: InProcess, fake_kms: FakeKms, settings: Any) -> None:
    fake_kms.answers(ANSWER)
    settings.VMM = conf().model_copy(update={"kms_url": fake_kms.url})


@pytest.mark.parametrize(
    "text", [APP_ID.hex(), "0x" + APP_ID.hex().upper(), base64.b64encode(APP_ID).decode()]
)
@pytest.mark.parametrize("query", ["", "?json"])
async def test_it_is_passed_through_in_json(vmm: InProcess, fake_kms: FakeKms, text: str, query: str) -> None:
    response = await vmm.client.post(METHOD + query, json={"app_id": text})
    assert (response.status_code, response.json()) == (200, ANSWER)
    assert fake_kms.asked[0][1].decode() == f'{{"app_id":"{APP_ID.hex()}"}}'


async def test_it_is_passed_through_in_binary(vmm: InProcess) -> None:
    types = vmm_pb2.DESCRIPTOR.services_by_name["Vmm"].methods_by_name["GetAppEnvEncryptPubKey"]
    request = GetMessageClass(types.input_type)(app_id=APP_ID).SerializeToString()
    response = await vmm.client.post(METHOD, content=request)
    message: Any = GetMessageClass(types.output_type)()
    message.ParseFromString(response.content)
    assert response.status_code == 200
    assert message.public_key.hex() == ANSWER["public_key"]
    assert message.signature.hex() == ANSWER["signature"]
    assert message.signature_v1.hex() == ANSWER["signature_v1"]
    assert message.timestamp == ANSWER["timestamp"]


async def test_it_changes_nothing_so_get_will_do(vmm: InProcess) -> None:
    response = await vmm.client.get(f"{METHOD}?app_id={APP_ID.hex()}")
    assert (response.status_code, response.json()) == (200, ANSWER)


@pytest.mark.parametrize(
    "app_id, words",
    [
        ("", "app_id: must be 20 bytes (40 hex digits), not 0"),
        ("00" * 19, "not 19"),
        ("00" * 21, "not 21"),
        ("hello!", "app_id: must be bytes as hex or base64 text"),
        (5, "app_id: must be bytes as hex or base64 text"),
    ],
)
async def test_a_wrong_app_id_never_reaches_the_kms(
    vmm: InProcess, fake_kms: FakeKms, app_id: Any, words: str
) -> None:
    response = await vmm.client.post(METHOD, json={"app_id": app_id})
    assert response.status_code == 400
    assert words in response.json()["message"]
    assert fake_kms.asked == []


async def test_failures_have_their_status_and_name_the_kms(
    vmm: InProcess, fake_kms: FakeKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = {"app_id": APP_ID.hex()}
    fake_kms.answers({"error": "not allowed"}, status=400)
    response = await vmm.client.post(METHOD, json=request)
    message = f"the KMS at {fake_kms.url} answered 400: not allowed"
    assert (response.status_code, response.json()) == (502, {"code": 502, "message": message})
    monkeypatch.setattr(client, "DEADLINE_S", 0.2)
    fake_kms.behave = server.silent
    response = await vmm.client.post(METHOD + "?json", json=request)
    assert response.status_code == 504
    assert response.json()["error"] == f"the KMS at {fake_kms.url} did not answer within 0.2 s"


async def test_the_certificate_is_looked_at_where_the_operator_says_so(
    vmm: InProcess, fake_kms: FakeKms, settings: Any
) -> None:
    settings.VMM = conf().model_copy(update={"kms": conf().kms.model_copy(update={"verify": True})})
    response = await vmm.client.post(METHOD, json={"app_id": APP_ID.hex()})
    assert response.status_code == 502
    assert "CERTIFICATE_VERIFY_FAILED" in response.json()["message"]


async def test_no_kms_at_all_is_said(vmm: InProcess, settings: Any) -> None:
    settings.VMM = conf().model_copy(update={"kms_url": ""})
    response = await vmm.client.post(METHOD, json={"app_id": APP_ID.hex()})
    assert response.status_code == 503
    assert "kms_url" in response.json()["message"]


async def test_a_kms_that_hangs_holds_up_nobody_else(vmm: InProcess, fake_kms: FakeKms) -> None:
    fake_kms.behave = server.silent
    request = {"app_id": APP_ID.hex()}
    waiting = [asyncio.create_task(vmm.client.post(METHOD, json=request)) for _ in range(16)]
    await fake_kms.until_asked(16)
    async with asyncio.timeout(10):
        assert (await vmm.call("Version")).status_code == 200
        assert (await vmm.client.post(METHOD, json=request)).status_code == 503
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

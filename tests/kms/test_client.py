"""Asking a KMS that is real, slow, wrong or hostile."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.kms import server
from tests.kms.server import FakeKms, responding
from vms.errors import TookTooLong, Unavailable, UpstreamFailed, VmmError
from vms.kms import client
from vms.kms.client import Kms, PublicKey, env_encrypt_public_key

APP_ID = bytes(range(20))
KEY = bytes(range(32))
GOOD: dict[str, Any] = {
    "public_key": KEY.hex(),
    "signature": "aa" * 65,
    "timestamp": 2**64 - 1,
    "signature_v1": "bb" * 65,
    "something_new": {"is": "ignored"},
}


async def failure(kms: Kms) -> VmmError:
    with pytest.raises(VmmError) as caught:
        await env_encrypt_public_key(kms, APP_ID)
    assert "\n" not in caught.value.message
    return caught.value


async def test_the_question_is_prpc_json(fake_kms: FakeKms) -> None:
    fake_kms.answers(GOOD)
    answer = await env_encrypt_public_key(Kms(fake_kms.url), APP_ID)
    assert answer == PublicKey(KEY, b"\xaa" * 65, 2**64 - 1, b"\xbb" * 65)
    [(head, body)] = fake_kms.asked
    assert head.startswith("POST /prpc/GetAppEnvEncryptPubKey?json HTTP/1.1\r\n")
    assert "content-type: application/json\r\n" in head.lower()
    assert body == b'{"app_id":"000102030405060708090a0b0c0d0e0f10111213"}'


async def test_a_path_and_credentials_in_the_url_are_used_and_never_told(
    fake_kms: FakeKms, caplog: pytest.LogCaptureFixture
) -> None:
    fake_kms.answers(GOOD)
    url = fake_kms.url.replace("https://", "https://us%40er:hush@") + "/base/?q=secret#f"
    with caplog.at_level(logging.DEBUG):
        await env_encrypt_public_key(Kms(url), APP_ID)
        fake_kms.answers({}, status=500)
        error = await failure(Kms(url))
    head, _ = fake_kms.asked[0]
    assert head.startswith("POST /base/prpc/GetAppEnvEncryptPubKey?json ")
    assert "Basic dXNAZXI6aHVzaA==" in head
    assert error.message == f"the KMS at {fake_kms.url}/base answered 500"
    assert "hush" not in caplog.text


@pytest.mark.parametrize(
    "answer, expected",
    [
        (
            GOOD | {"public_key": "0x" + KEY.hex().upper(), "timestamp": 7},
            PublicKey(KEY, b"\xaa" * 65, 7, b"\xbb" * 65),
        ),
        (
            {"public_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "signature": None},
            PublicKey(KEY, b"", 0, b""),
        ),
    ],
)
async def test_bytes_may_be_hex_or_base64_and_the_rest_may_be_absent(
    fake_kms: FakeKms, answer: Any, expected: PublicKey
) -> None:
    fake_kms.answers(answer)
    assert await env_encrypt_public_key(Kms(fake_kms.url), APP_ID) == expected


@pytest.mark.parametrize(
    "answer, words",
    [
        (b"<html>", "answered wrongly: not JSON"),
        (b"", "answered wrongly: not JSON"),
        (b"[" * 60_000, "answered wrongly: not JSON"),
        ([], "answered wrongly: not a JSON object"),
        ({}, "public_key has 0 bytes instead of 32"),
        (GOOD | {"public_key": KEY.hex() + "00"}, "public_key has 33 bytes instead of 32"),
        (GOOD | {"public_key": list(KEY)}, "public_key is not text"),
        (GOOD | {"public_key": "&" * 64}, "public_key is neither hex nor base64"),
        (GOOD | {"signature": 5}, "signature is not text"),
        (GOOD | {"timestamp": "5"}, "timestamp is not a whole number"),
        (GOOD | {"timestamp": True}, "timestamp is not a whole number"),
        (GOOD | {"timestamp": -1}, "timestamp is not a whole number"),
        (GOOD | {"timestamp": 2**64}, "timestamp is not a whole number"),
    ],
)
async def test_an_answer_that_is_wrong_is_refused(fake_kms: FakeKms, answer: Any, words: str) -> None:
    fake_kms.answers(answer)
    error = await failure(Kms(fake_kms.url))
    assert isinstance(error, UpstreamFailed)
    assert error.message.startswith(f"the KMS at {fake_kms.url} ")
    assert words in error.message


@pytest.mark.parametrize(
    "status, body, words",
    [
        (500, b'{"error": "app is not\\u0000\\nallowed \\u202e"}', "answered 500: app is not allowed"),
        (404, b'{"code": 404, "message": "no such app"}', "answered 404: no such app"),
        (400, b"<html>", "answered 400"),
        (400, b'{"error": ["x"]}', "answered 400"),
        (302, b"", "answered 302"),
        (204, b"", "answered 204"),
    ],
)
async def test_what_the_kms_says_of_its_failure_is_passed_on(
    fake_kms: FakeKms, status: int, body: bytes, words: str
) -> None:
    fake_kms.behave = responding(status, body, "Location: https://127.0.0.1:1/")
    assert (await failure(Kms(fake_kms.url))).message == f"the KMS at {fake_kms.url} {words}"
    assert len(fake_kms.asked) == 1


async def test_a_long_failure_is_cut(fake_kms: FakeKms) -> None:
    fake_kms.answers({"error": "x" * 60_000}, status=500)
    assert (await failure(Kms(fake_kms.url))).message.endswith(f"answered 500: {'x' * 299}…")


async def test_an_endless_answer_is_given_up_early(fake_kms: FakeKms) -> None:
    fake_kms.behave = server.endless
    assert (await failure(Kms(fake_kms.url))).message.endswith("answered more than 65536 bytes")


async def test_nothing_is_unpacked(fake_kms: FakeKms) -> None:
    packed = gzip.compress(b" " * 50_000_000)
    fake_kms.behave = responding(200, packed, "Content-Encoding: gzip")
    assert "answered compressed" in (await failure(Kms(fake_kms.url))).message


@pytest.mark.parametrize("behaviour", [server.silent, server.dripping])
async def test_the_bound_is_on_the_whole_call(
    fake_kms: FakeKms, behaviour: server.Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "DEADLINE_S", 0.3)
    fake_kms.behave = behaviour
    error = await failure(Kms(fake_kms.url))
    assert isinstance(error, TookTooLong)
    assert error.message == f"the KMS at {fake_kms.url} did not answer within 0.3 s"


async def test_nobody_there_is_said_in_the_kernels_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    error = await failure(Kms(f"https://u:hush@127.0.0.1:{port}/"))
    assert isinstance(error, UpstreamFailed)
    assert error.message == f"the KMS at https://127.0.0.1:{port} can't be asked: Connection refused"


async def test_what_speaks_no_tls_is_told(fake_kms: FakeKms) -> None:
    error = await failure(Kms(fake_kms.url.replace("https", "http")))
    assert isinstance(error, UpstreamFailed)


async def test_a_self_issued_certificate_is_refused_where_it_is_looked_at(
    fake_kms: FakeKms, pem: Path, tmp_path: Path
) -> None:
    fake_kms.answers(GOOD)
    error = await failure(Kms(fake_kms.url, verify=True))
    assert isinstance(error, UpstreamFailed)
    assert "CERTIFICATE_VERIFY_FAILED" in error.message
    assert fake_kms.asked == []
    await env_encrypt_public_key(Kms(fake_kms.url, ca_file=pem), APP_ID)
    other = tmp_path / "other"
    other.mkdir()
    assert (
        "CERTIFICATE_VERIFY_FAILED"
        in (await failure(Kms(fake_kms.url, ca_file=server.certificate(other)))).message
    )
    missing = await failure(Kms(fake_kms.url, ca_file=tmp_path / "none.pem"))
    assert f"ca_file {tmp_path / 'none.pem'}: " in missing.message


async def test_a_kms_that_hangs_holds_only_so_many_calls(
    fake_kms: FakeKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_IN_FLIGHT", 3)
    fake_kms.behave = server.silent
    calls = [asyncio.create_task(env_encrypt_public_key(Kms(fake_kms.url), APP_ID)) for _ in range(3)]
    await fake_kms.until_asked(3)
    error = await failure(Kms(fake_kms.url))
    assert isinstance(error, Unavailable)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    fake_kms.answers(GOOD)
    assert (await env_encrypt_public_key(Kms(fake_kms.url), APP_ID)).public_key == KEY

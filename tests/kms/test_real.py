"""The KMS of the tests is one: its parts hold against other implementations, and its keys are passed on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.in_process import InProcess
from tests.kms.keccak import keccak_256
from tests.kms.real import SIGNER, Handler, answer_key, open_environment
from tests.kms.secp256k1 import public_key, sign
from vms.conf import conf

APP_ID = bytes(range(20))


@pytest.fixture
def kms_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "message, digest",
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"hello", "1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8"),
    ],
)
def test_keccak_is_the_one_everybody_knows(message: bytes, digest: str) -> None:
    assert keccak_256(message).hex() == digest


@pytest.mark.parametrize("length", [135, 136, 137, 500])
def test_keccak_takes_messages_around_its_block(length: int) -> None:
    seen = {keccak_256(b"a" * length), keccak_256(b"a" * (length + 1)), keccak_256(b"a" * length + b"\x01")}
    assert len(seen) == 3


def test_signatures_are_those_of_the_library() -> None:
    digest = keccak_256(b"message")
    signature = sign(digest, SIGNER)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public_key(SIGNER))
    key.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    assert len(signature) == 65
    assert signature[64] in (0, 1)


def test_what_is_encrypted_to_an_application_is_opened_by_it() -> None:
    sender = X25519PrivateKey.generate()
    theirs = X25519PublicKey.from_public_bytes(bytes.fromhex(answer_key(APP_ID, 7)["public_key"]))
    sealed = AESGCM(sender.exchange(theirs)).encrypt(b"n" * 12, b'{"env":[{"key":"A","value":"1"}]}', None)
    whole = sender.public_key().public_bytes_raw() + b"n" * 12 + sealed
    assert open_environment(APP_ID, whole) == {"A": "1"}


async def test_our_server_passes_its_keys_on(vmm: InProcess, kms_url: str, settings: Any) -> None:
    settings.VMM = conf().model_copy(update={"kms_url": kms_url})
    response = await vmm.client.post("/prpc/GetAppEnvEncryptPubKey", json={"app_id": APP_ID.hex()})
    told = response.json()
    assert response.status_code == 200
    assert told["public_key"] == answer_key(APP_ID, 7)["public_key"]
    assert (len(told["signature"]), len(told["signature_v1"])) == (130, 130)

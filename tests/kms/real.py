"""A small KMS that really derives and signs keys, and a guest that opens what was encrypted to them.

``python -m tests.kms.real`` serves both on a free port and prints its address. With ``key`` or ``open`` it
answers one question, JSON on standard input and output, so that tests of other languages can ask.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.kms.keccak import keccak_256
from tests.kms.secp256k1 import public_key, sign

ROOT = b"the root key of a KMS of the tests"
SIGNER = int.from_bytes(hashlib.sha256(ROOT + b" that signs").digest(), "big")
DOMAIN = b"dstack-env-encrypt-pubkey"


def env_key(app_id: bytes) -> X25519PrivateKey:
    """The key of an application: the same each time that it is asked for."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(ROOT + app_id + b"env-encrypt-key").digest())


def answer_key(app_id: bytes, timestamp: int) -> dict[str, Any]:
    """GetAppEnvEncryptPubKey's answer, signed with and without the time."""
    key = env_key(app_id).public_key().public_bytes_raw()
    dated = timestamp.to_bytes(8, "big")
    return {
        "public_key": key.hex(),
        "signature": sign(keccak_256(DOMAIN + b":" + app_id + key), SIGNER).hex(),
        "timestamp": timestamp,
        "signature_v1": sign(keccak_256(DOMAIN + b":" + app_id + dated + key), SIGNER).hex(),
    }


def open_environment(app_id: bytes, sealed: bytes) -> dict[str, str]:
    """What a guest finds in an encrypted environment.

    Raises:
        cryptography.exceptions.InvalidTag: it is not encrypted to this application, or was changed.
    """
    shared = env_key(app_id).exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    plain = json.loads(AESGCM(shared).decrypt(sealed[32:44], sealed[44:], None))
    assert plain.keys() == {"env"}
    assert all(each.keys() == {"key", "value"} for each in plain["env"])
    return {each["key"]: each["value"] for each in plain["env"]}


def answer(question: str, asked: dict[str, Any]) -> dict[str, Any]:
    """``key`` is for everybody; ``open`` is what a real guest does for itself."""
    app_id = bytes.fromhex(asked["app_id"])
    if question == "open":
        return open_environment(app_id, bytes.fromhex(asked["sealed"]))
    return answer_key(app_id, asked.get("timestamp") or int(time.time()))


class Handler(BaseHTTPRequestHandler):
    """``/prpc/GetAppEnvEncryptPubKey`` as a KMS has it, and ``/open`` for the tests."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(answer("open" if self.path == "/open" else "key", asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    if sys.argv[1:]:
        signer = {"signer": public_key(SIGNER).hex()} if sys.argv[1] == "key" else {}
        json.dump(answer(sys.argv[1], json.load(sys.stdin)) | signer, sys.stdout)
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()

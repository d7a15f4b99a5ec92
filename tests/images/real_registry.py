"""A real registry (Debian's docker-registry) on loopback, with data of the test's own."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.images import token_server
from tests.images.push import Pusher
from tests.images.token_server import TokenServer
from tests.ports import a_free_port

USER, PASSWORD = "tester", "sesame"
# bcrypt of that password; docker-registry takes no other kind.
HTPASSWD = "tester:$2b$04$fwNug0fJBxs2.UklYtU0XOFluZFlXkmvaTHoreAalMNK1TulDD1tO\n"
REPOSITORY = "dstacktest/guest-image"


@dataclass(frozen=True)
class TlsFiles:
    """A certificate for 127.0.0.1 and its key, in PEM."""

    certificate: Path
    key: Path


class RealRegistry:
    """``registry`` is what [image] registry would say; ``pusher`` puts images into it."""

    def __init__(self, port: int, pusher: Pusher) -> None:
        self.port = port
        self.registry = f"127.0.0.1:{port}/{REPOSITORY}"
        self.pusher = pusher


@contextlib.contextmanager
def real_registry(
    folder: Path, *, tokens: TokenServer | None = None, htpasswd: bool = False, tls: TlsFiles | None = None
) -> Iterator[RealRegistry]:
    """A running registry: open, with tokens of that server, or with a password; plain or with TLS."""
    program = shutil.which("docker-registry")
    assert program is not None, "docker-registry is missing; script/test installs it"
    port = a_free_port()
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "config.json"  # YAML is a superset of JSON
    configuration.write_text(json.dumps(_configuration(folder, port, tokens, htpasswd, tls)))
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(configuration)], stdout=log, stderr=log)
    try:
        base = f"http://127.0.0.1:{port}" if tls is None else f"https://127.0.0.1:{port}"
        trust = True if tls is None else ssl.create_default_context(cafile=str(tls.certificate))
        _wait(process, base, trust, folder / "registry.log")
        headers: dict[str, str] = {}
        if tokens is not None:
            headers["Authorization"] = f"Bearer {tokens.token(f'repository:{REPOSITORY}:pull,push')}"
        auth = (USER, PASSWORD) if htpasswd else None
        with httpx.Client(base_url=base, headers=headers, auth=auth, timeout=60, verify=trust) as client:
            yield RealRegistry(port, Pusher(client, REPOSITORY))
    finally:
        process.terminate()
        process.wait(timeout=20)


def docker_login(folder: Path, port: int) -> Path:
    """A docker ``config.json`` with the registry's login."""
    packed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps({"auths": {f"127.0.0.1:{port}": {"auth": packed}}}))
    return path


def _configuration(
    folder: Path, port: int, tokens: TokenServer | None, htpasswd: bool, tls: TlsFiles | None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if tokens is not None:
        tokens.write_certificate(folder / "tokens.pem")
        found["auth"] = {
            "token": {
                "realm": tokens.realm,
                "service": token_server.SERVICE,
                "issuer": token_server.ISSUER,
                "rootcertbundle": str(folder / "tokens.pem"),
            }
        }
    if tls is not None:
        found["http"]["tls"] = {"certificate": str(tls.certificate), "key": str(tls.key)}
    if htpasswd:
        (folder / "htpasswd").write_text(HTPASSWD)
        found["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    return found


def _wait(process: subprocess.Popen[bytes], base: str, trust: ssl.SSLContext | bool, log: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{base}/v2/", timeout=5, verify=trust)
            return
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)

"""No secret is told again: not in the log, the audit log, an error, the metrics or the API's document."""

from __future__ import annotations

import itertools
import json
import socket
import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.access.secret_places import (
    MARK,
    Asked,
    forms,
    logins,
    of_every_method,
    presented,
    secret,
    strangers,
)
from tests.access.table import CONFIGURATION
from tests.real.server import Server, wait_until

_addresses = (f"127.1.{number // 250}.{2 + number % 250}" for number in itertools.count())
ADMIN = f"{MARK}-configured-admin-token"
SEED = MARK.encode().hex().ljust(64, "0")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real one that tells all it can of what it does."""
    settings = {
        "VMM_AUTH__ENABLED": "true",
        "VMM_AUTH__TOKENS": json.dumps([ADMIN]),
        "VMM_CVM__TEE_SIMULATOR__MOCK_ATTESTATION_SEED": SEED,
        "VMM_ACCESS_LOG": "true",
        "VMM_LOG": "json",
        "VMM_LOG_LEVEL": "debug",
    }
    server = Server(tmp_path_factory.mktemp("secrets") / "data", settings)
    server.start()
    yield server
    server.clean_up()


def holds_a_secret(text: bytes) -> bool:
    return any(form in text for form in forms())


def ask(server: Server, many: Iterable[Asked], **headers: str) -> list[tuple[Asked, httpx.Response]]:
    """Every few from an address of their own: who guesses too often is not even looked at."""
    answers, left = [], iter(many)
    while few := list(itertools.islice(left, 10)):
        transport = httpx.HTTPTransport(local_address=next(_addresses))
        with httpx.Client(base_url=server.url, transport=transport, timeout=60) as client:
            for asked in few:
                client.cookies.clear()
                sent = asked.headers | headers
                answers.append((asked, client.request(asked.verb, asked.path, headers=sent, **asked.content)))
    return answers


def told_again(answers: list[tuple[Asked, httpx.Response]]) -> list[str]:
    """What holds a secret of all that was answered but results: those are for whoever may read them."""
    found = []
    for asked, answer in answers:
        head = repr([pair for pair in answer.headers.raw if pair[0].lower() != b"set-cookie"]).encode()
        text = (
            head
            if answer.status_code == 200 and answer.url.path.startswith("/prpc/")
            else head + answer.content
        )
        if holds_a_secret(text):
            found.append(f"{asked}: {answer.status_code} {text[:600]!r}")
    return found


def audit_log(server: Server) -> list[tuple[object, ...]]:
    with sqlite3.connect(server.data / "vmm.sqlite3") as database:
        return database.execute("SELECT * FROM vms_auditentry ORDER BY id").fetchall()


def nothing_is_told(server: Server) -> None:
    """Neither in what the server wrote, nor in what it would tell an admin."""
    as_admin = {"authorization": f"Bearer {ADMIN}"}
    for path in ("/metrics", "/api-docs/openapi.json", "/api-docs/", "/access/audit.csv", "/healthz"):
        answer = httpx.get(server.url + path, headers=as_admin, timeout=60)
        assert answer.status_code == 200
        assert not holds_a_secret(answer.content), path
    lines = server.log.read_bytes().splitlines()
    assert [line[:1000] for line in lines if holds_a_secret(line)] == []
    assert [row for row in audit_log(server) if holds_a_secret(repr(row).encode())] == []


def test_a_mark_is_found_however_it_is_written() -> None:
    for written in (
        MARK.encode(),
        MARK.encode().hex().encode(),
        *(b64encode(f"{'u' * n}:{MARK}".encode()) for n in range(6)),
    ):
        assert holds_a_secret(b"some " + written + b" text")
    assert not holds_a_secret(b"nothing here")


def test_wrong_credentials(server: Server) -> None:
    answers = ask(server, [*strangers(), *logins()])
    assert {answer.status_code for _, answer in answers} >= {200, 302, 401, 404}
    assert told_again(answers) == []
    nothing_is_told(server)


def test_what_an_admin_asks_for_rightly_and_wrongly(server: Server) -> None:
    answers = ask(server, of_every_method(), authorization=f"Bearer {ADMIN}")
    assert {answer.status_code for _, answer in answers} >= {200, 204, 400, 404}
    assert 500 not in {answer.status_code for _, answer in answers}
    assert told_again(answers) == []
    wait_until("the audit log", lambda: len(audit_log(server)) > 10)
    nothing_is_told(server)


def test_websockets(server: Server) -> None:
    for headers, query in presented():
        lines = [
            f"GET /ws/status?{query} HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: upgrade",
        ]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + "a" * 22 + "=="]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
            sock.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = sock.recv(65536)
        assert answer
        assert not holds_a_secret(answer)
    nothing_is_told(server)


def test_a_crash(server: Server) -> None:
    """A row that no code of ours wrote: a bug, with all secrets of the VM and the request at hand."""
    as_admin = {"authorization": f"Bearer {ADMIN}"}
    wanted = CONFIGURATION | {
        "image": server.image,
        "user_config": secret(),
        "encrypted_env": secret().encode().hex(),
        "stopped": True,
        "no_tee": True,
    }
    made = httpx.post(f"{server.url}/prpc/CreateVm", json=wanted, headers=as_admin, timeout=60)
    assert made.status_code == 200, made.text
    vm_id = made.json()["id"]
    with sqlite3.connect(server.data / "vmm.sqlite3", timeout=30) as database:
        database.execute("UPDATE vms_vm SET networks = '[1]' WHERE id = ?", (vm_id,))
    update = {"id": vm_id, "user_config": secret(), "encrypted_env": secret().encode().hex()}
    answers = [
        httpx.get(f"{server.url}/prpc/GetInfo?id={vm_id}&token={ADMIN}", timeout=60),
        httpx.post(f"{server.url}/prpc/UpdateVm", json=update, headers=as_admin, timeout=60),
        httpx.post(f"{server.url}/prpc/Status", json=update, headers={"x-admin-token": ADMIN}, timeout=60),
    ]
    assert [answer.status_code for answer in answers] == [500, 500, 500]
    assert not any(holds_a_secret(answer.content) for answer in answers)
    assert b"Traceback" in Path(server.log).read_bytes()
    nothing_is_told(server)

"""What every request passes through: whose pages and names are ours, and what a bug looks like."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.in_process import InProcess
from vmm_site.asgi import application
from vms.actions import vms
from vms.prpc import listing

OURS = "http://localhost"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": ""},
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Host": "evil.example"},
        {"Host": "evil.example:12000"},
        {"Host": "localhost.evil.example"},
        {"Host": "local host"},
        {"Host": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("method, path", [("POST", "/prpc/CreateVm"), ("GET", "/prpc/Status"), ("GET", "/")])
async def test_another_site_s_page_gets_nothing(
    vmm: InProcess, headers: dict[str, str], method: str, path: str
) -> None:
    content = vmm.configuration() if method == "POST" else None
    response = await vmm.client.request(method, path, headers=headers, json=content)
    assert (response.status_code, response.json()["code"]) == (403, 403)
    assert len(response.content) < 500
    await vmm.nothing_left()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OURS},
        {"Host": "127.0.0.1:12000", "Origin": "http://127.0.0.1:12000"},
        {"Host": "[::1]:12000"},
        {"Host": "LOCALHOST"},
    ],
    ids=str,
)
async def test_our_own_pages_and_programs_are_served(vmm: InProcess, headers: dict[str, str]) -> None:
    assert (await vmm.client.get("/prpc/Version", headers=headers)).status_code == 200


async def test_a_name_that_the_operator_allows_is_ours(vmm: InProcess, settings: Any) -> None:
    settings.ALLOWED_HOSTS = [".vms.example"]
    response = await vmm.client.get("/prpc/Version", headers={"Host": "node-1.vms.example"})
    assert response.status_code == 200


async def test_through_a_unix_socket_any_name_will_do(vmm: InProcess) -> None:
    transport = httpx.ASGITransport(application, client=None)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://2f72756e2f766d6d") as client:
        assert (await client.get("/prpc/Version")).status_code == 200
        assert (await client.get("/prpc/Version", headers={"Origin": "http://evil"})).status_code == 403


async def test_every_answer_names_its_request(vmm: InProcess) -> None:
    answers = [await vmm.client.get(path) for path in ("/prpc/Version", "/prpc/None", "/healthz", "/")]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{12}", this) for this in ids)
    assert len(set(ids)) == 4


@pytest.mark.parametrize("method, where", [("Status", (listing, "status")), ("StopVm", (vms, "stop"))])
async def test_a_bug_is_a_500_that_says_where_to_look_and_nothing_else(
    vmm: InProcess,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    method: str,
    where: tuple[Any, str],
) -> None:
    def broken(*args: Any) -> Any:
        raise LookupError("the secret is 42")

    monkeypatch.setattr(*where, broken)
    response = await vmm.call(method, {"id": "x"})
    this = response.headers["x-request-id"]
    assert response.status_code == 500
    assert response.json() == {
        "code": 500,
        "message": f"internal error; the server's log has it under request id {this}",
    }
    assert "the secret is 42" in caplog.text


async def test_a_bug_while_settling_looks_the_same(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*args: Any) -> None:
        raise LookupError("the secret is 42")

    vm_id = await vmm.create()
    monkeypatch.setattr("vms.prpc.outcome.settled", broken)
    response = await vmm.call("StopVm", {"id": vm_id})
    assert (response.status_code, response.json()["code"]) == (500, 500)
    assert response.headers["x-request-id"] in response.json()["message"]
    assert "secret" not in response.text
    assert "the secret is 42" in caplog.text


async def test_other_pages_may_not_frame_ours(vmm: InProcess) -> None:
    for path in ("/", "/prpc/Version", "/healthz"):
        response = await vmm.client.get(path)
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]

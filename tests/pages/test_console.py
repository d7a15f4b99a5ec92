"""The console's page, its files, and the health page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.in_process import InProcess
from tests.rows import make_node
from vms.actions import nodes
from vms.database import in_database
from vms.models import Node
from vms.selectors.nodes import HEARTBEAT_LOST_MS


@pytest.fixture
def console(tmp_path: Path, settings: Any) -> Path:
    """A built console."""
    settings.CONSOLE_DIR = tmp_path / "dist"
    settings.CONSOLE_DIR.mkdir()
    page = settings.CONSOLE_DIR / "index.html"
    page.write_text('<meta name="csp-nonce" content="__CSP_NONCE__" />')
    assert isinstance(page, Path)
    return page


async def test_the_page_carries_the_nonce_of_its_policy(vmm: InProcess, console: Path) -> None:
    nonces = set()
    for _ in range(2):
        response = await vmm.client.get("/")
        found = re.fullmatch(r'<meta name="csp-nonce" content="([^"]{16,})" />', response.text)
        assert found is not None
        policy = response.headers["content-security-policy"]
        assert f"style-src 'self' 'nonce-{found[1]}'" in policy
        nonces.add(found[1])
    assert len(nonces) == 2


async def test_the_policy_allows_no_script_but_ours(vmm: InProcess, console: Path) -> None:
    policy = (await vmm.client.get("/")).headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert "unsafe" not in policy


async def test_the_page_is_asked_for_anew_each_time(vmm: InProcess, console: Path) -> None:
    assert (await vmm.client.get("/")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/vms", "/vms/some-id/logs", "/images", "/no/such/place"])
async def test_every_place_in_the_console_leads_to_the_page(vmm: InProcess, console: Path, path: str) -> None:
    assert (await vmm.client.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/static/none.js", "/ws/none", "/prpc/a/b", "/prpc/", "/guest/a/b"])
async def test_what_belongs_to_others_does_not(vmm: InProcess, console: Path, path: str) -> None:
    assert (await vmm.client.get(path)).status_code == 404


async def test_a_console_that_was_not_built_says_how(vmm: InProcess, console: Path) -> None:
    console.unlink()
    response = await vmm.client.get("/")
    assert response.status_code == 503
    assert "has not been built" in response.text


async def test_head_and_nothing_else_is_allowed_beside_get(vmm: InProcess, console: Path) -> None:
    assert (await vmm.client.head("/")).status_code == 200
    assert (await vmm.client.post("/")).status_code in (403, 405)


def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_others_not(
    tmp_path: Path, settings: Any
) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "assets").mkdir()
    for name in ("assets/index-DePaB_-_.js", "assets/plain.js", "logo.svg"):
        (tmp_path / name).write_text("x")
    middleware = WhiteNoiseMiddleware(lambda request: None)
    cached = {}
    for name in ("assets/index-DePaB_-_.js", "assets/plain.js", "logo.svg"):
        response = middleware(RequestFactory().get(f"/static/{name}"))
        cached[name] = response["Cache-Control"]
        assert "Access-Control-Allow-Origin" not in response
        response.close()
    assert cached == {
        "assets/index-DePaB_-_.js": "max-age=315360000, public, immutable",
        "assets/plain.js": "max-age=60, public",
        "logo.svg": "max-age=60, public",
    }


async def test_a_healthy_server(vmm: InProcess) -> None:
    response = await vmm.client.get("/healthz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "database": "ok", "worker": "ok"},
    )


async def test_a_server_whose_worker_is_gone(vmm: InProcess) -> None:
    node = await in_database(make_node)
    await in_database(nodes.retire, node.pk)
    response = await vmm.client.get("/healthz")
    assert (response.status_code, response.json()["worker"]) == (503, "not ready")


@pytest.mark.django_db
def test_a_worker_whose_heart_stopped_is_gone() -> None:
    from vms.database import now_ms

    node = make_node()
    for age, lives in ((0, True), (HEARTBEAT_LOST_MS - 1000, True), (HEARTBEAT_LOST_MS, False)):
        node.heartbeat_at_ms = now_ms() - age
        assert nodes.has_worker(node) is lives


async def test_a_server_whose_database_is_gone(vmm: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def failing(**kwargs: Any) -> Any:
        raise OperationalError("unable to open database file /secret/path")

    monkeypatch.setattr(Node.objects, "filter", failing)
    response = await vmm.client.get("/healthz")
    monkeypatch.undo()
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "database": "failed"})

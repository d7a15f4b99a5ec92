"""A browser's and a client's way through the proxies of deploy/ to a real server with a real guest."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator

import httpx
import pytest
from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from tests.deploy import proxies
from tests.deploy.proxies import Proxy
from tests.real.console_socket import PATIENCE_S, ConsoleSocket
from tests.real.people import PASSWORD, populate
from tests.real.server import Server

pytestmark = pytest.mark.real
SETTINGS = {
    "VMM_AUTH__ENABLED": "true",
    "VMM_AUTH__TRUSTED_PROXIES": "127.0.0.1",
    "VMM_ACCESS_LOG": "true",
}
CLIENT = "127.0.0.7"
"""An address of loopback that is no proxy's."""
MB = 10**6


class Site:
    """A server with a guest, whose clients come through a proxy."""

    def __init__(self, server: Server, tokens: dict[str, str], vm_id: str) -> None:
        self.server, self.tokens, self.vm_id = server, tokens, vm_id


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(tmp_path_factory.mktemp("proxied") / "data", SETTINGS)
    try:
        tokens = populate(server)
        server.token = tokens["ada"]
        server.start()
        vm_id = server.create()
        server.until(vm_id, boot_progress="done")
        yield Site(server, tokens, vm_id)
    finally:
        server.clean_up()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param) / "proxy"
    with getattr(proxies, request.param)(folder, site.server.port) as started:
        yield started


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    """Nobody yet, at an address of its own."""
    transport = httpx.HTTPTransport(verify=trust(proxy), local_address=CLIENT)
    with httpx.Client(base_url=proxy.url, transport=transport, timeout=60) as made:
        yield made


def trust(proxy: Proxy) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(proxy.pem))


def bearer(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.tokens['ada']}"}


def socket(proxy: Proxy, path: str, headers: dict[str, str]) -> ClientConnection:
    """A page's websocket."""
    return connect(
        f"{proxy.url.replace('https', 'wss', 1)}{path}",
        ssl=trust(proxy),
        additional_headers=headers,
        origin=Origin(proxy.url),
        max_size=None,
        open_timeout=PATIENCE_S,
        compression=None,
    )


def test_a_guest_answers_at_its_console(proxy: Proxy, site: Site) -> None:
    with socket(proxy, f"/ws/console/{site.vm_id}", bearer(site)) as opened:
        console = ConsoleSocket(opened)
        console.until_hello()
        assert console.run("echo he''llo; uname -s") == b"hello\nLinux\n"


def test_rows_come_live(proxy: Proxy, site: Site) -> None:
    with socket(proxy, "/ws/status", bearer(site)) as opened:
        while site.vm_id not in str(opened.recv(timeout=PATIENCE_S)):
            pass


def test_a_log_that_is_followed_comes_as_it_is_written(
    client: httpx.Client, proxy: Proxy, site: Site
) -> None:
    with (
        client.stream("GET", f"/logs?id={site.vm_id}&follow=true&lines=1", headers=bearer(site)) as followed,
        socket(proxy, f"/ws/console/{site.vm_id}", bearer(site)) as opened,
    ):
        console = ConsoleSocket(opened)
        console.until_hello()
        console.run("echo fol''lowed")
        heard = ""
        for text in followed.iter_text():
            heard += text
            if "followed" in heard:
                break


def test_a_body_of_60_mb_passes_and_a_larger_one_is_refused(client: httpx.Client, site: Site) -> None:
    def status_of(size: int) -> httpx.Response:
        body = json.dumps({"id": site.vm_id, "padding": "x" * size})
        headers = bearer(site) | {"Content-Type": "application/json"}
        return client.post("/prpc/GetInfo", content=body.encode(), headers=headers)

    assert status_of(60 * MB).json()["info"]["id"] == site.vm_id
    assert status_of(70 * MB).status_code == 413


def test_a_browser_logs_in_by_tls_and_is_known_by_its_own_address(client: httpx.Client, site: Site) -> None:
    client.get("/login/")
    form = {"name": "ada", "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    origin = {"Origin": str(client.base_url).rstrip("/"), "X-Forwarded-For": "192.0.2.1"}
    done = client.post("/login/", data=form, headers=origin)
    assert done.status_code == 302, done.text
    assert all(cookie.secure for cookie in client.cookies.jar)
    assert done.headers["strict-transport-security"].startswith("max-age=")
    entries = client.get("/access/ListAudit?page_size=20&who=ada", headers=bearer(site)).json()["entries"]
    assert CLIENT in json.dumps(entries)
    assert "192.0.2.1" not in json.dumps(entries)


def test_a_token_in_the_address_is_not_in_the_proxy_s_log(
    client: httpx.Client, proxy: Proxy, site: Site
) -> None:
    assert client.get(f"/prpc/Version?token={site.tokens['ada']}").status_code == 200
    log = proxy.log.parent / "access.log"
    while "/prpc/Version" not in log.read_text():
        client.get("/healthz")
    assert site.tokens["ada"] not in log.read_text()

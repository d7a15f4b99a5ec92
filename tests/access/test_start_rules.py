"""Where the server starts without a login, where it refuses to, and how the first admin gets in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.real.server import ROOT, Server, wait_until
from vmm_site.config import load_config
from vmm_site.endpoints import Endpoint, Tcp, Unix
from vmm_site.exposure import OpenDoor, is_reachable, refuse_open_door

SOCKET = Unix(Path("/run/v.sock"))


@pytest.mark.parametrize(
    "endpoint, reachable",
    [
        (SOCKET, False),
        (Tcp("127.0.0.1", 1), False),
        (Tcp("127.8.9.10", 1), False),
        (Tcp("::1", 1), False),
        (Tcp("localhost", 1), False),
        (Tcp("0.0.0.0", 1), True),
        (Tcp("::", 1), True),
        (Tcp("192.0.2.1", 1), True),
        (Tcp("no-such-host.invalid", 1), True),
    ],
    ids=str,
)
def test_who_can_connect(endpoint: Endpoint, reachable: bool) -> None:
    assert is_reachable(endpoint) == reachable


def test_without_a_login_only_this_host_s_users_get_in() -> None:
    assert refuse_open_door([Tcp("127.0.0.1", 1), SOCKET], login=False, insecure=False) == ""
    with pytest.raises(OpenDoor, match=r"0\.0\.0\.0:80 can be reached.*auth\.enabled.*--insecure"):
        refuse_open_door([SOCKET, Tcp("0.0.0.0", 80)], login=False, insecure=False)


def test_an_open_door_that_is_meant_is_told_of() -> None:
    warning = refuse_open_door([Tcp("0.0.0.0", 80)], login=False, insecure=True)
    assert "everybody who reaches 0.0.0.0:80 owns this host" in warning
    assert refuse_open_door([Tcp("127.0.0.1", 80)], login=False, insecure=True) == ""
    assert refuse_open_door([Tcp("0.0.0.0", 80)], login=True, insecure=True) == ""


def test_it_can_be_meant_in_the_environment() -> None:
    assert load_config(None, {"HOME": "/", "VMM_INSECURE": "1"}).insecure
    assert not load_config(None, {"HOME": "/"}).insecure


# The same, with the real program.


class Starts:
    """``manage.py`` on a data folder of the test's own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("VMM_", "DJANGO_"))}
        self.environment |= {"VMM_DATA": str(data)}

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def starts(tmp_path: Path) -> Starts:
    return Starts(tmp_path / "data")


def test_a_database_that_is_not_up_to_date_is_refused_with_the_way_out(starts: Starts) -> None:
    done = starts.run("serve")
    assert done.returncode == 1
    assert "Run manage.py migrate first" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_open_address_is_refused_before_anything_listens(starts: Starts) -> None:
    assert starts.run("migrate", "--no-input").returncode == 0
    done = starts.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "whoever reaches this server owns the host" in done.stderr
    assert "Traceback" not in done.stderr


def test_createsuperuser_works_before_the_first_start(starts: Starts) -> None:
    done = starts.run(
        "createsuperuser",
        "--no-input",
        "--username=root",
        "--email=",
        DJANGO_SUPERUSER_PASSWORD="correct horse battery",
    )
    assert done.returncode == 0, done.stderr
    assert "Superuser created successfully" in done.stdout


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(
        tmp_path / "server", {"VMM_AUTH__ENABLED": "true", "VMM_UNIX_SOCKET": str(tmp_path / "v.sock")}
    )
    yield server
    server.clean_up()


def form(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(path).text)
    assert token is not None
    return browser.post(path, data={"csrfmiddlewaretoken": token[1]} | fields)


@pytest.mark.real
def test_the_first_admin_gets_in_by_the_link_that_the_start_prints(server: Server) -> None:
    server.start()
    link = wait_until("the link", lambda: re.findall(r"http://[^/]+(/set-up/\S+)", server.log.read_text()))[0]
    assert server.post("Status").status_code == 401
    with httpx.Client(base_url=server.url) as browser:
        made = form(browser, link, name="ada", password="a quite long one", again="a quite long one")
        assert (made.status_code, made.headers["location"]) == (302, "/")
        assert browser.get("/prpc/Status").status_code == 200
        csrf: Any = {"X-CSRFToken": browser.cookies["csrftoken"]}
        assert browser.post("/prpc/Status", json={}).status_code == 403
        assert browser.post("/prpc/Status", json={}, headers=csrf).status_code == 200
    assert httpx.get(server.url + link).status_code == 404
    basic = httpx.get(f"{server.url}/prpc/Status", auth=("ada", "a quite long one"))
    assert basic.status_code == 200

    # By the Unix socket one has to log in, too; and the next start prints no link.
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(server.data.parent / "v.sock"))) as local:
        assert local.get("http://localhost/prpc/Status").status_code == 401
    assert server.end() == 0
    said = len(server.log.read_text())
    server.start()
    assert "/set-up/" not in server.log.read_text()[said:]
    assert "a quite long one" not in server.log.read_text()


@pytest.mark.real
def test_an_open_server_tells_everybody(tmp_path: Path) -> None:
    settings = {"VMM_HOST": "0.0.0.0", "VMM_INSECURE": "1"}
    server = Server(tmp_path / "server", settings)
    try:
        server.start()
        wait_until("the warning", lambda: "owns this host" in server.log.read_text())
        # DNS rebinding: a name that is none of this host's is refused, an address is not.
        for name, status in [("evil.example", 403), ("192.0.2.9", 200), ("localhost", 200)]:
            answer = httpx.get(f"{server.url}/prpc/Version", headers={"Host": f"{name}:{server.port}"})
            assert answer.status_code == status
    finally:
        server.clean_up()

"""A real server on a Unix socket and on TCP: who is found, who may ask by which name."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.real.server import wait_until
from vmm_site.discovery import FOLDER

ROOT = Path(__file__).parents[2]


class Serve:
    """``manage.py serve`` with its own data, until the test ends it."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.config = folder / "vmm.toml"
        self.config.write_text(settings)
        self.socket = folder / "vmm.sock"
        self.runtime = folder / "runtime"
        self.runtime.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "VMM_DATA": str(folder / "data"),
            "VMM_CONFIG": str(self.config),
            "XDG_RUNTIME_DIR": str(self.runtime),
        }
        manage = [sys.executable, "manage.py"]
        subprocess.run(
            [*manage, "migrate", "--no-input"],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
        )
        self.process = subprocess.Popen(
            [*manage, "serve"], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        self.said = self._until("Ctrl-C ends the server")

    def _until(self, words: str) -> str:
        said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said += line
            if words in line:
                return said
        raise AssertionError(f"the server ended: {said}")

    @property
    def tcp_url(self) -> str:
        [line] = [line for line in self.said.splitlines() if line.startswith("  console")]
        return line.split()[1].rstrip("/")

    def announced(self) -> list[dict[str, Any]]:
        return [json.loads(file.read_text()) for file in (self.runtime / FOLDER).iterdir()]

    def curl(self, *words: str) -> tuple[int, str]:
        """Status and body of a request by the program that operators use."""
        told = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "--write-out", "\n%{http_code}", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        body, _, status = told.stdout.rpartition("\n")
        return int(status), body


@contextlib.contextmanager
def serving(folder: Path, settings: str) -> Iterator[Serve]:
    serve = Serve(folder, settings)
    try:
        yield serve
    finally:
        if serve.process.poll() is None:
            serve.process.kill()
        serve.process.communicate()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Listens on a socket and on a free TCP port."""
    folder = tmp_path_factory.mktemp("both")
    with (
        socket_port() as port,
        serving(folder, f'address = "127.0.0.1:{port}"\nunix_socket = "vmm.sock"') as s,
    ):
        # It listens before its worker has looked around; until then healthz says 503.
        wait_until("ready", lambda: s.curl(f"{s.tcp_url}/healthz")[0] == 200)
        yield s


@contextlib.contextmanager
def socket_port() -> Iterator[int]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    yield port


def test_a_unix_socket_alone_serves_everything_and_is_announced(tmp_path: Path) -> None:
    with serving(tmp_path, 'address = "unix:./vmm.sock"\nnode_name = "rack-3"') as serve:
        assert f"socket    unix:{serve.socket}" in serve.said
        assert "console " not in serve.said
        status, body = serve.curl("--unix-socket", str(serve.socket), "http://any/prpc/Version")
        assert status == 200
        [told] = serve.announced()
        assert told["pid"] == serve.process.pid
        assert told["address"] == f"unix:{serve.socket}"
        assert told["config_file"] == str(serve.config)
        assert told["working_dir"] == str(ROOT)
        assert told["run_path"] == str(tmp_path / "data" / "vm")
        assert told["image_path"] == str(tmp_path / "data" / "image")
        assert (told["node_name"], told["version"]) == ("rack-3", json.loads(body)["version"])
        serve.process.send_signal(signal.SIGTERM)
        assert serve.process.wait(20) == 0
        assert serve.announced() == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "2f746d702f766d6d2e736f636b",
        "2f746d702f766d6d2e736f636b:80",
        "evil.example",
        "%2Ftmp%2Fvmm.sock",
        "/tmp/vmm.sock",
        "",
    ],
)
def test_through_the_socket_any_name_will_do(both: Serve, host: str) -> None:
    unix = ["--unix-socket", str(both.socket), "-H", f"Host: {host}" if host else "Host;"]
    assert both.curl(*unix, "http://any/prpc/Version")[0] == 200
    assert both.curl(*unix, "http://any/healthz")[0] == 200
    assert both.curl(*unix, "http://any/prpc/Status?json", "-d", "{}")[0] == 200
    assert both.curl(*unix, "http://any/admin/login/?next=/admin/")[0] == 200
    assert both.curl(*unix, "http://any/admin/")[0] == 302


@pytest.mark.parametrize("path", ["/", "/prpc/Version", "/healthz", "/logs?id=x", "/admin/", "/no/such/page"])
def test_through_tcp_a_name_that_is_not_ours_is_refused(both: Serve, path: str) -> None:
    for host in ("evil.example", "evil.example:12000", "2f746d702f766d6d2e736f636b", "/tmp/vmm.sock"):
        assert both.curl("-H", f"Host: {host}", both.tcp_url + path)[0] in (400, 403), host
    # What claims to have come by another way came by this one all the same.
    for lie in ("X-Forwarded-For: ", "X-Forwarded-Host: localhost", "Forwarded: for=unix:"):
        assert both.curl("-H", "Host: evil.example", "-H", lie, both.tcp_url + path)[0] in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]:5", "10.9.8.7:12000"])
def test_through_tcp_addresses_and_localhost_are_ours(both: Serve, host: str) -> None:
    assert both.curl("-H", f"Host: {host}", f"{both.tcp_url}/prpc/Version")[0] == 200


def test_a_foreign_page_is_refused_on_both_ways(both: Serve) -> None:
    foreign = ["-H", "Origin: http://evil.example", "-d", "{}"]
    assert both.curl(*foreign, f"{both.tcp_url}/prpc/Status?json")[0] == 403
    unix = ["--unix-socket", str(both.socket)]
    assert both.curl(*unix, *foreign, "http://localhost/prpc/Status?json")[0] == 403


def test_python_clients_reach_it_through_the_socket(both: Serve) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(both.socket))) as client:
        assert client.post("http://socket/prpc/ListImages?json", json={}).json() == {"images": []}

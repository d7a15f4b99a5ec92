"""The proxies of deploy/, started from those very files: only names, ports and paths are put in."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.kms.server import certificate
from tests.ports import a_free_port
from tests.real.server import ROOT, wait_until

DEPLOY = ROOT / "deploy"
NAME, UPSTREAM = "vmm.example.com", "127.0.0.1:12000"
NGINX_AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{ }}
http {{
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/dstack-vmm.conf;
}}
"""
CADDY_OPTIONS = "admin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\tgrace_period"


class Proxy:
    """``url`` is where it listens, by TLS; ``pem`` holds its certificate."""

    def __init__(self, port: int, pem: Path, log: Path) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self.port = port
        self.pem = pem
        self.log = log


@contextlib.contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Debian's nginx before the server at that port."""
    folder.mkdir()
    proxy = Proxy(a_free_port(), certificate(folder), folder / "log")
    changes = {
        UPSTREAM: f"127.0.0.1:{upstream}",
        "listen 80;": f"listen 127.0.0.1:{a_free_port()};",
        "listen [::]:80;": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{proxy.port} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        "/etc/ssl/dstack-vmm/fullchain.pem": str(proxy.pem),
        "/etc/ssl/dstack-vmm/key.pem": str(proxy.pem),
        "/var/log/nginx/dstack-vmm.log": str(folder / "access.log"),
    }
    (folder / "dstack-vmm.conf").write_text(changed(DEPLOY / "nginx/dstack-vmm.conf", changes))
    main = folder / "nginx.conf"
    # Started by root, its workers would be somebody who may not into a test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(NGINX_AROUND.format(folder=folder, user=user))
    command = [_program("nginx"), "-p", str(folder), "-c", str(main)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with _running(command, proxy):
        yield proxy


@contextlib.contextmanager
def caddy(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Debian's Caddy before the server at that port."""
    folder.mkdir()
    proxy = Proxy(a_free_port(), certificate(folder), folder / "log")
    changes = {
        UPSTREAM: f"127.0.0.1:{upstream}",
        "grace_period": CADDY_OPTIONS,
        f"{NAME} {{": f"{proxy.url} {{\n\ttls {proxy.pem} {proxy.pem}",
        "log {": f"log {{\n\t\toutput file {folder}/access.log",
    }
    main = folder / "Caddyfile"
    main.write_text(changed(DEPLOY / "caddy/Caddyfile", changes))
    with _running([_program("caddy"), "run", "--adapter", "caddyfile", "--config", str(main)], proxy):
        yield proxy


def changed(file: Path, changes: dict[str, str]) -> str:
    """The file's text with what an operator puts in; whatever is replaced must be there."""
    text = file.read_text()
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in {file.name}"
        text = text.replace(old, new)
    return text


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
    assert found is not None, f"{name} is missing; script/test installs it"
    return found


@contextlib.contextmanager
def _running(command: list[str], proxy: Proxy) -> Iterator[None]:
    environment = {"HOME": str(proxy.log.parent), "PATH": "/usr/sbin:/usr/bin"}
    with proxy.log.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        wait_until("the proxy", lambda: process.poll() is not None or _listens(proxy.port))
        assert process.poll() is None, proxy.log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

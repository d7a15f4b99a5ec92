"""A real server with a login, and the ways to hurt it: whole requests, raw bytes, browsers."""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.real.people import PASSWORD
from tests.real.server import Server

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_addresses = (f"127.0.{number // 250}.{2 + number % 250}" for number in itertools.count(1))


@dataclass
class Target:
    """The server, everybody's token by name, and a stopped VM of mia's."""

    server: Server
    tokens: dict[str, str]
    vm: str = ""

    def client(self, who: str = "", **options: Any) -> httpx.Client:
        """A program with that person's token, from an address of its own: nobody else's failures count."""
        headers = {"authorization": f"Bearer {self.tokens[who]}"} if who else {}
        headers |= options.pop("headers", {})
        transport = httpx.HTTPTransport(verify=False, local_address=next(_addresses))
        return httpx.Client(
            base_url=self.server.url, headers=headers, transport=transport, timeout=60, **options
        )

    @contextlib.contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """A bare TCP connection."""
        with socket.create_connection(
            ("127.0.0.1", self.server.port), timeout=30, source_address=(next(_addresses), 0)
        ) as sock:
            yield sock

    def raw(self, data: bytes, timeout: float = 30) -> bytes:
        """Send bytes, and read until the server closes, or says nothing more after an answer."""
        with self.connection() as sock:
            sock.settimeout(timeout)
            answer = b""
            with contextlib.suppress(ConnectionError):
                sock.sendall(data)
            with contextlib.suppress(ConnectionError, TimeoutError):
                while part := sock.recv(65536):
                    answer += part
                    sock.settimeout(0.5)
            return answer

    def log_in(
        self, client: httpx.Client, name: str, password: str = PASSWORD, **fields: str
    ) -> httpx.Response:
        """Fill in the login page's form, as a browser does."""
        client.get("/login/")
        token = client.cookies["csrftoken"]
        form = {"name": name, "password": password, "csrfmiddlewaretoken": token} | fields
        return client.post("/login/", data=form)

    def head(self, who: str = "") -> bytes:
        """The header lines of a good request."""
        token = f"Authorization: Bearer {self.tokens[who]}\r\n" if who else ""
        return f"Host: localhost\r\n{token}".encode()

    @contextlib.contextmanager
    def browser(self, name: str) -> Iterator[httpx.Client]:
        """A browser in which that person has logged in."""
        with self.client() as client:
            answer = self.log_in(client, name)
            assert answer.status_code == 302, answer.text
            yield client

    def is_well(self) -> bool:
        """Whether it still answers everybody else."""
        with self.client("ada") as client:
            return client.get("/prpc/Version").status_code == 200

    def log(self) -> str:
        """What the server has written so far."""
        return self.server.log.read_text(errors="replace")


def statuses(answer: bytes) -> list[int]:
    """The statuses of all answers in there."""
    return [int(number) for number in _STATUS.findall(answer)]


def unix_socket(data: Path) -> Path:
    return data / "vmm.sock"

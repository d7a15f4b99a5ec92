"""Secrets that can be recognised, and requests that hold one in each place where there may be one."""

from __future__ import annotations

import itertools
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.access.table import CONFIGURATION, VM
from vms.prpc.methods import SERVICES

MARK = "5ec2e7Zq"
"""Stands in every secret."""
_numbers = itertools.count(1)


def secret() -> str:
    return f"{MARK}-{next(_numbers)}-aBcDeFgHiJkLmNoP"


def forms(mark: str = MARK) -> tuple[bytes, ...]:
    """How a secret with that mark may look: as it is, in hex, and in base64 at its three alignments."""
    raw = mark.encode()
    return (raw, raw.hex().encode(), *(_base64_inner(raw, shift) for shift in range(3)))


def _base64_inner(raw: bytes, shift: int) -> bytes:
    """What base64 makes of these bytes whatever stands around them, after ``shift`` others."""
    text = b64encode(b"x" * shift + raw)
    return text[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]


@dataclass(frozen=True)
class Asked:
    """A request: verb, path with its query, headers, body."""

    verb: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def content(self) -> dict[str, Any]:
        """As httpx wants it."""
        if isinstance(self.body, bytes | str):
            return {"content": self.body}
        return {} if self.body is None else {"json": self.body}


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def presented() -> Iterator[tuple[dict[str, str], str]]:
    """Headers and a query that are to prove something, and don't."""
    for header in (f"Bearer {secret()}", f"bearer  {secret()}", f"Token {secret()}", secret(), "Bearer"):
        yield {"authorization": header}, ""
    for header in (
        basic("ada", secret()),
        basic("", secret()),
        basic(secret(), ""),
        f"Basic {secret()}",
        f"Digest username=ada, response={secret()}",
    ):
        yield {"authorization": header}, ""
    yield {"x-admin-token": secret()}, ""
    yield {"x-admin-token": secret() * 100}, ""
    for name in ("sessionid", "csrftoken", "messages", "other"):
        yield {"cookie": f"{name}={secret()}"}, ""
    yield {"cookie": f"sessionid={secret()}; csrftoken={secret()}", "x-csrftoken": secret()}, ""
    yield {"cookie": secret()}, ""
    for query in (f"token={secret()}", f"%74oken={secret()}", f"a=b&token={quote(secret())}&json", "token="):
        yield {}, query


def strangers() -> Iterator[Asked]:
    """Every way to prove something wrongly, on paths of each kind."""
    paths = (
        "/prpc/Status",
        "/guest/Info",
        "/access/WhoAmI",
        "/metrics",
        "/logs",
        "/admin/",
        "/",
        "/no/where",
    )
    browser = {"accept": "text/html", "sec-fetch-mode": "navigate"}
    for path in (*paths, "/login/", f"/prpc/{'x' * 300}"):
        for headers, query in presented():
            yield Asked("GET", f"{path}?{query}", headers)
            yield Asked("GET", f"{path}?{query}", headers | browser)
            yield Asked("POST", f"{path}?{query}", headers, b"{}")
    yield Asked("GET", f"/set-up/{secret()}/")
    yield Asked("POST", f"/set-up/{secret()}/", {}, {"password": secret()})


def _secret_bodies(values: dict[str, Any]) -> Iterator[Any]:
    """A request's body with a secret in each field that may hold one, rightly and wrongly written."""
    for name in ("encrypted_env", "user_config", "compose_file", "password", "new_password", "old_password"):
        hidden = secret()
        yield values | {name: hidden}
        yield values | {name: [hidden, {hidden: hidden}]}
        yield values | {name: f"{hidden}\0"}
    yield values | {"encrypted_env": secret().encode().hex()}
    yield values | {"encrypted_env": b64encode(secret().encode()).decode()}
    compose = (
        f'{{"manifest_version": 2, "name": "n", "runner": "docker-compose", "env": {{"KEY": "{secret()}"}}'
    )
    yield values | {"compose_file": compose}
    yield values | {"compose_file": compose + "}"}
    yield values | {"compose_file": f'{{"{secret()}": 1, "manifest_version": "{secret()}"}}'}
    yield values | {"user_config": secret(), "vcpu": "two"}
    yield values | {"user_config": secret(), "image": "no-such-image"}


def bodies() -> Iterator[bytes | Any]:
    """Whatever a method asks for, with secrets in it, and bytes that are no message at all."""
    for values in ({"id": VM, "name": "ada"}, CONFIGURATION):
        yield from _secret_bodies(dict(values))
    yield f'{{"password": "{secret()}'.encode()
    yield f'{{"user_config": "{secret()}", "vcpu": }}'.encode()
    yield f'["{secret()}"]'.encode()
    yield f'"{secret()}"'.encode()
    yield b"\x0a\xff" + secret().encode()
    yield secret().encode()


def of_every_method() -> Iterator[Asked]:
    """All bodies to each method, in the three encodings by turns."""
    kinds = itertools.cycle(
        (("", "application/json"), ("?json", "text/plain"), ("", "application/x-protobuf"))
    )
    for service in SERVICES:
        for name in service.methods:
            for body in bodies():
                query, kind = next(kinds) if isinstance(body, bytes) else ("", "application/json")
                yield Asked("POST", f"/{service.path}/{name}{query}", {"content-type": kind}, body)


def logins() -> Iterator[Asked]:
    """The login page's form, wrong in several ways."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (f"name=ada&password={secret()}", f"name={secret()}&password=", f"password={secret()}"):
        yield Asked("POST", "/login/", form, body)

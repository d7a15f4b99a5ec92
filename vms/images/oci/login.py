"""Logins: what docker keeps of them, and what a registry asks for.

Only logins written into docker's ``config.json`` itself are known (``docker login`` without
a credential helper); a helper is another program, and this server runs none for a registry.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vms.images.oci.reference import DOCKER_HUB

MAX_CONFIG_BYTES = 1 << 20
_PARAMETER = re.compile(r'([A-Za-z_]{1,32})="([^"\\]{0,2048})"')


@dataclass(frozen=True)
class Login:
    """A user's name and password, or token."""

    user: str
    password: str = field(repr=False)

    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class Challenge:
    """What a registry wants before it answers: ``bearer`` tokens of ``realm``, or ``basic``."""

    kind: str
    realm: str = ""
    service: str = ""


def docker_config(environ: Mapping[str, str] = os.environ) -> Path:
    """Where docker keeps its logins."""
    folder = environ.get("DOCKER_CONFIG")
    return Path(folder) / "config.json" if folder else Path.home() / ".docker" / "config.json"


def find_login(host: str, config: Path) -> Login | None:
    """The login for that registry; None where there is none that can be read."""
    names = [host, f"https://{host}", f"http://{host}"]
    if host == DOCKER_HUB:
        names += ["https://index.docker.io", "docker.io", "index.docker.io"]
    try:
        if config.stat().st_size > MAX_CONFIG_BYTES:
            return None
        auths = json.loads(config.read_bytes())["auths"]
        known = {re.sub(r"/(v[12]/?)?\Z", "", name): entry for name, entry in auths.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    found = [login for name in names if (login := _login(known.get(name))) is not None]
    return found[0] if found else None


def parse_challenge(headers: Sequence[str]) -> Challenge | None:
    """What the WWW-Authenticate headers ask for, tokens first; None where it is nothing known."""
    basic = None
    for header in headers:
        kind, _, parameters = header.strip().partition(" ")
        if kind.lower() == "bearer":
            found = {name.lower(): value for name, value in _PARAMETER.findall(parameters)}
            return Challenge("bearer", found.get("realm", ""), found.get("service", ""))
        if kind.lower() == "basic":
            basic = Challenge("basic")
    return basic


def _login(entry: Any) -> Login | None:
    if not isinstance(entry, dict):
        return None
    user, password, packed = entry.get("username"), entry.get("password"), entry.get("auth")
    if isinstance(packed, str) and packed:
        try:
            user, _, password = base64.b64decode(packed).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
    if isinstance(user, str) and isinstance(password, str) and user and password:
        return Login(user, password)
    return None

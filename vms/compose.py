"""The app-compose file, as far as the host must understand it. It is read, never rewritten."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from vms.errors import Invalid


@dataclass(frozen=True)
class AppCompose:
    """The few fields that matter to the host; everything else passes through untouched."""

    name: str
    gateway_enabled: bool


def compose_hash(compose_file: str) -> str:
    """SHA-256 of the exact bytes, lower-case hex: the application's identity."""
    return hashlib.sha256(compose_file.encode()).hexdigest()


def default_app_id(compose_file: str) -> str:
    """The app id of a VM that was given none: the first 20 bytes of the compose hash, hex."""
    return compose_hash(compose_file)[:40]


def parse_compose(compose_file: str) -> AppCompose:
    """Check the app-compose file and read what the host needs.

    Raises:
        Invalid: it is no JSON object, or ``manifest_version``, ``name`` or ``runner`` is
            missing or of a wrong type.
    """
    if not compose_file:
        raise Invalid("compose_file: is missing; give the app-compose file as JSON text")
    try:
        document = json.loads(compose_file)
    except ValueError as error:
        raise Invalid(f"compose_file: is not JSON ({error})") from error
    except RecursionError as error:
        raise Invalid("compose_file: is nested too deeply") from error
    if not isinstance(document, dict):
        raise Invalid("compose_file: must be a JSON object")
    version = document.get("manifest_version")
    if isinstance(version, bool) or not isinstance(version, int | str):
        raise Invalid("compose_file: manifest_version must be given, as a number or text")
    for field in ("name", "runner"):
        if not isinstance(document.get(field), str):
            raise Invalid(f"compose_file: {field} must be given, as text")
    return AppCompose(name=document["name"], gateway_enabled=_gateway_enabled(document))


def _gateway_enabled(document: dict[str, Any]) -> bool:
    """Also in the two older spellings that deployed compose files still use."""
    features = document.get("features")
    return (
        document.get("gateway_enabled") is True
        or document.get("tproxy_enabled") is True
        or (isinstance(features, list) and "tproxy-net" in features)
    )

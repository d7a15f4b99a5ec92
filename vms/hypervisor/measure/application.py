"""Hashes of those parts of an app-compose file that are measured on their own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import rfc8785

from ..errors import LaunchRefused

MAX_INIT_SCRIPTS = 5
"""So many the guest runs; more are refused."""
INIT_SCRIPTS_MEASURED_FROM = 3
"""The manifest version from which guests check their init scripts against the measured hashes."""


def gpu_policy_hash(compose: Mapping[str, object]) -> bytes:
    """SHA-256 of the canonical JSON (RFC 8785) of ``requirements.gpu_policy``, ``{}`` where there is none.

    Raises:
        LaunchRefused: it has no canonical form.
    """
    requirements = compose.get("requirements")
    policy = requirements.get("gpu_policy", {}) if isinstance(requirements, dict) else {}
    try:
        canonical = rfc8785.dumps(policy)
    except (ValueError, RecursionError) as error:  # the library's own errors, and surrogates in names
        raise LaunchRefused(
            f"requirements.gpu_policy: can't be measured ({error}); allowed is JSON of Unicode text and "
            "of numbers that a double holds exactly, integers between -(2^53-1) and 2^53-1"
        ) from error
    return hashlib.sha256(canonical).digest()


def init_script_hashes(
    manifest_version: int, init_script: str | Sequence[str] | None
) -> tuple[bytes, ...] | None:
    """SHA-256 of each init script, in order; ``None`` where the manifest's version is too low for them.

    No script is another thing than ``None``: it is measured as an empty list, which
    lets the guest run none.

    Raises:
        LaunchRefused: there are too many, or one is no Unicode text.
    """
    if manifest_version < INIT_SCRIPTS_MEASURED_FROM:
        return None
    scripts = [init_script] if isinstance(init_script, str) else list(init_script or ())
    if len(scripts) > MAX_INIT_SCRIPTS:
        raise LaunchRefused(
            f"init_script: at most {MAX_INIT_SCRIPTS} scripts are allowed, not {len(scripts)}"
        )
    try:
        return tuple(hashlib.sha256(script.encode()).digest() for script in scripts)
    except UnicodeEncodeError as error:
        raise LaunchRefused("init_script: half of a surrogate pair is no text") from error

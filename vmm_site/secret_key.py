"""Django's secret key: of one host alone its own, of a fleet's nodes the same."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from vmm_site.kept import kept


def secret_key(data_dir: Path, fleet_secret: str = "") -> str:
    """The key in ``<data_dir>/secret-key``, made now if there is none; a fleet's follows from its secret.

    So a session that began on one node of a fleet is good on all of them.
    """
    if fleet_secret:
        return derived(fleet_secret, "django sessions").hex()
    return kept(data_dir / "secret-key", lambda: secrets.token_urlsafe(50))


def derived(secret: str, purpose: str) -> bytes:
    """32 bytes for that purpose alone, from which neither the secret nor other keys follow.

    HKDF with SHA-256 (RFC 5869), of one block.
    """
    extracted = hmac.digest(b"dstack-vmm fleet", secret.encode(), hashlib.sha256)
    return hmac.digest(extracted, purpose.encode() + b"\x01", hashlib.sha256)

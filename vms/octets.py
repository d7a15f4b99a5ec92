"""Bytes in JSON text: how they are read, from clients and from other servers alike."""

from __future__ import annotations

import base64
import binascii
import re

_HEX = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})*)\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}\Z")


def read_octets(text: str) -> bytes:
    """Hex (with or without 0x) where it is valid hex of even length, else base64.

    Base64 may be standard or URL-safe, padded or not.

    Raises:
        ValueError: it is neither.
    """
    if in_hex := _HEX.match(text):
        return bytes.fromhex(in_hex[1])
    bare = text.rstrip("=")
    if not _BASE64.match(text) or len(bare) % 4 == 1:
        raise ValueError("neither hex nor base64")
    standard = bare.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        raise ValueError("neither hex nor base64") from None

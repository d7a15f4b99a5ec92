"""ECDSA over secp256k1 with a recovery bit, which the cryptography library does not make; only for tests."""

from __future__ import annotations

import secrets

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)

Point = tuple[int, int]


def public_key(secret: int) -> bytes:
    """Compressed: 33 bytes."""
    x, y = _times(secret, G)
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


def sign(digest: bytes, secret: int) -> bytes:
    """r, s (low, as everybody writes it) and the recovery bit: 65 bytes."""
    while True:
        nonce = secrets.randbelow(N - 1) + 1
        x, y = _times(nonce, G)
        r = x % N
        s = pow(nonce, -1, N) * (int.from_bytes(digest, "big") + r * secret) % N
        if r and s and x < N:
            odd = y % 2
            if s > N // 2:
                s, odd = N - s, 1 - odd
            return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([odd])


def _times(factor: int, point: Point) -> Point:
    result: Point | None = None
    while factor:
        if factor & 1:
            result = point if result is None else _plus(result, point)
        point = _plus(point, point)
        factor >>= 1
    assert result is not None
    return result


def _plus(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    slope = 3 * x1 * x1 * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P

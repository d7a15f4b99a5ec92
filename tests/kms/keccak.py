"""Keccak-256 as Ethereum uses it (FIPS 202's permutation, with the padding from before it was a standard)."""

from __future__ import annotations

RATE = 136
MASK = (1 << 64) - 1


def keccak_256(message: bytes) -> bytes:
    """32 bytes."""
    padded = bytearray(message + b"\x01" + b"\x00" * (-(len(message) + 1) % RATE))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), RATE):
        block = padded[start : start + RATE]
        for lane in range(RATE // 8):
            lanes[lane] ^= int.from_bytes(block[8 * lane : 8 * lane + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permuted(lanes: list[int]) -> list[int]:
    for constant in _round_constants():
        parities = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        lanes = [
            lane ^ parities[(i + 4) % 5] ^ _turned(parities[(i + 1) % 5], 1) for i, lane in enumerate(lanes)
        ]
        lanes = _rotated_and_moved(lanes)
        lanes = [
            lane ^ (~lanes[i - i % 5 + (i + 1) % 5] & MASK & lanes[i - i % 5 + (i + 2) % 5])
            for i, lane in enumerate(lanes)
        ]
        lanes[0] ^= constant
    return lanes


def _rotated_and_moved(lanes: list[int]) -> list[int]:
    moved = lanes[:]
    x, y = 1, 0
    for step in range(24):
        source = lanes[x + 5 * y]
        x, y = y, (2 * x + 3 * y) % 5
        moved[x + 5 * y] = _turned(source, (step + 1) * (step + 2) // 2 % 64)
    return moved


def _turned(lane: int, by: int) -> int:
    return ((lane << by) | (lane >> (64 - by))) & MASK


def _round_constants() -> list[int]:
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            if register & 1:
                constant |= 1 << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register >> 7 else 0)
        constants.append(constant)
    return constants

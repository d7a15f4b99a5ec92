"""How QEMU reads its command line, written from its own parsers, not from ours.

``key=value`` lists: ``get_opt_name_value`` in util/qemu-option.c and ``keyval_parse_one``
in util/keyval.c: a key ends at the first ``=`` or comma, a value at the first single
comma, and two commas in a value are one. A first word without ``=`` belongs to the
option's implied key, a later one is a switch. ``-object``, ``-device``, ``-netdev`` and
``-blockdev`` take a JSON object as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

Value = str | list[tuple[str, str]] | dict[str, object] | None
"""Raw text, a list of keys and values, a JSON object, or nothing."""

SWITCHES = ("-nographic", "-nodefaults")
RAW = ("-pidfile", "-serial", "-bios", "-kernel", "-initrd", "-append", "-global")
IMPLIED_KEYS = {
    "-name": "guest", "-accel": "accel", "-cpu": "model", "-chardev": "backend", "-qmp": "address",
    "-mon": "chardev", "-drive": "", "-device": "driver", "-netdev": "type", "-smbios": "",
    "-tpmdev": "type", "-virtfs": "fsdriver", "-blockdev": "driver", "-numa": "type",
    "-object": "qom-type", "-machine": "type", "-smp": "cpus", "-m": "size", "-action": "",
}  # fmt: skip
JSON = ("-object", "-device", "-netdev", "-blockdev")


class NotAnOption(ValueError):
    """QEMU would stop at this."""


def options(words: list[str]) -> list[tuple[str, Value]]:
    """The options of a command line (without the program), as QEMU takes them."""
    return list(_options(iter(words)))


def _options(words: Iterator[str]) -> Iterator[tuple[str, Value]]:
    for word in words:
        if word in SWITCHES:
            yield word, None
            continue
        if word not in RAW and word not in IMPLIED_KEYS:
            raise NotAnOption(word)
        try:
            value = next(words)
        except StopIteration:
            raise NotAnOption(f"{word} without a value") from None
        if "\0" in value:
            raise NotAnOption(f"{word}: no argument of a process can hold a NUL")
        yield word, value if word in RAW else structured(word, value)


def structured(option: str, text: str) -> list[tuple[str, str]] | dict[str, object]:
    if option in JSON and text.startswith("{"):
        document: dict[str, object] = json.loads(text)
        return document
    return key_values(text, IMPLIED_KEYS[option])


def key_values(text: str, implied_key: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        key_end = next((i for i in range(at, len(text)) if text[i] in "=,"), len(text))
        if key_end < len(text) and text[key_end] == "=":
            key = text[at:key_end]
            value, at = _value(text, key_end + 1)
        elif not found and implied_key:
            key = implied_key
            value, at = _value(text, at)
        else:
            key, value, at = text[at:key_end], "on", key_end + 1
        found.append((key, value))
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that begins at ``at``, and where the next key begins."""
    value = ""
    while at < len(text):
        if text[at] == ",":
            if text[at + 1 : at + 2] != ",":
                return value, at + 1
            at += 1
        value += text[at]
        at += 1
    return value, at

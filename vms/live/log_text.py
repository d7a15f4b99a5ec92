"""What is told of a log as text: valid UTF-8, with or without escape sequences."""

from __future__ import annotations

import codecs
import re

MAX_ESCAPE = 1024
"""A sequence that is longer is none."""
# ECMA-48: control sequences; command strings (an operating system's may end with BEL); others.
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]"
    rb"|\][^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|[PX^_][^\x1b]*\x1b\\"
    rb"|[ -/]+[0-~]"
    rb"|[0-OQ-WYZ\\`-~])"
)
_CUT_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)\Z")


def without_escapes(data: bytes) -> bytes:
    """Whole lines, as they read on a page."""
    return _ESCAPES.sub(b"", data).replace(b"\x1b", b"")


class Cleaner:
    """Valid UTF-8, with or without escape sequences, whatever the cuts between pieces."""

    def __init__(self, ansi: bool) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ansi = ansi
        self._held = b""

    def clean(self, data: bytes) -> bytes:
        return self._decoder.decode(data if self._ansi else self._strip(data)).encode()

    def finish(self) -> bytes:
        """What is left when nothing follows: of a cut character its replacement, of a sequence nothing."""
        return self._decoder.decode(b"", final=True).encode()

    def _strip(self, data: bytes) -> bytes:
        data = self._held + data
        self._held = b""
        cut = _CUT_ESCAPE.search(data)
        # The rest may come with the next piece, unless it never ends.
        if cut is not None and len(data) - cut.start() < MAX_ESCAPE:
            data, self._held = data[: cut.start()], data[cut.start() :]
        return _ESCAPES.sub(b"", data).replace(b"\x1b", b"")

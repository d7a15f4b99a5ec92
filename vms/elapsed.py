"""Elapsed time in words, as existing clients read it: ``2h 3m 4s``, ``1day 2h``."""

from __future__ import annotations

_UNITS = (
    ("year", 31_557_600, True),
    ("month", 2_630_016, True),
    ("day", 86_400, True),
    ("h", 3_600, False),
    ("m", 60, False),
    ("s", 1, False),
)


def in_words(since_ms: int | None, now_ms: int) -> str:
    """Whole seconds from ``since_ms`` to ``now_ms`` (both ms since 1970) in words; ``never`` for None."""
    if since_ms is None:
        return "never"
    seconds = max(0, (now_ms - since_ms) // 1000)
    words: list[str] = []
    for unit, length, has_plural in _UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            words.append(f"{count}{unit}{'s' if has_plural and count > 1 else ''}")
    return " ".join(words) or "0s"

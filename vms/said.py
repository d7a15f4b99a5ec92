"""What another program said, fit to be passed on in a message of ours."""

from __future__ import annotations

MAX_REASON = 300
"""Characters of it that are kept."""


def one_line(text: str, most: int = MAX_REASON) -> str:
    """One bounded line of what can be read, whatever was sent."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"

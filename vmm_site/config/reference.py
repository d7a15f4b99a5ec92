"""What each setting means, as docs/configuration.md says it: the one place where that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

REFERENCE = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(r"^\| `(?P<key>[a-z0-9_.]+)` \|.*\| (?P<meaning>[^|]*?) ?\|$")


def rows_of(text: str) -> Iterator[tuple[str, str]]:
    """(key, meaning) of each row in the document."""
    for line in text.splitlines():
        if found := ROW.match(line):
            yield found["key"], found["meaning"]


@cache
def meanings() -> Mapping[str, str]:
    """What each setting means, by its dotted key; nothing where the document was not brought along."""
    try:
        return dict(rows_of(REFERENCE.read_text("utf-8")))
    except OSError:
        return {}

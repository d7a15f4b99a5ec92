"""The shape of a method's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class MethodWords:
    """Summary, Markdown text, named examples, and the failures beyond those any request can meet."""

    tag: str
    summary: str
    text: str
    requests: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    failures: tuple[int, ...] = ()

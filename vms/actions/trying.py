"""Steps that refuse by raising, for who stops at the first refusal and for who wants to know them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from vms.errors import VmmError

P = ParamSpec("P")
T = TypeVar("T")
Found = list[VmmError] | None
"""Where refusals are put; None where the first one is raised."""


def tried(found: Found, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What ``step`` returns; None where it refused, and that was put into ``found``."""
    try:
        return step(*args, **kwargs)
    except VmmError as error:
        if found is None:
            raise
        found.append(error)
        return None


def refusals(step: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Iterator[VmmError]:
    """Why ``step`` refuses, if it does."""
    try:
        step(*args, **kwargs)
    except VmmError as error:
        yield error

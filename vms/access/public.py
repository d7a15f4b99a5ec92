"""Views that nobody has to log in for. Every other one is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.urls import Resolver404, resolve

_MARK = "access_public"
View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Open that view to everybody: it says nothing private, and changes nothing for strangers."""
    setattr(view, _MARK, True)
    return view


def is_open(view: Any) -> bool:
    """Whether that view was marked so."""
    return bool(getattr(view, _MARK, False))


def is_public(path: str) -> bool:
    """Whether the view at that path is open to everybody. Where there is no view, it is not."""
    try:
        return is_open(resolve(path).func)
    except Resolver404:
        return False

"""Points at which a test may end this process, to see what the next start makes of it.

Nothing from outside switches them on: no setting, no variable, no request. Only a test that runs
the server through a program of its own (``tests/faults/manage.py``) listens. Every point is
named once, by a literal, so that the tests find them all and miss none; docs/reliability.md says
what is shown by them.
"""

from __future__ import annotations

from collections.abc import Callable

_listener: Callable[[str], None] | None = None


def point(name: str) -> None:
    """Say that this line is reached. Costs a call and a comparison where nobody listens."""
    if _listener is not None:
        _listener(name)


def listen(listener: Callable[[str], None]) -> None:
    """Have ``listener`` called, on whatever thread, at every point from now on."""
    global _listener
    _listener = listener

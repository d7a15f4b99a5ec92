"""The one family of errors that people are told about.

Raised where the cause is known, translated once at the edge (``prpc.errors``,
``pages``, ``admin``). The message names the field or thing, what is wrong, what
is allowed, and who holds it.
"""

from __future__ import annotations

from typing import ClassVar


class VmmError(Exception):
    """Base of all errors with a place on the wire; ``code`` is the HTTP status."""

    code: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @classmethod
    def with_code(cls, code: int, message: str) -> VmmError:
        """The error of that status, for an outcome that was kept as (code, message)."""
        kinds = {kind.code: kind for kind in VmmError.__subclasses__()}
        return kinds.get(code, Conflict)(message)


class Invalid(VmmError):
    """A request or value that can't be right, whatever the state. Names the field."""

    code = 400


class Unauthorized(VmmError):
    """Nobody is known to ask: credentials are missing, wrong, expired or revoked."""

    code = 401


class Forbidden(VmmError):
    """Whoever asks may not do this; names what would be needed."""

    code = 403


class NotFound(VmmError):
    """No such VM, image, GPU or method."""

    code = 404


class MethodNotAllowed(VmmError):
    """A method that changes something was asked for by GET."""

    code = 405


class Conflict(VmmError):
    """The VM's state or a resource forbids it; names who holds it."""

    code = 409


class TooLarge(VmmError):
    """The request's body is over the limit."""

    code = 413


class Throttled(VmmError):
    """Too many wrong credentials, or requests; says how long to wait."""

    code = 429
    retry_after_s: int = 1


class UpstreamFailed(VmmError):
    """The guest's agent, the KMS or a registry can't be reached or answered wrongly."""

    code = 502


class Unavailable(VmmError):
    """The node's worker doesn't answer, or too many wait for another server; nothing was recorded."""

    code = 503


class TookTooLong(VmmError):
    """The bound was reached. What the worker does goes on; a call to another server was given up."""

    code = 504

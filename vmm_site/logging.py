"""The log: lines for people on a terminal, one JSON object a line for everything else.

``VMM_LOG`` (``console`` or ``json``) decides instead where it is set, ``VMM_LOG_LEVEL``
says from which level on. What Django, Twisted and Daphne say comes out the same way.
Long-running commands call ``set_up_logging`` before anything else.

Secrets don't get in: ``token=`` in any URL, bearer tokens and values under telling
names are replaced, wherever in a message or traceback they stand. Nor does what writes
lines or colours of its own: control characters are told by their escapes.

Every line of a request has its ``request_id``, ``who`` sent it and the ``vm`` it is about, as
soon as each is known.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

LEVELS = ("debug", "info", "warning", "error", "critical")
HIDDEN = "***"

_SECRET_NAMES = re.compile(r"token|password|secret|authorization|cookie|seed", re.IGNORECASE)
_SECRETS = re.compile(
    r"(?P<before>[?&;\s\"']token=|/set-up/|\btoken=|Bearer\s+|Basic\s+(?=[A-Za-z0-9+/]{8})"
    r"|X-Admin-Token['\"]?\s*[:=,]\s*b?['\"]?)"
    r"(?P<secret>[^\\&\s\"'#,;)\]}]+)",
    re.IGNORECASE,
)

# C0 and C1, separators of lines, and what turns the direction of writing.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_OF_LINES = ("exception", "stack")
"""What may have several lines."""

Event = MutableMapping[str, Any]
Processor = Callable[[Any, str, Event], Any]


def hide_secrets(text: str) -> str:
    """``text`` without the tokens in it."""
    return _SECRETS.sub(lambda match: match["before"] + HIDDEN, text)


def set_up_logging(environ: Mapping[str, str]) -> None:
    """Send every log line of this process to stderr, in the format that ``environ`` asks for.

    Raises:
        ValueError: ``VMM_LOG`` or ``VMM_LOG_LEVEL`` is no such choice.
    """
    logging.config.dictConfig(logging_settings(environ))
    logging.captureWarnings(True)


def logging_settings(environ: Mapping[str, str], *, terminal: bool | None = None) -> dict[str, Any]:
    """What ``logging.config.dictConfig`` wants; sets structlog up the same way."""
    level = _choice(environ, "VMM_LOG_LEVEL", LEVELS) or "info"
    format_ = _choice(environ, "VMM_LOG", ("console", "json"))
    if format_ is None:
        on_terminal = sys.stderr.isatty() if terminal is None else terminal
        format_ = "console" if on_terminal else "json"

    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_named,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "vmm": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    _escape_controls,
                    *_renderers(format_, environ),
                    _hide_in_line,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "vmm"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            # Django brings handlers of its own for these; one line each is enough.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # A 404 is the client's news, not ours.
            "django.request": {"level": "ERROR"},
            # So is what Django calls suspicious; with a traceback each, anybody could fill the disk.
            "django.security": {"level": "CRITICAL"},
            "twisted": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    value = environ.get(name, "").strip().lower()
    if not value:
        return None
    if value not in allowed:
        raise ValueError(f"{name} = {value!r}: no such choice (allowed: {', '.join(allowed)})")
    return value


def _renderers(format_: str, environ: Mapping[str, str]) -> list[Any]:
    if format_ == "console":
        colors = sys.stderr.isatty() and "NO_COLOR" not in environ
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    return [
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
    ]


def _hide_named(logger: logging.Logger, method: str, event: Event) -> Event:
    for name in event:
        if name != "event" and _SECRET_NAMES.search(name):
            event[name] = HIDDEN
    return event


def _escape_controls(logger: logging.Logger, method: str, event: Event) -> Event:
    """No text writes a line of its own, or on the terminal; a traceback's lines can't pass for the log's."""
    for name, value in event.items():
        if not isinstance(value, str):
            continue
        if name in _OF_LINES:
            event[name] = _CONTROL_IN_LINES.sub(_escape, value).replace("\n", "\n    ")
        else:
            event[name] = _CONTROL.sub(_escape, value)
    return event


def _escape(control: re.Match[str]) -> str:
    return repr(control[0])[1:-1]


def _hide_in_line(logger: logging.Logger, method: str, line: str) -> str:
    return hide_secrets(line)

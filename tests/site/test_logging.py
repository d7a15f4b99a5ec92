"""The log: one format at a time, and no secrets in it."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from vmm_site.logging import hide_secrets, logging_settings


@pytest.fixture
def _as_before() -> Iterator[None]:
    """Other tests' loggers stay as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(environ: dict[str, str], *, terminal: bool) -> io.StringIO:
    """Set the log up with its handler writing here."""
    settings: Any = logging_settings(environ, terminal=terminal)
    stream = io.StringIO()
    settings["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(settings)
    return stream


@pytest.mark.parametrize(
    "line, expected",
    [
        ("GET /logs?id=a&token=s3cret&lines=5", "GET /logs?id=a&token=***&lines=5"),
        ("token=s3cret", "token=***"),
        ("Authorization: Bearer s3cret", "Authorization: Bearer ***"),
        ("b'X-Admin-Token': b's3cret'", "b'X-Admin-Token': b'***'"),
        ("a token is asked for", "a token is asked for"),
        ("GET /set-up/s3cret/ 200", "GET /set-up/*** 200"),
    ],
)
def test_tokens_are_taken_out(line: str, expected: str) -> None:
    assert hide_secrets(line) == expected


@pytest.mark.usefixtures("_as_before")
class TestLines:
    def test_they_are_json_where_nobody_looks_on(self) -> None:
        stream = written({}, terminal=False)
        structlog.contextvars.bind_contextvars(request_id="abc")
        structlog.get_logger("vmm.a").info("vm started", vm="v1", admin_password="x")
        logging.getLogger("vmm.b").warning("%s of %s", 1, 2)
        first, second = (json.loads(line) for line in stream.getvalue().splitlines())
        assert first["message"] == "vm started"
        assert (first["vm"], first["request_id"], first["logger"]) == ("v1", "abc", "vmm.a")
        assert first["admin_password"] == "***"
        assert (second["message"], second["level"]) == ("1 of 2", "warning")

    def test_they_are_for_people_on_a_terminal(self) -> None:
        stream = written({}, terminal=True)
        logging.getLogger("vmm.b").warning("the disk is full")
        [line] = stream.getvalue().splitlines()
        assert "the disk is full" in line
        assert not line.startswith("{")

    def test_a_traceback_is_in_the_line_without_tokens(self) -> None:
        stream = written({"VMM_LOG": "json"}, terminal=True)
        try:
            raise LookupError("no /x?token=s3cret")
        except LookupError:
            logging.getLogger("vmm.b").exception("failed")
        [line] = stream.getvalue().splitlines()
        assert "LookupError: no /x?token=***" in json.loads(line)["exception"]

    @pytest.mark.parametrize("terminal", [True, False])
    def test_no_text_writes_a_line_or_a_colour_of_its_own(self, terminal: bool) -> None:
        stream = written({}, terminal=terminal)
        hostile = "x\r\n2026-01-01 [info] forged \x1b[31mred \x9b1m \u202eright"
        log = logging.getLogger("vmm.b")
        log.warning("%s", hostile)
        structlog.get_logger("vmm.b").warning("told", name=hostile)
        try:
            raise LookupError(hostile)
        except LookupError:
            log.exception("failed")
        text = stream.getvalue()
        assert not set(text) & set("\r\x1b\x9b\u202e")
        assert text.count("forged") == 3
        assert not [line for line in text.splitlines() if line.startswith("2026-01-01 [info]")]

    def test_a_clients_mistake_is_no_news(self) -> None:
        stream = written({}, terminal=False)
        logging.getLogger("django.request").warning("Not Found: /x")
        logging.getLogger("vmm.b").debug("detail")
        assert stream.getvalue() == ""


@pytest.mark.parametrize("environ", [{"VMM_LOG": "xml"}, {"VMM_LOG_LEVEL": "loud"}])
def test_a_wrong_choice_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="allowed: "):
        logging_settings(environ)

"""A plan for people: a command line to paste, files byte for byte, measured values, and refusals."""

from __future__ import annotations

import hashlib
import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence

from vms.oneshot.measured import MEANING
from vms.oneshot.plan import Plan

HEX_COLUMNS = 64
WIDTH = 100
Style = Callable[[str], str]
"""How headings are drawn."""


def report(plan: Plan, heading: Style = str) -> Iterator[str]:
    """Line by line."""
    chosen = plan.chosen
    yield f"VM {chosen.vm_id}, CID {chosen.cid}, image {plan.image!r}"
    yield from ("", heading("Command line, in the VM's directory"), *_command_line(plan.argv))
    yield from ("", heading("Files"), "")
    for name, data in plan.files.items():
        yield heading(f"{name}  {_about(data)}")
        yield from (*_content(data), "")
    if not plan.files:
        yield from ("There are none, for it can't be launched.", "")
    yield heading("Measured")
    yield from _measured(plan)
    if plan.notes:
        yield from ("", heading("Notes"), *_listed(plan.notes))
    yield ""
    if plan.refused:
        yield from (heading("Refused on this host"), *_listed(plan.refused))
    else:
        yield "This host would launch it."


def _command_line(argv: Sequence[str]) -> Iterator[str]:
    """An option a line, quoted for the shell; it is run in the VM's directory."""
    if not argv:
        yield "There is none, for it can't be launched."
        return
    first_option = argv.index("-name")
    lines = [list(argv[:first_option])]
    for word in argv[first_option:]:
        if word.startswith("-"):
            lines.append([])
        lines[-1].append(word)
    yield " \\\n  ".join(map(shlex.join, lines))


def _about(data: bytes) -> str:
    newline = "" if data.endswith(b"\n") else ", no newline at its end"
    if not data:
        newline = ""
    elif not _is_text(data):
        newline = ", shown in hex"
    return f"({len(data)} bytes{newline}; SHA-256 {hashlib.sha256(data).hexdigest()})"


def _content(data: bytes) -> Iterator[str]:
    """The very bytes; in hex what a terminal would not show as it is."""
    if _is_text(data):
        if data:
            yield data.decode().removesuffix("\n")
        return
    digits = data.hex()
    yield from (digits[at : at + HEX_COLUMNS] for at in range(0, len(digits), HEX_COLUMNS))


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\n\t" for character in text)


def _measured(plan: Plan) -> Iterator[str]:
    width = max(map(len, plan.measured), default=0)
    for name, value in plan.measured.items():
        yield f"  {name:<{width}}  {_plain(value) or '-'}"
        yield f"  {'':<{width}}  {MEANING[name]}"


def _listed(sentences: Sequence[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from textwrap.wrap(
            _plain(sentence),
            WIDTH,
            initial_indent="  - ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _plain(text: str) -> str:
    """What a client chose may stand in it, and must not steer a terminal."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)

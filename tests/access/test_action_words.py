"""The console has words for every action that the audit log may name: they are gathered from the source."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tests.access.routes import url_patterns, websocket_paths
from vms.access.coalesce import OTHERS
from vms.access.follow import CONSOLE, NOWHERE, action_of
from vms.management import commands
from vms.management.audited import Audited

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "frontend/src/features/access/audit/actionWords.json"
SPLIT = re.compile(r"(prpc|guest|access)\.[A-Z]\w*|admin\..+")
"""The console makes words of these by itself."""
IN_HEADLINES = {"store_true"}
"""Arguments of that name that are no action of anybody's: argparse's."""
NOT_CONSTANT = {f"access.audit.{kind}" for kind in ("csv", "jsonl")} | {"websocket", OTHERS, NOWHERE, CONSOLE}


def _constants() -> Iterator[str]:
    """Whatever is given as ``action`` in the program, where it is written out."""
    for file in (ROOT / "vms").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "action":
                given: ast.expr = node.value
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "attr", "") == "action":
                given = node.value
            else:
                continue
            if isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value:
                yield given.value


def _commands() -> Iterator[str]:
    for module in iter_modules(commands.__path__):
        command = import_module(f"{commands.__name__}.{module.name}").Command
        if issubclass(command, Audited):
            yield f"command.{module.name}"


def _pages() -> Iterator[str]:
    """What a refusal is called, by the page that was asked for."""
    for pattern in url_patterns():
        path = re.sub(r"\(\?P.*?\)\$?$|<[^>]*>|[\^$?]", "", pattern).replace("(!", "").replace("\\", "")
        yield action_of(f"/{path}")


def _sockets() -> Iterator[str]:
    for path in websocket_paths():
        yield "/".join(path.strip("/").split("/")[:2])


def test_every_action_has_its_words() -> None:
    words = json.loads(WORDS.read_text())
    named = {*_constants(), *_commands(), *_pages(), *_sockets(), *NOT_CONSTANT} - IN_HEADLINES
    assert named > {"login", "logs", "console.type", "command.backup", "ws/status", "healthz", "prpc"}

    assert sorted(name for name in named if name not in words and not SPLIT.fullmatch(name)) == []
    assert sorted(set(words) - named) == []
    assert all(words.values())

"""People in a real server's database. Knows no Django, so that programs without it can use it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.real.server import ROOT, Server

PASSWORD = "correct horse battery staple"
"""Everybody's."""
_PEOPLE = """
import json
from tests.access.people import person, token_of
from vms.choices import Role
tokens = {}
for name, role in (("ada", Role.ADMIN), ("olga", Role.OPERATOR), ("vic", Role.VIEWER),
                   ("mia", Role.MEMBER), ("max", Role.MEMBER)):
    tokens[name] = token_of(person(name, role))
print("TOKENS " + json.dumps(tokens))
"""


def populate(server: Server) -> dict[str, str]:
    """Make everybody, in the server's database; their tokens."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", _PEOPLE],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("TOKENS "))
    tokens: dict[str, str] = json.loads(line.removeprefix("TOKENS "))
    return tokens

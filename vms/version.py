"""Which program this is: the package's version and the git revision it was taken from."""

from __future__ import annotations

import subprocess
from pathlib import Path

VERSION = "0.1.0"


def _revision() -> str:
    """The short git revision, or empty outside a checkout."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return ""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()


REV = _revision()

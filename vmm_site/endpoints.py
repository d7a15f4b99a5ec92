"""What the server can listen on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tcp:
    """An address to listen on; port 0 takes any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def description(self) -> str:
        return f"tcp:port={self.port}:interface={_escape(self.host)}:backlog=512"


@dataclass(frozen=True)
class Unix:
    """A socket file, for its owner alone; one that a dead server left is replaced."""

    path: Path

    def __str__(self) -> str:
        return f"unix:{self.path}"

    @property
    def description(self) -> str:
        return f"unix:{_escape(str(self.path))}:mode=600:lockfile=1"


Endpoint = Tcp | Unix


class NotListening(Exception):
    """An endpoint can't be listened on; ``in_use`` when somebody else does."""

    def __init__(self, endpoint: Endpoint, reason: str, *, in_use: bool) -> None:
        super().__init__(f"can't listen on {endpoint}: {reason}")
        self.endpoint = endpoint
        self.in_use = in_use


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")

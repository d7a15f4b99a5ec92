"""``manage.py launch``, as an operator calls it: in a process of its own, on a host of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.demo_image import demo_image_dir

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = '{"manifest_version": 2, "name": "hello", "runner": "docker-compose", "docker_compose_file": ""}'


@dataclass(frozen=True)
class Told:
    """How it ended, and what it said."""

    status: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


@dataclass(frozen=True)
class Host:
    """A data folder with the demo image, in which nothing was ever started."""

    data: Path

    @classmethod
    def make(cls, folder: Path) -> Host:
        image = demo_image_dir()
        (folder / "image").mkdir(parents=True)
        (folder / "image" / image.name).symlink_to(image)
        return cls(folder)

    @property
    def image(self) -> str:
        return demo_image_dir().name

    def request(self, **changed: Any) -> bytes:
        """A request for a small VM."""
        asked = {"name": "real", "image": self.image, "compose_file": COMPOSE}
        return json.dumps(asked | {"vcpu": 1, "memory": 256, "disk_size": 1} | changed).encode()

    def environment(self, **environ: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.data.parent),
            "VMM_DATA": str(self.data),
            **environ,
        }

    def launch(self, *words: str, stdin: bytes = b"", **environ: str) -> Told:
        """Call it, and wait for its end."""
        told = subprocess.run(
            [sys.executable, "manage.py", "launch", *words],
            cwd=ROOT,
            env=self.environment(**environ),
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Told(told.returncode, told.stdout.decode(), told.stderr.decode())

    def rehearse(self, request: bytes, *words: str, **environ: str) -> Told:
        """A dry run of this request."""
        return self.launch("-", "--dry-run", *words, stdin=request, **environ)


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything under a folder: size, time of its last change, and content."""
    return {str(path.relative_to(folder)): _look_at(path) for path in sorted(folder.rglob("*"))}


def _look_at(path: Path) -> tuple[int, int, bytes]:
    found = path.lstat()
    content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    return found.st_size, found.st_mtime_ns, content

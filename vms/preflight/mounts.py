"""Which file system a path is on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """Where a file system is mounted, and its kind: ``ext4``, ``nfs4``."""

    point: Path
    kind: str


def mount_of(path: Path, mountinfo: str) -> Mount | None:
    """The mount that ``path`` is on; the last one of several on one place, for it hides the others.

    ``mountinfo`` is the text of ``/proc/self/mountinfo``: proc_pid_mountinfo(5).
    """
    resolved = path.resolve()
    found: Mount | None = None
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        words, kinds = fields.split(), rest.split()
        if len(words) < 5 or not kinds:
            continue
        point = Path(_ESCAPE.sub(lambda octal: chr(int(octal[1], 8)), words[4]))
        closer = found is None or len(point.parts) >= len(found.point.parts)
        if closer and resolved.is_relative_to(point):
            found = Mount(point, kinds[0])
    return found

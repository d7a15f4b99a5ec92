"""Who this node is, whatever it is called: kept in its data folder."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from vmm_site.kept import kept

FILE = "node-id"
_FORM = re.compile(r"[0-9a-f]{32}")


class BrokenNodeId(Exception):
    """The file holds something else; the message names it and the way out."""


def node_id(data_dir: Path) -> str:
    """The identity in ``<data_dir>/node-id``, made if there is none: 32 hex digits. Raises BrokenNodeId."""
    path = data_dir / FILE
    try:
        found = kept(path, lambda: uuid.uuid4().hex)
    except UnicodeDecodeError:
        found = ""
    if not _FORM.fullmatch(found):
        raise BrokenNodeId(
            f"{path} does not hold 32 hex digits; put it back from a backup. Of a host that works alone "
            "it may be deleted: another one is made"
        )
    return found

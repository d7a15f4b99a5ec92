"""Who may open what, by mode, owner and group; and how to let somebody in."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

READ_AND_WRITE = stat.S_IROTH | stat.S_IWOTH
GO_THROUGH = stat.S_IXOTH


def grants(path: Path, uid: int, groups: Iterable[int], wanted: int) -> bool:
    """Whether that user may do ``wanted`` (bits as others have them) with what is there. Raises OSError."""
    status = path.stat()
    if uid == 0:
        return True
    shift = 6 if status.st_uid == uid else 3 if status.st_gid in groups else 0
    return status.st_mode >> shift & wanted == wanted


def way_in(user: str, devices: list[Path]) -> str:
    """The commands after which that user may open those devices: joining their group, if they have one."""
    join = {group for group in map(_open_to, devices) if group}
    closed = [str(device) for device in devices if not _open_to(device)]
    give = []
    if closed:
        names = " ".join(closed)
        give = [f"sudo chgrp kvm {names}", f"sudo chmod 660 {names}"]
        join.add("kvm")
    return "; ".join([*give, f"sudo usermod -aG {','.join(sorted(join))} {user}"])


def me() -> str:
    """The name of the user that asks, or his number where he has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _open_to(device: Path) -> str:
    """The group whose members may open the device; empty where that is root's own, or none."""
    status = device.stat()
    if not status.st_gid or status.st_mode >> 3 & READ_AND_WRITE != READ_AND_WRITE:
        return ""
    try:
        return grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        return ""

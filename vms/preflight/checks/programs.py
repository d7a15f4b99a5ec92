"""Programs beside QEMU, and the user that QEMU runs as."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from vms.preflight.finding import Outcome, note, ok, problem, skipped
from vms.preflight.host import Host

DEVICES = ("dev/kvm", "dev/vhost-vsock", "dev/sev", "dev/iommu")


def swtpm(host: Host) -> Outcome:
    """TPMs of VMs whose key provider is one."""
    found = host.program("swtpm")
    if found is None:
        return note("swtpm is not there: VMs with a TPM won't start", "sudo apt install swtpm", prevents=True)
    return ok(str(found))


def taskset(host: Host) -> Outcome:
    """Binds the vCPUs of VMs with ``pin_numa``."""
    found = host.program("taskset")
    if found is None:
        return note(
            "taskset is not there: VMs with pin_numa won't start",
            "sudo apt install util-linux",
            prevents=True,
        )
    return ok(str(found))


def setpriv(host: Host) -> Outcome:
    """Starts QEMU as another user."""
    user = host.config.cvm.user
    if not user:
        return skipped("not needed: user in [cvm] is empty, QEMU runs as the server's own user")
    found = host.program("setpriv")
    if found is None:
        return problem(
            "setpriv is not there, so QEMU can't run as another user", "sudo apt install util-linux"
        )
    if os.geteuid() != 0:
        return problem(
            f"user in [cvm] is {user!r}, and only root can start QEMU as another user",
            "run the server as root, or leave user empty",
        )
    return ok(str(found))


def qemu_user(host: Host) -> Outcome:
    """The user exists and may open the devices that are there."""
    name = host.config.cvm.user
    if not name:
        return skipped("not looked at: user in [cvm] is empty, QEMU runs as the server's own user")
    try:
        user = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except KeyError:
        return problem(
            f"there is no user {name!r}", f"sudo useradd --system --groups kvm {name}, or set user in [cvm]"
        )
    groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
    closed = [
        device
        for device in map(host.path, DEVICES)
        if device.exists() and not _may_open(device, user.pw_uid, groups)
    ]
    if closed:
        names = ", ".join(map(str, closed))
        return problem(f"user {user.pw_name} can't open {names}", _way_in(user.pw_name, closed))
    blocked = _blocked(host.config.run_path, user.pw_uid, groups)
    if blocked is not None:
        return problem(
            f"user {user.pw_name} can't reach {host.config.run_path}: {blocked} is closed to it",
            f"sudo chmod o+x {blocked}, or set run_path to a folder that it can reach",
        )
    return ok(f"{user.pw_name} (uid {user.pw_uid}) may open what it needs")


def _may_open(path: Path, uid: int, groups: set[int]) -> bool:
    return _has(path.stat(), uid, groups, stat.S_IROTH | stat.S_IWOTH)


def _blocked(path: Path, uid: int, groups: set[int]) -> Path | None:
    """The first folder on the way that the user can't go through."""
    for folder in reversed(path.parents):
        if folder.exists() and not _has(folder.stat(), uid, groups, stat.S_IXOTH):
            return folder
    return None


def _has(status: os.stat_result, uid: int, groups: set[int], wanted: int) -> bool:
    """Whether mode, owner and group grant ``wanted`` (bits as others have them)."""
    if uid == 0:
        return True
    shift = 6 if status.st_uid == uid else 3 if status.st_gid in groups else 0
    return status.st_mode >> shift & wanted == wanted


def _way_in(user: str, closed: list[Path]) -> str:
    """Joining the devices' group where they have one, else giving them one."""
    if all(device.stat().st_gid for device in closed):
        names = sorted({grp.getgrgid(device.stat().st_gid).gr_name for device in closed})
        return f"sudo usermod -aG {','.join(names)} {user}"
    devices = " ".join(map(str, closed))
    return f"sudo chgrp kvm {devices}; sudo chmod 660 {devices}; sudo usermod -aG kvm {user}"

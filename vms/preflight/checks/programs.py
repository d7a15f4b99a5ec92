"""Programs beside QEMU, and the user that QEMU runs as."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from vms.hypervisor.privileges import drop_privileges
from vms.preflight.access import GO_THROUGH, READ_AND_WRITE, grants, way_in
from vms.preflight.finding import Outcome, note, ok, problem, skipped
from vms.preflight.host import Host
from vms.preflight.program import Silent, said_by

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
    if _account(user) is None:
        return skipped("not tried: there is no such user (user.qemu)")
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
    try:
        said_by(found, *drop_privileges(user)[1:], "true")
    except Silent as error:
        return problem(str(error), "set user in [cvm] to one with a group of the same name")
    return ok(f"{found} starts programs as {user}")


def qemu_user(host: Host) -> Outcome:
    """The user exists and may open the devices that are there."""
    name = host.config.cvm.user
    if not name:
        return skipped("not looked at: user in [cvm] is empty, QEMU runs as the server's own user")
    user = _account(name)
    if user is None:
        return problem(
            f"there is no user {name!r}", f"sudo useradd --system --groups kvm {name}, or set user in [cvm]"
        )
    groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
    devices = [device for device in map(host.path, DEVICES) if device.exists()]
    closed = [device for device in devices if not grants(device, user.pw_uid, groups, READ_AND_WRITE)]
    if closed:
        names = ", ".join(map(str, closed))
        return problem(f"user {user.pw_name} can't open {names}", way_in(user.pw_name, closed))
    blocked = _blocked(host.config.run_path, user.pw_uid, groups)
    if blocked is not None:
        return problem(
            f"user {user.pw_name} can't reach {host.config.run_path}: {blocked} is closed to it",
            f"sudo chmod o+x {blocked}, or set run_path to a folder that it can reach",
        )
    return ok(f"{user.pw_name} (uid {user.pw_uid}) may open what it needs")


def _account(user: str) -> pwd.struct_passwd | None:
    """The entry of a user's name or number, ``None`` where there is no such user."""
    try:
        return pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except KeyError:
        return None


def _blocked(path: Path, uid: int, groups: set[int]) -> Path | None:
    """The first folder on the way that the user can't go through."""
    for folder in reversed(path.parents):
        if os.path.exists(folder) and not grants(folder, uid, groups, GO_THROUGH):
            return folder
    return None

"""The way to a guest's serial port: a pipe in the VM's directory that QEMU reads."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from vms.hypervisor.rundir import RunDir
from vms.live.vm_socket import Refused

NOT_RUNNING = "nothing runs that could be typed to; start the VM first"
NO_LINE = "this VM's console can't be typed to: another program started it; stop it, and start it here"
NOT_TAKEN = "the guest takes nothing of what is typed"


def type_keys(run_dir: RunDir, keys: bytes) -> None:
    """Hand keystrokes over, all or none. Raises Refused where nobody takes them."""
    try:
        # QEMU keeps the pipe open as long as it lives: nobody at its other end means no QEMU.
        line = os.open(run_dir.serial_input, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        is_dead = error.errno == errno.ENXIO
        raise Refused(NOT_RUNNING if is_dead or not run_dir.pidfile.exists() else NO_LINE) from error
    try:
        if not stat.S_ISFIFO(os.fstat(line).st_mode):
            raise Refused(NO_LINE)
        with contextlib.suppress(BrokenPipeError):  # it ended just now
            # So few bytes go into a pipe together or not at all.
            os.write(line, keys)
    except BlockingIOError as error:
        raise Refused(NOT_TAKEN) from error
    finally:
        os.close(line)

"""swtpm, the software TPM beside a VM's QEMU.

It runs in a session of its own in the VM's directory, as QEMU's user, and ends when QEMU hangs
up. One that QEMU never reached would stay for ever, so whatever runs there is ended before the
next one is started. It is known again by what no other process has together: our arguments, and
the VM's directory as its working directory. It never inherits the directory's lock: whoever
holds that is QEMU.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from pathlib import Path

from vms import faults

from .base import Tpm
from .durable import in_thread, read_regular_file, read_tail
from .errors import LaunchRefused, NotAnswering
from .options import plain_path
from .privileges import drop_privileges
from .process import Child, ProcessIdentity, has_ended, identify, open_pidfd, private, send, works_in
from .records import DETAIL_LIMIT, TpmRecord
from .rundir import RunDir
from .spec import HostSettings
from .unix_socket import connect

ARGUMENTS = (
    *("socket", "--tpm2", "--tpmstate", "dir=swtpm"),
    *("--ctrl", "type=unixio,path=swtpm.sock,mode=0600"),
    *("--flags", "not-need-init,startup-clear", "--terminate"),
)
"""Files are named relatively, for its working directory is the VM's."""

NOT_INSTALLED = (
    "this VM has a TPM, and swtpm is not installed; "
    "on Debian: apt install swtpm, then start this server again"
)

START_WAIT_S = 10.0
"""How long it may take until it answers: 20 ms where nothing else runs."""

ANSWER_WAIT_S = 1.0
END_WAIT_S = 2.0
"""How long it may take to end after SIGTERM, then after SIGKILL."""

POLL_S = 0.01

GET_CAPABILITY = b"\0\0\0\1"
"""The control channel's first command (swtpm_ioctls(3)); the answer is a number of 8 bytes."""

COMMAND_LINE_LIMIT = 4096


async def start(run_dir: RunDir, host: HostSettings, boot_id: str) -> Child:
    """Start the VM's TPM, wait until it answers, and note which process it is.

    None may run there: see :func:`end`. If we are cancelled, it is ended again.

    Raises:
        LaunchRefused: swtpm is not installed, ended, or did not answer in time; the message has
            its own words.
        OSError: no process can be started.
    """
    if host.swtpm_path is None:
        raise LaunchRefused(NOT_INSTALLED)
    command = [*drop_privileges(host.user), plain_path(host.swtpm_path), *ARGUMENTS]
    child = _spawn(run_dir, command)
    faults.point("tpm.spawned")
    try:
        await _first_answer(run_dir, child)
        faults.point("tpm.answered")
        await in_thread(_note, run_dir, child.pid, boot_id)
    except BaseException:
        child.kill_all()
        await child.ended.wait()
        raise
    return child


async def end(run_dir: RunDir) -> None:
    """End whichever swtpm runs in the VM's directory; its state is kept.

    Raises:
        NotAnswering: not even SIGKILL ends it, or it is not ours to end.
    """
    if not run_dir.tpm_state.is_dir():
        return  # this VM never had one
    for identity in await in_thread(_find, run_dir):
        pidfd = open_pidfd(identity)
        if pidfd is None:
            continue
        try:
            await _end(pidfd, identity.pid)
        finally:
            os.close(pidfd)


def look(run_dir: RunDir, boot_id: str) -> Tpm | None:
    """The TPM that the last launch was given; ``None`` if it was given none."""
    record = TpmRecord.read(run_dir)
    if record is None:
        return None
    is_alive = record.boot_id == boot_id and identify(record.pid) == ProcessIdentity(
        record.pid, record.start_ticks
    )
    detail = "" if is_alive else last_words(run_dir)
    return Tpm(record.pid, record.started_at_ms, is_alive, detail)


def last_words(run_dir: RunDir) -> str:
    """The end of what it said, at most 2 KiB."""
    return read_tail(run_dir.tpm_log, DETAIL_LIMIT).decode(errors="replace").strip()


def _spawn(run_dir: RunDir, command: list[str]) -> Child:
    with open(run_dir.tpm_log, "ab", opener=private) as log:
        started = subprocess.Popen(
            command,
            cwd=run_dir.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Child(started)


async def _first_answer(run_dir: RunDir, child: Child) -> None:
    try:
        async with asyncio.timeout(START_WAIT_S):
            while not child.ended.is_set():
                if await _answers(run_dir):
                    return
                await asyncio.sleep(POLL_S)
    except TimeoutError as error:
        raise LaunchRefused(f"the TPM did not answer in {START_WAIT_S:g} s{_said(run_dir)}") from error
    raise LaunchRefused(f"the TPM ended at once{_said(run_dir)}")


def _said(run_dir: RunDir) -> str:
    words = last_words(run_dir)
    return f": {words}" if words else " and said nothing"


async def _answers(run_dir: RunDir) -> bool:
    """Does it serve its control channel? QEMU, too, may come to it and leave as often as it likes."""
    try:
        reader, writer = await asyncio.open_unix_connection(sock=connect(run_dir.tpm_socket))
    except NotAnswering:
        return False
    try:
        async with asyncio.timeout(ANSWER_WAIT_S):
            writer.write(GET_CAPABILITY)
            await writer.drain()
            await reader.readexactly(8)
    except (OSError, EOFError, TimeoutError):
        return False
    finally:
        writer.close()
    return True


def _note(run_dir: RunDir, pid: int, boot_id: str) -> None:
    identity = identify(pid)
    if identity is None:
        raise LaunchRefused(f"the TPM ended at once{_said(run_dir)}")
    TpmRecord(boot_id, pid, identity.start_ticks, identity.started_at_ms).write(run_dir)


def _find(run_dir: RunDir) -> list[ProcessIdentity]:
    """Every swtpm that we started in that directory: a record could miss one, when the server was killed."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdecimal() or not _has_our_arguments(int(entry)):
            continue
        identity = identify(int(entry))
        # Looked at again with the identity known: a pid may have been given anew in between.
        if identity and _has_our_arguments(identity.pid) and works_in(identity.pid, run_dir):
            found.append(identity)
    return found


def _has_our_arguments(pid: int) -> bool:
    line = read_regular_file(Path(f"/proc/{pid}/cmdline"), COMMAND_LINE_LIMIT) or b""
    return tuple(line.decode(errors="replace").split("\0")[:-1])[-len(ARGUMENTS) :] == ARGUMENTS


async def _end(pidfd: int, pid: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            send(pidfd, number)
        except PermissionError as error:
            raise NotAnswering(f"the TPM (process {pid}) belongs to another user") from error
        deadline = asyncio.get_running_loop().time() + END_WAIT_S
        while asyncio.get_running_loop().time() < deadline:
            if has_ended(pidfd):
                return
            await asyncio.sleep(POLL_S)
    raise NotAnswering(f"the TPM (process {pid}) cannot be killed")

"""QEMU's end of a guest's serial line: a socket in the VM's directory that takes one client."""

from __future__ import annotations

import asyncio
import os
import socket

from vms.hypervisor.rundir import RunDir
from vms.live.unix_peer import is_accepted

READ_SIZE = 64 << 10
MAX_UNTAKEN = 64 << 10
"""Keystrokes that QEMU has not taken yet, in bytes, beside what the kernel holds."""


class SerialLine:
    """A connection. Whoever holds one must go on reading: a full socket stops the guest's console."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._was_accepted = False

    @classmethod
    async def open(cls, run_dir: RunDir) -> SerialLine:
        """Raises OSError where no QEMU listens."""
        # By the directory's descriptor, for a unix socket's path has 108 bytes at most.
        directory = os.open(run_dir.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            path = f"/proc/self/fd/{directory}/{run_dir.serial_socket.name}"
            reader, writer = await asyncio.open_unix_connection(path, limit=READ_SIZE)
        finally:
            os.close(directory)
        return cls(reader, writer)

    @property
    def is_ours(self) -> bool:
        """Whether QEMU has taken this connection, and not another program's before it."""
        if not self._was_accepted:
            connected: socket.socket = self._writer.get_extra_info("socket")
            # Where the kernel doesn't tell, nobody else is supposed to be there.
            self._was_accepted = is_accepted(connected) is not False
        return self._was_accepted

    @property
    def is_full(self) -> bool:
        """Whether the guest takes nothing of what is typed."""
        return self._writer.transport.get_write_buffer_size() > MAX_UNTAKEN

    def type(self, keys: bytes) -> None:
        """Hand keystrokes over; at once, or as soon as QEMU takes them."""
        self._writer.write(keys)

    async def read(self) -> int:
        """Wait for output; how many bytes came, 0 once QEMU has hung up. Raises OSError."""
        return len(await self._reader.read(READ_SIZE))

    def close(self) -> None:
        self._writer.transport.abort()

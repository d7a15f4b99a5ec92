"""Whether the other end of a unix socket has taken a connection, which connecting alone doesn't tell.

A program that takes one client leaves every other one waiting, connected. The kernel knows: the
other end has no inode as long as nobody has accepted it (``linux/unix_diag.h``).
"""

from __future__ import annotations

import os
import socket
import struct
import sys

_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _REQUEST = 4, 20, 1
_SHOW_PEER, _PEER = 4, 2
_EVERY_STATE, _NO_COOKIE = 0xFFFFFFFF, b"\xff" * 8
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBHIII8s")
_ATTRIBUTE = struct.Struct("=HH")
_ANSWER_SIZE = 16
MAX_ANSWER = 4096


def is_accepted(connected: socket.socket) -> bool | None:
    """Whether the program at the other end has accepted this connection; None where nobody tells."""
    inode = os.fstat(connected.fileno()).st_ino
    question = _QUESTION.pack(socket.AF_UNIX, 0, 0, _EVERY_STATE, inode & 0xFFFFFFFF, _SHOW_PEER, _NO_COOKIE)
    header = _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _REQUEST, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
            kernel.settimeout(1)  # it answers within the call
            kernel.send(header + question)
            peer = _peer_in(kernel.recv(MAX_ANSWER))
    except (OSError, struct.error):
        return None
    return None if peer is None else peer != 0


def _peer_in(answer: bytes) -> int | None:
    """The inode of the other end; None where the answer has none, as an error does."""
    if _HEADER.unpack_from(answer)[1] != _SOCK_DIAG_BY_FAMILY:
        return None
    at = _HEADER.size + _ANSWER_SIZE
    while at + _ATTRIBUTE.size <= len(answer):
        length, kind = _ATTRIBUTE.unpack_from(answer, at)
        if kind == _PEER:
            return int.from_bytes(answer[at + 4 : at + 8], sys.byteorder)
        at += max(_ATTRIBUTE.size, (length + 3) & ~3)
    return None

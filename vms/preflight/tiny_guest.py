"""Booting a real guest of 512 bytes: the proof that an accelerator runs instructions.

It switches through the modes that a kernel goes through, calculates, and leaves by QEMU's
``isa-debug-exit`` device, which turns the byte written to its port into QEMU's status.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from vms.preflight.program import last_line

LIMIT_S = 5.0
"""It takes 0.1 s where it works at all."""

DONE = 0x2A << 1 | 1
"""QEMU's status after the guest wrote 0x2A (hw/misc/debugexit.c); QEMU itself never ends with it."""

FIRMWARE_BYTES = 64 * 1024
_BYTES = 512
_RESET_AT = 496
# tiny_guest.S, assembled.
_CODE = bytes.fromhex(
    "fa2e660f0116f0fe0f20c00c010f22c066ea18feffff0800b8100000008ed88ec08ed0fc31c0bf00100000b900100000"
    "f3abc7050010000003200000c7050020000003300000c7051820000003400000c7050030000083000000c705f84f0000"
    "8300e0ffb8001000000f22d80f20e00c200f22e0b9800000c00f320d000100000f300f20c00d000000800f22c0ea94fe"
    "ffff18004831c048c7c1e80300004801c8e2fb488904250080000048c12425008000002048c7c214a3070048c1e22048"
    "391425008000007504b02ae6f4f4ebfd0000000000000000ffff0000009bcf00ffff00000093cf00ffff0000009baf00"
    "1f00d0feffff"
)
_RESET = bytes.fromhex("e90dfe")


def code() -> bytes:
    """The guest: the last 512 bytes below 4 GiB, beginning to run 16 bytes before their end."""
    return _CODE.ljust(_RESET_AT, b"\0") + _RESET.ljust(_BYTES - _RESET_AT, b"\0")


def hindrance(qemu: Path, *accelerator: str, limit_s: float = LIMIT_S) -> str:
    """Why the guest did not get to its end, as a clause; empty if it did.

    ``accelerator`` are QEMU's options for it, those that VMs get. Blocking; QEMU is killed
    after ``limit_s`` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="vmm-preflight-") as folder:
        firmware = Path(folder, "firmware")
        firmware.write_bytes(code().rjust(FIRMWARE_BYTES, b"\0"))
        argv = [
            str(qemu),
            *accelerator,
            *("-machine", "q35", "-m", "16M", "-nodefaults", "-no-user-config"),
            *("-display", "none", "-no-reboot", "-bios", str(firmware)),
            *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
        ]
        try:
            ended = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s, check=False
            )
        except subprocess.TimeoutExpired:
            return f"a guest of 512 bytes does not get to its end within {limit_s:g} s"
        except OSError as error:
            return f"{qemu} does not run ({error.strerror})"
    if ended.returncode == DONE:
        return ""
    if said := last_line(ended.stderr):
        return f"QEMU ends before the guest runs: {said}"
    return f"a guest of 512 bytes crashes (QEMU's status is {ended.returncode})"

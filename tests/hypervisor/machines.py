"""Guests small enough to boot at once, and all that is needed to launch them.

The kernels are a few machine instructions in a multiboot ELF file, which QEMU
loads with ``-kernel``; they run on any x86 without an operating system.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import struct
from pathlib import Path

import pytest

from vms.hypervisor.process import identify
from vms.hypervisor.spec import (
    Accelerator,
    GuestSpec,
    HostSettings,
    ImageFiles,
    NetworkMode,
    NetworkSpec,
    PortForward,
    Transport,
)

QEMU = shutil.which("qemu-system-x86_64")
QEMU_IMG = shutil.which("qemu-img")
SWTPM = shutil.which("swtpm")

needs_qemu = pytest.mark.skipif(
    QEMU is None or QEMU_IMG is None or SWTPM is None, reason="QEMU or swtpm is not installed"
)

IDLE = bytes.fromhex("baf8030000b048eeb00aeef4ebfd")
"""Writes "H" to the serial port and halts for ever."""

OBEDIENT = bytes.fromhex(
    # Enable the ACPI power button (port 0x602), write ">" and a newline to COM1.
    "ba02060000b80001000066efbaf8030000b03eeeb00aee"
    # Poll: the button pressed → off; a byte on COM1: "o" → off, "r" → reset, "p" → panic.
    "ba0006000066eda9000100007555"
    "bafd030000eca80174e8baf8030000ec3c6f74413c72744b3c7075d6"
    # Panic: find the PCI device 1b36:0011 (pvpanic) and write 1 to its first BAR.
    "bb00000080baf80c000089d8efbafc0c0000ed3d361b1100740881c300080000ebe3"
    "8d4310baf80c0000efbafc0c0000ed83e0f0c60001eb9d"
    # Off: ACPI S5 (port 0x604). Reset: port 0xcf9.
    "ba04060000b80020000066efeb8f"
    "baf90c0000b006eeeb85"
)
"""Does what it is told on the serial port, and powers off when its button is pressed; keeps a core busy."""

LOAD_ADDRESS = 0x100000
ELF_HEADER_SIZE = 52
PROGRAM_HEADER_SIZE = 32


def multiboot_kernel(code: bytes) -> bytes:
    """A 32-bit ELF file that QEMU boots: a multiboot header, then ``code``."""
    magic = 0x1BADB002
    payload = struct.pack("<III", magic, 0, 2**32 - magic) + code
    offset = ELF_HEADER_SIZE + PROGRAM_HEADER_SIZE
    entry = LOAD_ADDRESS + 12
    identification = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header = struct.pack(
        "<HHIIIIIHHHHHH",
        2,
        3,
        1,
        entry,
        ELF_HEADER_SIZE,
        0,
        0,
        ELF_HEADER_SIZE,
        PROGRAM_HEADER_SIZE,
        1,
        0,
        0,
        0,
    )
    segment = struct.pack(
        "<IIIIIIII", 1, offset, LOAD_ADDRESS, LOAD_ADDRESS, len(payload), len(payload), 5, 0x1000
    )
    return identification + header + segment + payload


def image(folder: Path, code: bytes = IDLE) -> ImageFiles:
    """An image whose kernel runs ``code``, written into ``folder``."""
    kernel, initrd = folder / f"kernel-{len(code)}", folder / "initrd"
    kernel.write_bytes(multiboot_kernel(code))
    initrd.write_bytes(b"\0" * 512)
    for file in (kernel, initrd):
        file.chmod(0o644)  # as every image that the server writes
    return ImageFiles(kernel, initrd)


def guest_spec(
    files: ImageFiles, vm_id: str = "vm-1", generation: int = 1, forwards: tuple[PortForward, ...] = ()
) -> GuestSpec:
    """A small plain guest."""
    networks = (NetworkSpec(NetworkMode.USER, forwards=forwards),)
    manifest = b'{"id": "%s"}\n' % vm_id.encode()
    return GuestSpec(
        vm_id,
        vcpu=1,
        memory_mb=32,
        disk_gb=1,
        cid=1000,
        image=files,
        networks=networks,
        generation=generation,
        shared_files={"app-compose.json": b"{}"},
        run_files={"vm-manifest.json": manifest},
    )


def host_settings(stop_grace_s: float = 5.0, launch_timeout_s: float = 30.0) -> HostSettings:
    """This machine, with software emulation, which works everywhere."""
    return HostSettings(
        Path(QEMU or "/usr/bin/qemu-system-x86_64"),
        Path(QEMU_IMG or "/usr/bin/qemu-img"),
        Accelerator.TCG,
        swtpm_path=Path(SWTPM or "/usr/bin/swtpm"),
        stop_grace_s=stop_grace_s,
        launch_timeout_s=launch_timeout_s,
    )


def taken_port() -> tuple[socket.socket, PortForward]:
    """A TCP port that somebody listens on (until the socket is closed), and a forward that wants it."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    return listener, PortForward(Transport.TCP, "127.0.0.1", port, 80)


async def said(directory: Path, text: bytes, times: int = 1) -> None:
    """Wait until a guest has written ``text`` to its serial port that often."""
    while (directory / "serial.log").read_bytes().count(text) < times:  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.02)


async def tell(directory: Path, order: bytes) -> None:
    """Wait until an obedient guest is ready, then write ``order`` to its serial port."""
    await said(directory, b">")
    with (directory / "serial.in").open("r+b", buffering=0) as keyboard:
        keyboard.write(order)


async def gone(pid: int) -> None:
    """Wait until a process is dead (a zombie is)."""
    while identify(pid) is not None:  # noqa: ASYNC110 - not our child, so nobody tells
        await asyncio.sleep(0.01)


def tpms_in(run_path: Path) -> list[int]:
    """Pids of all living processes that work in a directory below ``run_path`` and are swtpm."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            works_there = (process / "cwd").readlink().is_relative_to(run_path)
            if works_there and (process / "exe").readlink().name == "swtpm":
                found.append(int(process.name))
        except (OSError, ValueError):
            continue
    return [pid for pid in found if identify(pid) is not None]

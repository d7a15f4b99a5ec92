"""Putting the guest's root file system together: our scripts, and programs from Debian packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vms.images.demo import elf, lz4_legacy, modules
from vms.images.demo.cpio import CpioWriter
from vms.images.demo.errors import DemoImageError
from vms.images.demo.packages import PackageFiles

GUEST_DIR = Path(__file__).parent / "guest"
"""Files that go into the guest as they are, by their path below this folder."""

PROGRAMS = {
    "bin/busybox": "bin/busybox",
    "sbin/mke2fs": "sbin/mke2fs",
    "sbin/resize2fs": "sbin/resize2fs",
    "usr/sbin/qemu-ga": "usr/sbin/qemu-ga",
}
"""Path in the packages → path in the guest."""

BUSYBOX_LINKS = {"init": "bin/busybox", "bin/sh": "busybox", "sbin/modprobe": "../bin/busybox"}
"""What must exist as a file for the kernel or ``#!`` lines; the shell finds all other applets itself."""

_EMPTY_DIRECTORIES = ("dev", "proc", "sys", "run", "tmp", "root", "data", "host-shared", "var/log")
_LIBRARY_DIRECTORIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")


@dataclass(frozen=True)
class Kernel:
    """What is taken from the kernel package. ``release`` is what ``uname -r`` will say."""

    release: str
    bzimage: bytes
    modules: Sequence[modules.Module]


def read_kernel(package: PackageFiles) -> Kernel:
    """The kernel and the modules that the guest wants. Raises DemoImageError when it has none."""
    paths = package.paths()
    images = [path for path in paths if path.startswith("boot/vmlinuz-")]
    if len(images) != 1:
        raise DemoImageError(f"the kernel package holds {len(images)} kernels, not 1")
    release = images[0].removeprefix("boot/vmlinuz-")
    root = f"lib/modules/{release}/"
    offered = [path.removeprefix(root) for path in paths if path.startswith(root) and path.endswith(".ko")]
    if not offered:
        raise DemoImageError(f"the kernel package holds no uncompressed modules below {root}")
    chosen = modules.select(offered, lambda path: package.read(root + path))
    return Kernel(release, package.read(images[0]), chosen)


def read_programs(packages: Sequence[PackageFiles]) -> dict[str, bytes]:
    """The programs and every library they need, by their path in the guest.

    Raises DemoImageError when a program or a library is in none of the packages.
    """
    files = {place: _find(packages, [path], path) for path, place in PROGRAMS.items()}
    waiting = list(files.values())
    while waiting:
        binary = waiting.pop()
        wanted = {f"lib/x86_64-linux-gnu/{name}": name for name in elf.needed_libraries(binary)}
        if loader := elf.interpreter(binary):
            wanted[loader.lstrip("/")] = loader.rpartition("/")[2]
        for place, name in wanted.items():
            if place in files or (name.startswith("ld-linux") and f"lib64/{name}" in files):
                continue
            candidates = [f"{directory}/{name}" for directory in _LIBRARY_DIRECTORIES]
            files[place] = _find(packages, candidates, name)
            waiting.append(files[place])
    return files


def build_initrd(programs: Mapping[str, bytes], kernel: Kernel, guest_dir: Path = GUEST_DIR) -> bytes:
    """The compressed first root file system."""
    archive = CpioWriter()
    for directory in _EMPTY_DIRECTORIES:
        archive.directory(directory)
    # The kernel gives init its first output before /dev is mounted.
    archive.character_device("dev/console", 5, 1)
    archive.character_device("dev/null", 1, 3, 0o666)
    for path in sorted(path for path in guest_dir.rglob("*") if path.is_file()):
        content = path.read_bytes()
        archive.file(
            path.relative_to(guest_dir).as_posix(), content, 0o755 if content[:2] == b"#!" else 0o644
        )
    for place in sorted(programs):
        archive.file(place, programs[place], 0o755)
    for place, target in BUSYBOX_LINKS.items():
        archive.symlink(place, target)
    root = f"lib/modules/{kernel.release}"
    for module in kernel.modules:
        archive.file(f"{root}/{module.path}", module.content)
    archive.file(f"{root}/modules.dep", modules.dependency_file(kernel.modules).encode())
    archive.file(f"{root}/modules.alias", modules.alias_file(kernel.modules).encode())
    return lz4_legacy.compress(archive.finish())


def _find(packages: Sequence[PackageFiles], candidates: Sequence[str], what: str) -> bytes:
    for package in packages:
        for path in candidates:
            try:
                return package.read(path)
            except KeyError:
                continue
    raise DemoImageError(f"none of the Debian packages holds {what}; the builder's package list needs it")

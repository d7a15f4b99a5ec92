"""Building the demo image: a small real guest made of Debian packages and the scripts in ``guest/``."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from vms.images.demo import packages
from vms.images.demo.initrd import build_initrd, read_kernel, read_programs
from vms.images.demo.kernel import extract_vmlinux

VERSION = "0.5.0"
IMAGE_NAME = f"dstack-demo-{VERSION}"

PACKAGES = (
    "busybox-static",
    "e2fsprogs", "libext2fs2", "libblkid1", "libuuid1", "libcom-err2",
    "qemu-guest-agent", "libglib2.0-0", "libpcre2-8-0", "libnuma1", "libudev1", "liburing2", "libgcc-s1",
    "libc6",
)  # fmt: skip
"""Debian packages beside the kernel's; of libraries, those that the programs need."""

CMDLINE = " ".join(
    (
        "console=ttyS0",
        "loglevel=4",  # warnings and worse, so that a panic is seen; each line costs time on a serial port
        "panic=5",  # a guest that cannot go on restarts instead of hanging
        "random.trust_cpu=on",  # else programs wait for entropy
        "mitigations=off",  # the guest trusts all that runs in it, and they are dear under emulation
        "cryptomgr.notests",  # self-tests of ciphers: a tenth of the boot
        "rcupdate.rcu_expedited=1",  # drivers load and file systems unmount sooner
        # On a busy host an emulated clock ticks unevenly; the kernel must not take that for a fault.
        "no_timer_check",
        "tsc=nowatchdog",
        "nowatchdog",
    )
)


def build_demo_image(
    images_dir: Path, *, cache_dir: Path, progress: Callable[[str], None], force: bool = False
) -> Path:
    """The folder of the demo image, built first where ``images_dir`` has none of this builder's making.

    ``cache_dir`` keeps downloaded packages for the next build. ``progress`` is told each step in a
    line of plain words. ``force`` builds in any case. The image appears whole or not at all, and
    of two builders at once the second waits and finds the image made. Needs apt on Debian, but
    neither root nor anything running. Raises DemoImageError when packages cannot be had, OSError
    when the folders cannot be written.
    """
    image = images_dir / IMAGE_NAME
    if not force and is_current(image):
        return image
    images_dir.mkdir(parents=True, exist_ok=True)
    with _locked(images_dir / f".{IMAGE_NAME}.lock"):
        if not force and is_current(image):
            return image
        building = images_dir / f".{IMAGE_NAME}.building"
        replaced = images_dir / f".{IMAGE_NAME}.replaced"
        for leftover in (building, replaced):
            shutil.rmtree(leftover, ignore_errors=True)
        building.mkdir()
        building.chmod(0o755)  # QEMU may run as another user, whatever this process's umask says
        try:
            _fill(building, cache_dir, progress)
            if image.exists():
                image.rename(replaced)
            building.rename(image)
        finally:
            shutil.rmtree(building, ignore_errors=True)
            shutil.rmtree(replaced, ignore_errors=True)
    progress(f"{IMAGE_NAME} is ready in {images_dir}")
    return image


def is_current(image: Path) -> bool:
    """Whether ``image`` is a whole image made by this very builder."""
    try:
        metadata = json.loads((image / "metadata.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(metadata, dict) and metadata.get("builder") == builder_version()


@cache
def builder_version() -> str:
    """Names this builder: a digest of its own sources, so that a changed script means a new image."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content = path.read_bytes()
            digest.update(f"{path.relative_to(here).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _fill(image: Path, cache_dir: Path, progress: Callable[[str], None]) -> None:
    packages.require_debian()
    progress("Asking apt for packages")
    kernel_name = packages.kernel_package()
    kernel_file, *other_files = packages.fetch((kernel_name, *PACKAGES), cache_dir, progress)
    progress(f"Unpacking {kernel_name}")
    with packages.opened(kernel_file) as package:
        kernel = read_kernel(package)
    progress("Unpacking programs and libraries")
    with ExitStack() as stack:
        programs = read_programs([stack.enter_context(packages.opened(file)) for file in other_files])
    progress("Packing the initrd")
    _write(image / "initramfs.cpio.lz4", build_initrd(programs, kernel))
    _write(image / "bzImage", kernel.bzimage)
    metadata: dict[str, object] = {
        "kernel": "bzImage",
        "initrd": "initramfs.cpio.lz4",
        "cmdline": CMDLINE,
        "version": VERSION,
        "is_dev": False,
        "shared_ro": True,
        "guest_agent": "qemu",
        "description": f"Demo guest (Linux {kernel.release}): web page, console and data disk; no containers",
        "builder": builder_version(),
        "packages": sorted(file.name for file in (kernel_file, *other_files)),
    }
    progress("Unpacking the kernel for fast starts under emulation")
    try:
        _write(image / "vmlinux", extract_vmlinux(kernel.bzimage))
        metadata["pvh_kernel"] = "vmlinux"
    except ValueError as error:
        progress(f"No fast-start kernel: {error}. The image works without it.")
    _write(image / "metadata.json", json.dumps(metadata, indent=2).encode() + b"\n")
    _write_digests(image)


def _write_digests(image: Path) -> None:
    lines = []
    for path in sorted(image.iterdir()):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    sums = "".join(lines).encode()
    _write(image / "sha256sum.txt", sums)
    _write(image / "digest.txt", hashlib.sha256(sums).hexdigest().encode() + b"\n")


def _write(path: Path, content: bytes) -> None:
    # Synced before the folder gets its name: a power cut must not leave a whole-looking image.
    with path.open("wb") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

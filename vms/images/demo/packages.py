"""Getting Debian packages through the system's own apt, as any user, and reading what is in them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vms.images.demo.errors import DemoImageError

DEBIAN_RELEASE = "12"
KERNEL_METAPACKAGE = "linux-image-amd64"
_ELSEWHERE = (
    f"The demo image is made of Debian {DEBIAN_RELEASE} (amd64) packages: build it on such a system "
    "(a container will do) with `python -m vms.images.demo DIR` and copy the folder into the images "
    "directory."
)
_OFFER = re.compile(r"'(?P<uri>[^']+)' (?P<file>\S+) (?P<size>\d+) (?P<hash>\w+):(?P<digest>[0-9a-fA-F]+)")


@dataclass(frozen=True)
class Offer:
    """A package file as apt offers it: the name it will have, its size in bytes and its checksum."""

    file: str
    size: int
    algorithm: str
    digest: str

    def is_complete(self, path: Path) -> bool:
        """Whether ``path`` is this very file."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest() == self.digest


def require_debian(os_release: Path = Path("/etc/os-release")) -> None:
    """Raises DemoImageError unless this is the Debian release that the package names belong to."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise DemoImageError(f"apt-get and dpkg-deb are not here. {_ELSEWHERE}")
    text = os_release.read_text() if os_release.exists() else ""
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    system = fields.get("ID", "unknown").strip('"'), fields.get("VERSION_ID", "").strip('"')
    if system != ("debian", DEBIAN_RELEASE):
        raise DemoImageError(f"This is {' '.join(system).strip()}. {_ELSEWHERE}")
    architecture = _run(["dpkg", "--print-architecture"]).strip()
    if architecture != "amd64":
        raise DemoImageError(f"This system's architecture is {architecture}. {_ELSEWHERE}")


def kernel_package() -> str:
    """Name of the package that holds the newest generic kernel, e.g. ``linux-image-6.1.0-49-amd64``."""
    shown = _apt(["apt-cache", "show", "--no-all-versions", KERNEL_METAPACKAGE])
    found = re.search(r"^Depends:.*?\b(linux-image-[0-9]\S*)", shown, re.MULTILINE)
    if not found:
        raise DemoImageError(f"{KERNEL_METAPACKAGE} names no kernel package. Run `apt-get update` as root.")
    return found.group(1)


def fetch(names: Sequence[str], cache_dir: Path, progress: Callable[[str], None]) -> list[Path]:
    """The packages' files, in the order of ``names``; only those missing in ``cache_dir`` are downloaded.

    Raises DemoImageError when apt does not know a package or cannot download it.
    """
    offers = {}
    for match in _OFFER.finditer(_apt(["apt-get", "download", "--print-uris", *names])):
        offer = Offer(match["file"], int(match["size"]), match["hash"].lower(), match["digest"].lower())
        offers[offer.file.partition("_")[0]] = offer
    unknown = [name for name in names if name not in offers]
    if unknown:
        raise DemoImageError(f"apt offers no {', '.join(unknown)}. Run `apt-get update` as root.")
    cache_dir.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not offers[name].is_complete(cache_dir / offers[name].file)]
    if missing:
        megabytes = sum(offers[name].size for name in missing) / 1e6
        progress(f"Downloading {len(missing)} Debian packages ({megabytes:.0f} MB)")
        _download(missing, offers, cache_dir)
    return [cache_dir / offers[name].file for name in names]


def _download(names: Sequence[str], offers: dict[str, Offer], cache_dir: Path) -> None:
    # apt writes into its working directory; a private one keeps concurrent builds apart, and
    # the rename makes a file in the cache a whole file.
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix=".download-") as scratch:
        _apt(["apt-get", "download", "-q", *names], cwd=Path(scratch))
        for name in names:
            path = Path(scratch, offers[name].file)
            if not offers[name].is_complete(path):
                raise DemoImageError(
                    f"apt downloaded {name}, but the file is not what apt promised. Try again."
                )
            os.replace(path, cache_dir / path.name)


class PackageFiles:
    """The files of one unpacked package. Paths have no leading ``./`` or slash."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members = {member.name.removeprefix("./"): member for member in archive}

    def paths(self) -> list[str]:
        """Paths of all regular files and links, in the package's order."""
        return [path for path, member in self._members.items() if not member.isdir()]

    def read(self, path: str) -> bytes:
        """Content of a file; links within the package are followed. Raises KeyError when it is not there."""
        file = self._archive.extractfile(self._resolve(path))
        if file is None:
            raise KeyError(path)
        return file.read()

    def _resolve(self, path: str) -> tarfile.TarInfo:
        for _hop in range(8):
            member = self._members[path]
            if not member.issym():
                return member
            path = os.path.normpath(os.path.join(os.path.dirname(path), member.linkname)).lstrip("/")
        raise KeyError(path)


@contextmanager
def opened(package: Path) -> Iterator[PackageFiles]:
    """The files of a ``.deb``. It is unpacked into a nameless file beside it: nothing stays behind."""
    with tempfile.TemporaryFile(dir=package.parent) as spool:
        result = subprocess.run(
            ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=spool, stderr=subprocess.PIPE, check=False
        )
        if result.returncode != 0:
            said = result.stderr.decode(errors="replace").strip()
            raise DemoImageError(f"{package} cannot be unpacked: {said}. Remove the file and try again.")
        spool.seek(0)
        with tarfile.open(fileobj=spool, mode="r:") as archive:
            yield PackageFiles(archive)


def _apt(command: Sequence[str], cwd: Path | None = None) -> str:
    try:
        return _run(command, cwd)
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.startswith("E:")] or [
            error.stderr.strip()
        ]
        raise DemoImageError(
            f"apt failed: {' '.join(lines)} — run `apt-get update` as root, and check that this machine "
            f"reaches its Debian {DEBIAN_RELEASE} package sources."
        ) from error


def _run(command: Sequence[str], cwd: Path | None = None) -> str:
    """What the command printed. Raises CalledProcessError when it failed."""
    environment = {**os.environ, "LC_ALL": "C"}  # its messages are parsed
    return subprocess.run(
        command, cwd=cwd, env=environment, check=True, capture_output=True, text=True
    ).stdout

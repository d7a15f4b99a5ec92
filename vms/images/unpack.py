"""Unpacking layers into a folder that nothing leaves.

Every folder on the way is opened without following links, from the root's descriptor on;
links are made at the very end, when nothing is written any more, and then each is followed
once to see that it stays inside. Devices, pipes and set-uid files are refused: a guest's
image is a handful of plain files, and an archive with more is none.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vms.images.errors import BadArchive, NoSpace
from vms.images.tar import CHUNK, TarStream, decompressed

MAX_DEPTH = 16
LOOK_AT_SPACE_EVERY = 64 << 20
WHITEOUT = ".wh."
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Name = tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """What one image may take: bytes when unpacked, files and folders, and bytes to keep free on the disk."""

    max_size: int
    max_files: int
    keep_free: int


def require_space(folder: Path, needed: int, limits: Limits) -> None:
    """Raises NoSpace unless so many bytes fit, and what is to be kept free stays free."""
    free = shutil.disk_usage(folder).free
    if free < needed + limits.keep_free:
        raise NoSpace(
            f"too little room in {folder}: {needed >> 20} MiB are needed and {limits.keep_free >> 20} MiB "
            f"kept free ([image] keep_free), but only {free >> 20} MiB are free"
        )


class Unpacker:
    """Layers, lowest first, into an empty folder; ``finish`` makes the links. Blocking, for a thread."""

    def __init__(self, root: Path, limits: Limits, go_on: Callable[[], None]) -> None:
        """``go_on`` is called often, and raises when it is to end."""
        self._root = root
        self._limits = limits
        self._go_on = go_on
        self._files = 0
        self._bytes = 0
        self._next_look = 0
        self._links: dict[Name, str] = {}

    def add(self, layer: BinaryIO) -> None:
        """Unpack one layer over what is there. Raises BadArchive, NoSpace."""
        with decompressed(layer) as data:
            stream = TarStream(data)
            for entry in stream:
                self._go_on()
                self._entry(entry, stream)

    def finish(self) -> None:
        """Make the links, and see that none leads out. Raises BadArchive."""
        for name, target in self._links.items():
            with self._parent(name) as parent:
                try:
                    os.symlink(target, name[-1], dir_fd=parent)
                except FileExistsError:
                    raise BadArchive(f"{_shown(name)} is both a link and a file") from None
        root = self._root.resolve()
        for name in self._links:
            try:
                inside = self._root.joinpath(*name).resolve().is_relative_to(root)
            except (OSError, RuntimeError):  # a loop
                inside = False
            if not inside:
                raise BadArchive(f"{_shown(name)} is a link that leads out of the image")

    def _entry(self, entry: tarfile.TarInfo, stream: TarStream) -> None:
        name = _name(entry.name)
        if not name:
            if entry.isdir():
                return
            raise BadArchive("the archive's root is no folder")
        self._count()
        if name[-1].startswith(WHITEOUT):
            self._whiteout(name)
        elif entry.isdir():
            with self._folder(name):
                pass
        elif entry.isreg():
            if entry.mode & (stat.S_ISUID | stat.S_ISGID):
                raise BadArchive(f"{_shown(name)} is set-uid or set-gid")
            self._write(name, entry.mode & 0o100, stream)
        elif entry.issym():
            self._link(name, entry.linkname)
        elif entry.islnk():
            self._hard_link(name, _name(entry.linkname))
        else:
            raise BadArchive(
                f"{_shown(name)} is a device, a pipe or worse; only files, folders and links are taken"
            )

    def _write(self, name: Name, executable: int, stream: TarStream) -> None:
        with self._parent(name) as parent:
            self._clear(name, parent)
            descriptor = os.open(name[-1], _NEW_FILE, 0o755 if executable else 0o644, dir_fd=parent)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                # Whatever the umask is: QEMU may run as another user, who reads it.
                os.fchmod(descriptor, 0o755 if executable else 0o644)
                while data := stream.read(CHUNK):
                    self._go_on()
                    self._take_room(len(data))
                    view = memoryview(data)
                    while view:
                        view = view[file.write(view) :]
                os.fsync(file.fileno())

    def _link(self, name: Name, target: str) -> None:
        """Keep a symbolic link for the end, if by its words it stays inside."""
        depth = len(name) - 1
        for part in target.split("/"):
            depth += -1 if part == ".." else 0 if part in ("", ".") else 1
            if depth < 0:
                break
        if depth < 0 or not target or target.startswith("/") or "\0" in target or len(target) > 1024:
            raise BadArchive(f"{_shown(name)} is a link that leads out of the image, to {target[:200]!r}")
        with self._parent(name) as parent:
            self._clear(name, parent)
        self._links[name] = target

    def _hard_link(self, name: Name, target: Name) -> None:
        if not target:
            raise BadArchive(f"{_shown(name)} is a hard link to nothing")
        with self._parent(name) as parent, self._parent(target) as beside:
            try:
                if not stat.S_ISREG(os.stat(target[-1], dir_fd=beside, follow_symlinks=False).st_mode):
                    raise BadArchive(f"{_shown(name)} is a hard link to what is no file")
                if name != target:
                    self._clear(name, parent)
                    os.link(target[-1], name[-1], src_dir_fd=beside, dst_dir_fd=parent, follow_symlinks=False)
            except FileNotFoundError:
                raise BadArchive(
                    f"{_shown(name)} is a hard link to {_shown(target)}, which isn't there"
                ) from None

    def _whiteout(self, name: Name) -> None:
        """A file that says that one of a lower layer is no more."""
        hidden = (*name[:-1], name[-1].removeprefix(WHITEOUT))
        if not hidden[-1] or hidden[-1].startswith(WHITEOUT) or hidden[-1] in (".", ".."):
            raise BadArchive(f"{_shown(name)}: only whiteouts of single files are taken")
        for link in [link for link in self._links if link[: len(hidden)] == hidden]:
            del self._links[link]
        with self._parent(hidden) as parent:
            try:
                found = os.stat(hidden[-1], dir_fd=parent, follow_symlinks=False)
            except FileNotFoundError:
                return
            if stat.S_ISDIR(found.st_mode):
                shutil.rmtree(hidden[-1], dir_fd=parent)
            else:
                os.unlink(hidden[-1], dir_fd=parent)

    def _clear(self, name: Name, parent: int) -> None:
        """Make place for a file or link: what had that name is replaced, but for a folder."""
        self._links.pop(name, None)
        try:
            os.unlink(name[-1], dir_fd=parent)
        except FileNotFoundError:
            pass
        except IsADirectoryError:
            raise BadArchive(f"{_shown(name)} is both a folder and a file") from None

    @contextmanager
    def _parent(self, name: Name) -> Iterator[int]:
        with self._folder(name[:-1]) as folder:
            yield folder

    @contextmanager
    def _folder(self, name: Name) -> Iterator[int]:
        """A descriptor of that folder, made where it isn't there; no link is followed."""
        here = os.open(self._root, _FOLDER)
        try:
            for depth, part in enumerate(name, start=1):
                if name[:depth] in self._links:
                    raise BadArchive(f"{_shown(name)} goes through the link {_shown(name[:depth])}")
                try:
                    os.mkdir(part, 0o755, dir_fd=here)
                    os.chmod(part, 0o755, dir_fd=here)
                    self._count()
                except FileExistsError:
                    pass
                try:
                    inner = os.open(part, _FOLDER, dir_fd=here)
                except OSError as error:
                    raise BadArchive(f"{_shown(name[:depth])} is no folder: {error.strerror}") from None
                os.close(here)
                here = inner
            yield here
        finally:
            os.close(here)

    def _count(self) -> None:
        self._files += 1
        if self._files > self._limits.max_files:
            raise BadArchive(f"the image has more than {self._limits.max_files} files ([image] max_files)")

    def _take_room(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._limits.max_size:
            raise BadArchive(
                f"unpacked, the image is larger than {self._limits.max_size >> 20} MiB ([image] max_size)"
            )
        if self._bytes >= self._next_look:
            require_space(self._root, 0, self._limits)
            self._next_look = self._bytes + LOOK_AT_SPACE_EVERY


def _name(text: str) -> Name:
    """The parts of an entry's name. Raises BadArchive for one that could lead anywhere."""
    if text.startswith("/"):
        raise BadArchive(f"{text[:200]!r} is an absolute name")
    parts = tuple(part for part in text.split("/") if part not in ("", "."))
    if ".." in parts:
        raise BadArchive(f"{text[:200]!r} leads out of the image")
    if len(parts) > MAX_DEPTH or any(len(part.encode()) > 255 for part in parts):
        raise BadArchive(f"{text[:200]!r} is too long or too deep")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise BadArchive(f"{text[:200]!r} has a character that no file's name should have")
    return parts


def _shown(name: Name) -> str:
    return repr("/".join(name)[:200])

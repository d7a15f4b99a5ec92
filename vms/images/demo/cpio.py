"""Writing a cpio archive in the ``newc`` format, the one the Linux kernel unpacks as its first root.

The format is described in the kernel's ``Documentation/driver-api/early-userspace/buffer-format.rst``.
Archives are reproducible: owner 0:0, time 0, and entries in the order they are added.
"""

from __future__ import annotations

import stat

_TRAILER = "TRAILER!!!"


class CpioWriter:
    """Collects entries of a root file system; :meth:`finish` gives the archive.

    Paths are relative to the root, without a leading slash. Parent directories are added
    (mode 0755) where they are missing, because the kernel does not make them.
    """

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._seen: set[str] = set()

    def directory(self, path: str, mode: int = 0o755) -> None:
        """Add a directory. Adding one again is allowed and keeps the first mode."""
        if path and path not in self._seen:
            self._parents(path)
            self._entry(path, stat.S_IFDIR | mode, b"", links=2)

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Add a regular file. Raises ValueError when the path is already taken."""
        self._add(path, stat.S_IFREG | mode, content)

    def symlink(self, path: str, target: str) -> None:
        """Add a symbolic link. Raises ValueError when the path is already taken."""
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path: str, major: int, minor: int, mode: int = 0o600) -> None:
        """Add a character device, which needs no privilege here: the kernel makes the node."""
        self._add(path, stat.S_IFCHR | mode, b"", device=(major, minor))

    def finish(self) -> bytes:
        """The whole archive, ended by its trailer and padded to 512 bytes."""
        self._entry(_TRAILER, 0, b"")
        archive = b"".join(self._chunks)
        return archive + bytes(-len(archive) % 512)

    def _add(self, path: str, mode: int, content: bytes, device: tuple[int, int] = (0, 0)) -> None:
        if path in self._seen:
            raise ValueError(f"{path} is in the archive twice")
        self._parents(path)
        self._entry(path, mode, content, device=device)

    def _parents(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent:
            self.directory(parent)

    def _entry(
        self, path: str, mode: int, content: bytes, *, links: int = 1, device: tuple[int, int] = (0, 0)
    ) -> None:
        self._seen.add(path)
        name = path.encode() + b"\0"
        inode = len(self._seen)
        fields = (inode, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(name), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        self._chunks.append(_padded(header + name))
        self._chunks.append(_padded(content))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)

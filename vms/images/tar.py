"""Reading a tar archive from somebody who isn't trusted: a stream of headers and their bytes.

Not ``tarfile``: that reads extension headers of any size into memory, by expressions that
take quadratic time, and knows sparse files, whose size is what the archive claims. Here
headers are decoded by the standard library, one 512-byte block at a time, and everything
that an image doesn't need is refused. The dialects are ustar, pax (path, linkpath, size)
and GNU's long names.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

import zstandard

from vms.images.errors import BadArchive

BLOCK = 512
CHUNK = 1 << 20
MAX_EXTENSION_BYTES = 64 << 10
MAX_EXTENSIONS = 8
"""In a row, before one entry."""
MAX_ZSTD_WINDOW = 128 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_LONG = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}


class Readable(Protocol):
    """What bytes come from; no more than ``size`` of them."""

    def read(self, size: int = -1, /) -> bytes: ...


@contextmanager
def decompressed(file: BinaryIO) -> Iterator[Readable]:
    """The bytes of a plain, gzip or zstd file, as its first bytes say. Raises BadArchive while read."""
    magic = file.read(4)
    file.seek(0)
    try:
        if magic.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield unzipped
        elif magic == _ZSTD:
            decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
            with decompressor.stream_reader(file, read_across_frames=True, closefd=False) as reader:
                yield reader
        else:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise BadArchive(f"a layer can't be decompressed: {error}") from error


class TarStream:
    """Entries one after the other; an entry's bytes are read to their end before the next one."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        """Every file, folder and link, its long name and size already in place."""
        said: dict[str, str] = {}
        extensions = 0
        while (header := self._header()) is not None:
            if header.type in _LONG or header.type in (tarfile.XHDTYPE, tarfile.XGLTYPE):
                extensions += 1
                if extensions > MAX_EXTENSIONS:
                    raise BadArchive("the archive piles extension headers up")
                self._take_extension(header, said)
                continue
            header.name = said.get("path", header.name)
            header.linkname = said.get("linkpath", header.linkname)
            if header.type == tarfile.GNUTYPE_SPARSE:
                raise BadArchive(f"{header.name[:200]!r}: sparse files are not taken")
            if "size" in said:
                header.size = _number(said["size"])
            self._begin(header.size if header.isreg() else 0)
            yield header
            self._end()
            said, extensions = {}, 0

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer, of the current entry; none at its end."""
        if self._left <= 0:
            return b""
        data = self._source.read(min(size, self._left))
        if not data:
            raise BadArchive("the archive ends in the middle of a file")
        self._left -= len(data)
        return data

    def _header(self) -> tarfile.TarInfo | None:
        block = self._exactly(BLOCK, may_end=True)
        if not block or block.count(0) == BLOCK:
            return None
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise BadArchive(f"what should be a tar archive is none: {error}") from error
        if header.size < 0:
            raise BadArchive("a file of the archive has a negative size")
        return header

    def _take_extension(self, header: tarfile.TarInfo, said: dict[str, str]) -> None:
        if header.size > MAX_EXTENSION_BYTES:
            raise BadArchive("the archive has an extension header that is too large")
        data = self._exactly(header.size)
        self._exactly(-header.size % BLOCK)
        if header.type == tarfile.XGLTYPE:
            return  # comments, such as git's commit
        try:
            if header.type in _LONG:
                said[_LONG[header.type]] = data.rstrip(b"\0").decode()
            else:
                said |= _pax_records(data)
        except ValueError as error:
            raise BadArchive(f"an extension header of the archive is wrong: {error}") from error

    def _begin(self, size: int) -> None:
        self._left, self._padding = size, -size % BLOCK

    def _end(self) -> None:
        if self._left:
            raise BadArchive("an entry of the archive has bytes that it shouldn't have")
        self._exactly(self._padding)

    def _exactly(self, size: int, *, may_end: bool = False) -> bytes:
        data = b""
        while len(data) < size:
            more = self._source.read(size - len(data))
            if not more:
                if may_end and not data:
                    return b""
                raise BadArchive("the archive ends too early")
            data += more
        return data


def _pax_records(data: bytes) -> dict[str, str]:
    """``length key=value\\n`` again and again; only what is understood. Raises ValueError."""
    records: dict[str, str] = {}
    position = 0
    while position < len(data):
        space = data.index(b" ", position, position + 8)
        end = position + _number(data[position:space].decode())
        if not space < end <= len(data) or data[end - 1 : end] != b"\n":
            raise ValueError("a record's length is wrong")
        key, separator, value = data[space + 1 : end - 1].partition(b"=")
        if not separator or key.startswith(b"GNU.sparse."):
            raise ValueError("sparse files are not taken" if separator else "a record has no value")
        if key in (b"path", b"linkpath", b"size"):
            records[key.decode()] = value.decode()
        position = end
    return records


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadArchive(f"{text[:40]!r} is no number")
    return int(text)

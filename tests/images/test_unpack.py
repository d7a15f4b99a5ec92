"""Archives from somebody who wants to write elsewhere, or everywhere: none leaves the folder."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from tests.images.entries import entry, file, hard_link, pax, symlink
from tests.images.tiny import FILES, tar
from vms.images.errors import BadArchive, NoSpace
from vms.images.unpack import Limits, Unpacker

LIMITS = Limits(max_size=1 << 20, max_files=100, keep_free=0)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """An empty folder to unpack into. Nothing may change beside it."""
    (tmp_path / "outside").write_text("untouched")
    folder = tmp_path / "pull" / "image"
    folder.mkdir(parents=True)
    yield folder
    assert (tmp_path / "outside").read_text() == "untouched"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "pull"]
    assert [path.name for path in (tmp_path / "pull").iterdir()] == ["image"]
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        assert path.is_symlink() or path.is_file() or path.is_dir()
        assert path.is_symlink() or not mode & 0o7022


def unpack(root: Path, *layers: bytes, limits: Limits = LIMITS) -> None:
    unpacker = Unpacker(root, limits, lambda: None)
    for layer in layers:
        unpacker.add(io.BytesIO(layer))
    unpacker.finish()


LEADING_OUT = {
    "dots": [file("../outside")],
    "dots inside": [file("a/../../../outside")],
    "dots at the end": [(entry("a/..", tarfile.DIRTYPE), b"")],
    "absolute": [file("/tmp/vmm-test-absolute")],
    "absolute folder": [(entry("/tmp/vmm-test-folder", tarfile.DIRTYPE), b"")],
    "absolute link": [symlink("a", "/etc/passwd")],
    "link out": [symlink("a", "../../outside")],
    "link out from below": [symlink("a/b", "../../outside")],
    "link out by way of a link": [
        (entry("deep/er", tarfile.DIRTYPE), b""),
        symlink("deep/er/s", "."),
        symlink("y", "deep/er/s/../../../outside"),
    ],
    "writing through a link": [symlink("a", "b"), file("a/outside")],
    "writing through a link that the archive replaces": [symlink("a", "."), file("a/../../outside")],
    "writing through an absolute link": [symlink("a", "/tmp"), file("a/vmm-test-through")],
    "a file where a link was, and the link again": [symlink("a", "b"), file("a"), symlink("a", "../x")],
    "hard link out": [hard_link("a", "../../outside")],
    "absolute hard link": [hard_link("a", "/etc/passwd")],
    "hard link to a link": [symlink("a", "b"), hard_link("c", "a")],
    "hard link through a link": [symlink("a", "."), hard_link("c", "a/b")],
    "hard link to nothing": [hard_link("c", "none")],
    "looping links": [symlink("a", "b"), symlink("b", "a")],
    "link and folder": [file("a/b"), symlink("a", "c")],
    "folder over a file": [file("a"), file("a/b")],
    "link over a long way": [
        (entry("/".join("d" * 12), tarfile.DIRTYPE), b""),
        symlink("a", "d/" * 12 + "../" * 14),
    ],
    "a file where a folder was": [file("a/b"), file("a")],
    "hard link to a folder": [(entry("d", tarfile.DIRTYPE), b""), hard_link("a", "d")],
    "hard link with dots": [file("d/a"), hard_link("b", "d/../../outside")],
    "link to nowhere named": [symlink("a", "")],
    "the root as a file": [file("./")],
    "the root as a link": [symlink(".", "b")],
    "whiteout through a link": [symlink("a", "b"), file("a/.wh.x", data=b"")],
    "whiteout of a whiteout": [file(".wh..wh.a", data=b"")],
    "pax path": [pax(file("a"), path="../outside")],
    "absolute pax path": [pax(file("a"), path="/tmp/vmm-test-absolute")],
    "pax path with a NUL": [pax(file("a"), path="a\0b")],
    "pax link path": [pax(symlink("a", "b"), linkpath="../outside")],
    "pax path of a hard link": [file("b"), pax(hard_link("a", "b"), linkpath="../outside")],
    "negative pax size": [pax(file("a"), size="-1")],
    "too long a name": [file("n" * 256)],
    "whiteout of dots": [file(".wh...", data=b""), file("x/.wh...", data=b"")],
    "whiteout of all": [file(".wh..wh..opq", data=b"")],
    "whiteout with bytes": [file(".wh.a", data=b"x")],
    "a name with a line's end": [file("a\nb")],
    "too deep": [file("/".join("a" * 40))],
}


@pytest.mark.parametrize("name", LEADING_OUT)
def test_what_leads_out_is_refused(root: Path, name: str) -> None:
    with pytest.raises(BadArchive):
        unpack(root, tar(FILES, *LEADING_OUT[name]))
    assert not any(
        Path("/tmp", left).exists() for left in ("vmm-test-absolute", "vmm-test-folder", "vmm-test-through")
    )


@pytest.mark.parametrize("name", ["writing through a link", "hard link through a link", "link and folder"])
def test_nor_is_it_over_two_layers(root: Path, name: str) -> None:
    first, *rest = LEADING_OUT[name]
    with pytest.raises(BadArchive):
        unpack(root, tar({}, first), tar({}, *rest))


@pytest.mark.parametrize(
    "kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE, b"V", b"M", b"Z"]
)
def test_devices_pipes_and_the_unknown_are_refused(root: Path, kind: bytes) -> None:
    with pytest.raises(BadArchive):
        unpack(root, tar({}, (entry("odd", kind), b"")))


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6777])
def test_set_uid_is_refused(root: Path, mode: int) -> None:
    with pytest.raises(BadArchive, match="set-uid"):
        unpack(root, tar({}, file("su", mode)))


def test_other_modes_are_made_harmless(root: Path) -> None:
    unpack(
        root, tar({}, file("a", 0o1777), file("b", 0o666), (entry("d", tarfile.DIRTYPE, mode=0o7777), b""))
    )
    assert [(root / name).stat().st_mode & 0o7777 for name in "abd"] == [0o755, 0o644, 0o755]


def test_a_zip_bomb_ends_at_the_limit(root: Path) -> None:
    bomb = gzip.compress(tar({"zeros": bytes(64 << 20)}))
    assert len(bomb) < 1 << 20
    with pytest.raises(BadArchive, match=r"larger than 1 MiB \(\[image\] max_size\)"):
        unpack(root, bomb)
    assert (root / "zeros").stat().st_size <= 1 << 20


@pytest.mark.parametrize("count", [101, 1_000_000])
def test_many_tiny_files_end_at_the_limit(root: Path, count: int) -> None:
    class Endless(io.RawIOBase):
        """So many empty files, made while they are read."""

        made = 0

        def seek(self, *_: int) -> int:
            self.made = 0
            return 0

        def read(self, size: int = -1) -> bytes:
            self.made += 1
            return entry(f"f{self.made}").tobuf() if self.made <= count else b""

    unpacker = Unpacker(root, LIMITS, lambda: None)
    with pytest.raises(BadArchive, match="more than 100 files"):
        unpacker.add(Endless())  # type: ignore[arg-type]
    assert len(list(root.iterdir())) <= 100


def test_folders_on_the_way_count_too(root: Path) -> None:
    with pytest.raises(BadArchive, match="more than 100 files"):
        unpack(root, tar({}, *(file(f"{n}/a/b/c") for n in range(40))))


def test_a_full_disk_is_told_before_it_is_full(root: Path) -> None:
    with pytest.raises(NoSpace, match="too little room"):
        unpack(root, tar(FILES), limits=Limits(1 << 20, 100, keep_free=1 << 60))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_plain_gzip_and_zstd_are_unpacked(root: Path, pack: type[bytes]) -> None:
    unpack(root, pack(tar(FILES)))
    assert {path.name: path.read_bytes() for path in root.iterdir()} == FILES


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_links_and_upper_layers_work(root: Path, form: int) -> None:
    long = f"{'d' * 150}/{'n' * 200}"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for added, data in (file(long), file("gone"), file("kept/old"), file("a")):
            added.size = len(data)
            archive.addfile(added, io.BytesIO(data))
        for link, _ in (symlink("kept/ümlaut", f"../{long}"), hard_link("same", "a")):
            archive.addfile(link)
    unpack(
        root,
        packed.getvalue(),
        tar({"a": b"new"}, file(".wh.gone", data=b""), file("kept/.wh.old", data=b"")),
    )
    assert (root / "kept" / "ümlaut").read_bytes() == (root / long).read_bytes() == b"x"
    assert ((root / "a").read_bytes(), (root / "same").read_bytes()) == (b"new", b"x")
    assert not (root / "gone").exists()
    assert not (root / "kept" / "old").exists()


def _extension(kind: bytes, data: bytes, size: int | None = None) -> bytes:
    header = entry("././@x", kind)
    header.size = len(data) if size is None else size
    return header.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


GARBAGE = {
    "no tar": b"<html>not found</html>" * 100,
    "cut gzip": gzip.compress(tar(FILES))[:-200],
    "spoilt gzip": (lambda data: data[:50] + bytes(20) + data[70:])(gzip.compress(tar(FILES))),
    "zstd with a huge window": b"\x28\xb5\x2f\xfd\x00\xf8" + bytes(100),
    "cut in a file": tar({"a": bytes(5000)})[:2000],
    "cut in a header": tar(FILES)[:100],
    "huge pax": _extension(tarfile.XHDTYPE, b"", 1 << 40),
    "huge long name": _extension(tarfile.GNUTYPE_LONGNAME, b"", 1 << 33),
    "extensions for ever": _extension(tarfile.XHDTYPE, b"9 path=a\n") * 1000,
    "digits for ever": _extension(tarfile.XHDTYPE, b"1" * 60000),
    "sparse pax": _extension(tarfile.XHDTYPE, b"22 GNU.sparse.major=1\n") + entry("a").tobuf(),
    "negative size": _extension(tarfile.REGTYPE, b"").replace(b"00000000000\0", b"\xff" * 12, 1),
    "long name out": _extension(tarfile.GNUTYPE_LONGNAME, b"../outside\0") + entry("a").tobuf(),
    "long name in the root": _extension(tarfile.GNUTYPE_LONGNAME, b"/tmp/vmm-test-long\0")
    + entry("a").tobuf(),
    "long link out": _extension(tarfile.GNUTYPE_LONGLINK, b"../outside\0")
    + entry("a", tarfile.SYMTYPE, "b").tobuf(),
    "long name that is no text": _extension(tarfile.GNUTYPE_LONGNAME, b"\xff\xfe\0") + entry("a").tobuf(),
    "name that is no text": entry("a").tobuf().replace(b"a", b"\xff", 1),
    "header with a wrong checksum": (lambda data: b"b" + data[1:])(entry("a").tobuf()),
    "a file that goes on beyond the end": tar({"a": b"x" * 600})[:1024],
    "pax size beyond": _extension(tarfile.XHDTYPE, b"28 size=99999999999999999\n"[:26]) + entry("a").tobuf(),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_no_archive(root: Path, name: str) -> None:
    with pytest.raises(BadArchive):
        unpack(root, GARBAGE[name])


def test_a_long_chain_of_links_is_not_followed_to_its_end(root: Path) -> None:
    chain = [symlink(f"l{number}", f"l{number + 1}") for number in range(2000)]
    with pytest.raises(BadArchive, match="leads out"):
        unpack(root, tar(FILES, *chain), limits=Limits(1 << 20, 5000, keep_free=0))


def test_what_comes_after_the_end_is_not_unpacked(root: Path) -> None:
    unpack(root, tar(FILES) + tar({"late": b"x", "../outside": b"x"}) + b"and garbage")
    assert {path.name for path in root.iterdir()} == set(FILES)


def test_of_one_name_twice_the_later_holds_whatever_the_earlier_was(root: Path) -> None:
    unpack(root, tar({}, symlink("a", "b"), file("a", data=b"1"), hard_link("h", "a"), file("a", data=b"2")))
    assert not (root / "a").is_symlink()
    assert ((root / "a").read_bytes(), (root / "h").read_bytes()) == (b"2", b"1")


def test_names_that_differ_in_case_or_composition_only_are_two(root: Path) -> None:
    names = {"Metadata.json", "metadata.json", "\u00fc", "u\u0308"}
    unpack(root, tar({name: name.encode() for name in names}, symlink("LINK", "metadata.json")))
    assert {path.name: path.read_text() for path in root.iterdir() if not path.is_symlink()} == {
        name: name for name in names
    }
    assert (root / "LINK").read_text() == "metadata.json"


def test_random_damage_never_does_worse_than_being_refused(root: Path) -> None:
    import random

    chosen = random.Random(7)
    good = tar(FILES, file("d/e"), symlink("l", "d/e"), hard_link("h", "d/e"))
    for _ in range(300):
        damaged = bytearray(good)
        for _ in range(chosen.randint(1, 6)):
            damaged[chosen.randrange(len(damaged))] = chosen.randrange(256)
        try:
            unpack(root, bytes(damaged))
        except BadArchive:
            continue
        finally:
            for path in root.iterdir():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

"""The image folder: whatever is in it, a scan says what is usable and what is wrong with the rest."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from vms.images import store
from vms.images.store import BrokenImage, StoredImage, read_image, scan

NAME = "dstack-0.5.3"


def make(images: Path, name: str = NAME, raw: bytes | None = None, **changed: Any) -> Path:
    """An image folder; ``None`` takes a key away."""
    folder = images / name
    folder.mkdir(parents=True)
    metadata = {"kernel": "k", "initrd": "i", "cmdline": "console=ttyS0"} | changed
    kept = {key: value for key, value in metadata.items() if value is not None}
    (folder / "metadata.json").write_bytes(json.dumps(kept).encode() if raw is None else raw)
    (folder / "k").write_bytes(b"kernel")
    (folder / "i").write_bytes(b"initrd!")
    return folder


def problem(images: Path) -> str:
    """What is wrong with the only image there."""
    [found] = scan(images)
    assert found.image is None
    return found.problem


def usable(images: Path) -> StoredImage:
    [found] = scan(images)
    assert found.image is not None, found.problem
    return found.image


def test_a_sound_image(tmp_path: Path) -> None:
    folder = make(tmp_path, version="0.5.4", is_dev=True, shared_ro=True, description="a demo")
    image = usable(tmp_path)
    assert (image.version, image.is_dev, image.shared_ro, image.description) == (
        "0.5.4",
        True,
        True,
        "a demo",
    )
    assert (image.kernel, image.initrd, image.size) == (folder / "k", folder / "i", 13)


@pytest.mark.parametrize(
    "name, version",
    [("dstack-0.5.3", "0.5.3"), ("dstack-dev-0.6.0", "0.6.0"), ("dstack-0.5.3-rc1", "0.5.3-rc1")],
)
def test_the_version_is_in_the_name_where_the_metadata_has_none(
    tmp_path: Path, name: str, version: str
) -> None:
    make(tmp_path, name)
    assert usable(tmp_path).version == version


def test_without_a_description_the_metadata_is_it(tmp_path: Path) -> None:
    make(tmp_path)
    assert json.loads(usable(tmp_path).description)["cmdline"] == "console=ttyS0"


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"kernel": None}, "no kernel or no initrd"),
        ({"initrd": ""}, "no kernel or no initrd"),
        ({"kernel": "missing"}, "kernel: there is no file 'missing'"),
        ({"kernel": "."}, "kernel: there is no file"),
        ({"kernel": "../../etc/passwd"}, "leads out of the image's folder"),
        ({"kernel": "/etc/passwd"}, "leads out of the image's folder"),
        ({"kernel": 7}, "kernel in metadata.json must be text"),
        ({"kernel": "k\0"}, "kernel in metadata.json must be text"),
        ({"kernel": "x" * 300}, "can't be read: File name too long"),
        ({"cmdline": ["a"]}, "cmdline in metadata.json must be text"),
        ({"description": "\ud800"}, "description in metadata.json must be text"),
        ({"cmdline": "\udfff"}, "cmdline in metadata.json must be text"),
        ({"rootfs": "k"}, "rootfs must be a .verity file"),
        ({"version": "0.4.9"}, "too old"),
        ({"version": "new"}, "no version"),
        ({"version": "0." + "9" * 5000 + ".1"}, "version"),
        ({"version": "0.5.3" + "x" * 100}, "version"),
        ({"bios-sev": "../../etc/passwd"}, "bios-sev: '../../etc/passwd' leads out of the image's folder"),
        ({"bios-sev": "missing"}, "bios-sev: there is no file 'missing'"),
        ({"rootfs_hash": 7}, "rootfs_hash in metadata.json must be text"),
        ({"ovmf_variant": "202505"}, "ovmf_variant in metadata.json must be pre202505, not '202505'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_said(tmp_path: Path, changed: dict[str, Any], says: str) -> None:
    make(tmp_path, **changed)
    assert says in problem(tmp_path)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000],
    ids=lambda r: repr(r[:9]),
)
def test_metadata_that_is_none_is_said(tmp_path: Path, raw: bytes) -> None:
    make(tmp_path, raw=raw)
    assert "metadata.json" in problem(tmp_path)


def test_huge_metadata_is_not_read(tmp_path: Path) -> None:
    make(tmp_path, raw=b" " * (store.MAX_METADATA_BYTES + 1))
    assert "larger than 1 MiB" in problem(tmp_path)


def test_metadata_that_is_no_plain_file_holds_nothing_up(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "metadata.json").unlink()
    os.mkfifo(folder / "metadata.json")
    assert "metadata.json" in problem(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "images")
    (tmp_path / "secret").write_text("x")
    (folder / "k").unlink()
    (folder / "k").symlink_to(tmp_path / "secret")
    assert "leads out" in problem(tmp_path / "images")


def test_the_digest_must_be_that_of_the_checksums(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "sha256sum.txt").write_bytes(b"sums")
    digest = hashlib.sha256(b"sums").hexdigest()
    (folder / "digest.txt").write_text(digest + "\n")
    assert usable(tmp_path).digest == digest
    (folder / "sha256sum.txt").write_bytes(b"other sums")
    assert "digest.txt is not" in problem(tmp_path)


def test_what_is_no_image_does_not_count(tmp_path: Path) -> None:
    make(tmp_path, ".being-written")
    make(tmp_path, "a name with spaces")
    (tmp_path / "a-file").touch()
    assert scan(tmp_path) == []
    assert scan(tmp_path / "missing") == []


def test_an_image_that_vanishes_while_it_is_read_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "dstack-0.5.3")
    make(tmp_path, "dstack-0.5.4")
    digest = store._digest

    def vanishing(folder: Path, checksums: bytes | None) -> str:
        if folder.name == "dstack-0.5.3":
            (folder / "k").unlink()
        return digest(folder, checksums)

    monkeypatch.setattr(store, "_digest", vanishing)
    first, second = scan(tmp_path)
    assert (first.image, second.problem) == (None, "")


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../x", "a..b", "x" * 65, "a\n"])
def test_a_name_that_is_no_folder_s_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BrokenImage):
        read_image(tmp_path, name)

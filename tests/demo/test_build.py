"""The builder: whole images or none, one at a time, and clear words when packages cannot be had."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.demo_image import demo_image_dir
from vms.images.demo import DemoImageError, build, build_demo_image, packages


def fill_with_little(folder: Path, *_: object) -> None:
    """What the builder writes last, without the dear part."""
    (folder / "metadata.json").write_text(json.dumps({"builder": build.builder_version()}))


def built(images: Path, progress: list[str] | None = None, *, force: bool = False) -> Path:
    said = progress if progress is not None else []
    return build_demo_image(images, cache_dir=images / "cache", progress=said.append, force=force)


def test_an_image_that_is_there_is_given_back_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_fill", fill_with_little)
    image = built(tmp_path)
    assert image == tmp_path / "dstack-demo-0.5.0"
    monkeypatch.setattr(build, "_fill", None)
    said: list[str] = []
    before = time.perf_counter()
    assert built(tmp_path, said) == image
    assert time.perf_counter() - before < 0.05
    assert said == []


def test_an_image_of_another_builder_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_fill", fill_with_little)
    old = tmp_path / build.IMAGE_NAME
    old.mkdir()
    (old / "metadata.json").write_text('{"builder": "of yesterday"}')
    (old / "left over").touch()
    assert sorted(path.name for path in built(tmp_path).iterdir()) == ["metadata.json"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, DemoImageError("no packages")])
def test_an_interrupted_build_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: BaseException | type[BaseException]
) -> None:
    monkeypatch.setattr(build, "_fill", fill_with_little)
    built(tmp_path)
    before = (tmp_path / build.IMAGE_NAME).stat().st_ino

    def interrupted(folder: Path, *_: object) -> None:
        (folder / "metadata.json").write_text("half")
        raise interruption

    monkeypatch.setattr(build, "_fill", interrupted)
    with pytest.raises((KeyboardInterrupt, DemoImageError)):
        built(tmp_path, force=True)
    assert (tmp_path / build.IMAGE_NAME).stat().st_ino == before
    assert not (tmp_path / f".{build.IMAGE_NAME}.building").exists()


def test_what_a_killed_build_left_is_swept_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = tmp_path / f".{build.IMAGE_NAME}.building"
    half.mkdir()
    (half / "vmlinux").write_text("half")
    monkeypatch.setattr(build, "_fill", fill_with_little)
    assert sorted(path.name for path in built(tmp_path).iterdir()) == ["metadata.json"]
    assert not half.exists()


def test_of_two_builders_one_builds_and_one_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    fills: list[Path] = []

    def slow(folder: Path, *_: object) -> None:
        fills.append(folder)
        begun.set()
        assert go_on.wait(10)
        fill_with_little(folder)

    monkeypatch.setattr(build, "_fill", slow)
    builders = [threading.Thread(target=built, args=(tmp_path,)) for _ in range(2)]
    for builder in builders:
        builder.start()
    assert begun.wait(10)
    go_on.set()
    for builder in builders:
        builder.join(10)
    assert len(fills) == 1


@pytest.mark.parametrize(
    "os_release,reason",
    [
        ("", "This is unknown"),
        ('ID=fedora\nVERSION_ID="40"\n', "This is fedora 40.*Debian 12 .*container"),
        ('ID=debian\nVERSION_ID="13"\n', "This is debian 13.*Debian 12 .*container"),
    ],
)
def test_another_system_is_told_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, os_release: str, reason: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    (tmp_path / "os-release").write_text(os_release)
    with pytest.raises(DemoImageError, match=reason):
        packages.require_debian(tmp_path / "os-release")


def test_a_system_without_apt_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(DemoImageError, match=r"apt-get and dpkg-deb are not here.*Debian 12"):
        packages.require_debian()


def test_empty_package_lists_say_apt_get_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def apt_with_empty_lists(command: list[str], *_: object) -> str:
        raise subprocess.CalledProcessError(100, command, "", "E: No packages found\n")

    monkeypatch.setattr(packages, "_run", apt_with_empty_lists)
    with pytest.raises(DemoImageError, match=r"E: No packages found.*run `apt-get update` as root"):
        packages.fetch(["busybox-static"], tmp_path, print)


def test_only_missing_or_damaged_packages_are_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"good": b"package", "damaged": b"package"}
    for name in content:
        (tmp_path / f"{name}_1_amd64.deb").write_bytes(b"package" if name == "good" else b"garbage")
    asked: list[str] = []

    def apt(command: list[str], cwd: Path | None = None) -> str:
        digest = hashlib.sha256(b"package").hexdigest()
        if "--print-uris" in command:
            return "".join(f"'scheme://place/{n}' {n}_1_amd64.deb 7 SHA256:{digest}\n" for n in content)
        assert cwd is not None
        for name in command[3:]:
            asked.append(name)
            (cwd / f"{name}_1_amd64.deb").write_bytes(content[name])
        return ""

    monkeypatch.setattr(packages, "_run", apt)
    files = packages.fetch(["good", "damaged"], tmp_path, lambda _: None)
    assert [file.read_bytes() for file in files] == [b"package", b"package"]
    assert asked == ["damaged"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged_1_amd64.deb", "good_1_amd64.deb"]


@pytest.mark.real
def test_the_real_image_is_described_and_its_sums_are_right() -> None:
    image = demo_image_dir()
    metadata = json.loads((image / "metadata.json").read_text())
    assert (metadata["version"], metadata["is_dev"], metadata["shared_ro"]) == ("0.5.0", False, True)
    assert metadata["guest_agent"] == "qemu"
    for key in ("kernel", "initrd", "pvh_kernel"):
        assert (image / metadata[key]).is_file()
    sums = (image / "sha256sum.txt").read_bytes()
    assert (image / "digest.txt").read_text().strip() == hashlib.sha256(sums).hexdigest()
    lines = [line.split("  ") for line in sums.decode().splitlines()]
    listed = {name: digest for digest, name in lines}
    assert set(listed) == {"metadata.json", metadata["kernel"], metadata["initrd"], metadata["pvh_kernel"]}
    for name, digest in listed.items():
        assert hashlib.sha256((image / name).read_bytes()).hexdigest() == digest


@pytest.mark.real
def test_it_runs_without_django() -> None:
    images = demo_image_dir().parent
    command = [sys.executable, "-m", "vms.images.demo", str(images)]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert answer.stdout == f"{images / build.IMAGE_NAME}\n"


def test_everybody_may_read_it_for_qemu_may_run_as_another_user() -> None:
    image = demo_image_dir()
    assert image.stat().st_mode & 0o777 == 0o755
    assert {path.name: path.stat().st_mode & 0o777 for path in image.iterdir()} == {
        path.name: 0o644 for path in image.iterdir()
    }

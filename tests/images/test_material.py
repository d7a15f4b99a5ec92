"""What an image brings to its own measurement, and what it can be launched on because of that."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.images.test_store import make, problem, usable
from vms.images.material import MAX_BYTES, Material
from vms.images.store import Support

TDX = "measurement.tdx.cbor"
SNP = "measurement.snp.cbor"
GCP = "measurement.gcp.cbor"
AWS = "measurement.aws.cbor"
EVENT_LOG = "measurement.gcp.eventlog.bin"
REPLAY = "measurement.aws.replay.json"
ALL = {TDX: b"tdx", SNP: b"snp", GCP: b"gcp", EVENT_LOG: b"log", AWS: b"aws", REPLAY: b'{"version": 1}'}


def vouch(folder: Path, *names: str, digest: bool = True) -> bytes:
    """Write sha256sum.txt (and digest.txt) over these files; returns sha256sum.txt."""
    sums = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    ).encode()
    (folder / "sha256sum.txt").write_bytes(sums)
    if digest:
        (folder / "digest.txt").write_text(hashlib.sha256(sums).hexdigest())
    return sums


def with_files(images: Path, files: dict[str, bytes], **metadata: Any) -> Path:
    folder = make(images, **metadata)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def with_firmware(images: Path, *measured: str, **bios: str) -> Path:
    """An image with these measurements, all vouched for, and these kinds of firmware."""
    folder = with_files(images, {name: ALL[name] for name in measured} | dict.fromkeys(bios.values(), b"fw"))
    metadata = json.loads((folder / "metadata.json").read_bytes()) | {
        key.replace("_", "-"): name for key, name in bios.items()
    }
    (folder / "metadata.json").write_text(json.dumps(metadata))
    vouch(folder, "k", *measured)
    return folder


def test_all_of_it_is_read(tmp_path: Path) -> None:
    folder = with_files(tmp_path, ALL, rootfs_hash="ab" * 32, ovmf_variant="pre202505")
    sums = vouch(folder, *ALL)
    image = usable(tmp_path)
    assert image.material == Material(
        checksum_file=sums,
        tdx=b"tdx",
        snp=b"snp",
        gcp=b"gcp",
        gcp_event_log=b"log",
        aws=b"aws",
        aws_replay=b'{"version": 1}',
    )
    assert (image.rootfs_hash, image.ovmf_variant) == ("ab" * 32, "pre202505")
    assert image.digest == hashlib.sha256(sums).hexdigest()


def test_an_image_may_bring_nothing(tmp_path: Path) -> None:
    make(tmp_path)
    image = usable(tmp_path)
    assert (image.material, image.supports) == (Material(), ())
    assert (image.rootfs_hash, image.ovmf_variant, image.bios_sev) == ("", "", None)


@pytest.mark.parametrize("name", [EVENT_LOG, REPLAY])
def test_what_only_simulators_replay_needs_no_voucher(tmp_path: Path, name: str) -> None:
    folder = with_files(tmp_path, {name: ALL[name]})
    vouch(folder, "k")
    material = usable(tmp_path).material
    assert ALL[name] in (material.gcp_event_log, material.aws_replay)


@pytest.mark.parametrize("name", ALL)
def test_another_measurement_than_the_one_vouched_for_is_refused(tmp_path: Path, name: str) -> None:
    folder = with_files(tmp_path, {name: ALL[name]})
    vouch(folder, name)
    (folder / name).write_bytes(b'{"forged": 1}')
    assert problem(tmp_path) == f"{name} is not what sha256sum.txt says"


@pytest.mark.parametrize("name", [TDX, SNP, GCP, AWS])
def test_a_measurement_that_nobody_vouches_for_is_refused(tmp_path: Path, name: str) -> None:
    folder = with_files(tmp_path, {name: ALL[name]})
    vouch(folder, "k")
    assert problem(tmp_path) == f"sha256sum.txt doesn't name {name}, so that nobody would believe it"


def test_a_measurement_vouched_for_twice_is_refused_as_verifiers_do(tmp_path: Path) -> None:
    folder = with_files(tmp_path, {TDX: b"tdx"})
    vouch(folder, TDX, TDX)
    assert problem(tmp_path) == f"{TDX} is not what sha256sum.txt says"


@pytest.mark.parametrize("name", [*ALL, "sha256sum.txt", "digest.txt"])
def test_none_of_it_may_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = make(tmp_path / "images")
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "sha256sum.txt").write_bytes(b"")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(tmp_path / "secret")
    assert problem(tmp_path / "images") == f"{name} leads out of the image's folder"


@pytest.mark.parametrize("name", [TDX, "sha256sum.txt", "digest.txt"])
def test_none_of_it_may_be_huge(tmp_path: Path, name: str) -> None:
    folder = make(tmp_path)
    (folder / "sha256sum.txt").write_bytes(b"")
    with (folder / name).open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert problem(tmp_path) == f"{name} is larger than 1 MiB"


@pytest.mark.parametrize("name", [TDX, "digest.txt"])
def test_none_of_it_holds_the_scan_up(tmp_path: Path, name: str) -> None:
    os.mkfifo(make(tmp_path) / name)
    assert problem(tmp_path) == f"{name} is no regular file"


@pytest.mark.parametrize(
    "data, says",
    [
        (b"{", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "must hold a JSON object"),
    ],
    ids=lambda value: repr(value)[:9],
)
def test_a_replay_that_is_none_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    with_files(tmp_path, {REPLAY: data})
    assert f"{REPLAY} {says}" in problem(tmp_path)


@pytest.mark.parametrize(
    "measured, bios, supports",
    [
        ((), {}, ()),
        ((TDX, SNP), {}, ()),
        ((), {"bios": "b"}, (Support.TDX,)),
        ((TDX,), {"bios": "b"}, (Support.TDX, Support.TDX_LITE)),
        ((SNP,), {"bios": "b"}, (Support.TDX, Support.AMD_SEV_SNP)),
        ((SNP,), {"bios_sev": "s"}, (Support.AMD_SEV_SNP,)),
        ((TDX, SNP), {"bios": "b", "bios_sev": "s"}, (Support.TDX, Support.TDX_LITE, Support.AMD_SEV_SNP)),
    ],
)
def test_firmware_and_measurements_say_what_it_can_be_launched_on(
    tmp_path: Path, measured: tuple[str, ...], bios: dict[str, str], supports: tuple[Support, ...]
) -> None:
    folder = with_firmware(tmp_path, *measured, **bios)
    image = usable(tmp_path)
    assert image.supports == supports
    assert image.bios_sev == (folder / "s" if "bios_sev" in bios else None)
    assert image.size == 13 + 2 * len(bios)


def test_without_a_digest_only_the_whole_image_can_be_verified(tmp_path: Path) -> None:
    folder = with_firmware(tmp_path, TDX, SNP, bios="b", bios_sev="s")
    (folder / "digest.txt").unlink()
    assert usable(tmp_path).supports == (Support.TDX,)
    assert usable(tmp_path).material.tdx == b"tdx"

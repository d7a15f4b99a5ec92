"""The data disk with the real qemu-img: made whole, grown, never shrunk, never probed."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.hypervisor import machines
from vms.hypervisor.disk import GIB, ensure_data_disk, virtual_size
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import HostSettings

pytestmark = [pytest.mark.real, machines.needs_qemu]


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    path = tmp_path / "run" / "vm-1"
    path.mkdir(parents=True)
    return RunDir(path)


@pytest.fixture
def host() -> HostSettings:
    return machines.host_settings()


async def test_a_disk_is_made_whole_or_not_at_all(
    run_dir: RunDir, host: HostSettings, tmp_path: Path
) -> None:
    (run_dir.path / "hda.img.new").write_bytes(b"what a killed server left")
    await ensure_data_disk(run_dir, 2, machines.image(tmp_path), host)
    assert virtual_size(run_dir.data_disk) == 2 * GIB
    assert [path.name for path in run_dir.path.iterdir()] == ["hda.img"]
    assert run_dir.data_disk.stat().st_mode & 0o777 == 0o600


async def test_a_disk_grows_and_never_shrinks(run_dir: RunDir, host: HostSettings, tmp_path: Path) -> None:
    sizes = []
    for disk_gb in (1, 3, 2):
        await ensure_data_disk(run_dir, disk_gb, machines.image(tmp_path), host)
        sizes.append(virtual_size(run_dir.data_disk))
    assert sizes == [1 * GIB, 3 * GIB, 3 * GIB]


async def test_a_disk_of_the_right_size_needs_no_qemu_img(
    run_dir: RunDir, host: HostSettings, tmp_path: Path
) -> None:
    await ensure_data_disk(run_dir, 1, machines.image(tmp_path), host)
    broken = replace(host, qemu_img_path=tmp_path / "missing")
    await ensure_data_disk(run_dir, 1, machines.image(tmp_path), broken)
    with pytest.raises(LaunchRefused, match="missing"):
        await ensure_data_disk(run_dir, 2, machines.image(tmp_path), broken)


@pytest.mark.parametrize("kind", ["raw", "qcow2"])
async def test_a_disk_over_the_image_s_own_says_what_it_is(
    run_dir: RunDir, host: HostSettings, tmp_path: Path, kind: str
) -> None:
    hda = tmp_path / "image,with comma.img"
    subprocess.run([host.qemu_img_path, "create", "-q", "-f", kind, hda, "1M"], check=True)
    await ensure_data_disk(run_dir, 1, replace(machines.image(tmp_path), hda=hda), host)
    told = subprocess.run(
        [host.qemu_img_path, "info", "--output=json", run_dir.data_disk], check=True, capture_output=True
    )
    info = orjson.loads(told.stdout)
    assert (info["backing-filename"], info["backing-filename-format"]) == (str(hda), kind)
    assert info["virtual-size"] == GIB


async def test_a_file_that_is_no_qcow2_is_refused_and_left_alone(
    run_dir: RunDir, host: HostSettings, tmp_path: Path
) -> None:
    run_dir.data_disk.write_bytes(b"somebody's data")
    with pytest.raises(LaunchRefused, match=r"hda\.img is no qcow2 disk"):
        await ensure_data_disk(run_dir, 1, machines.image(tmp_path), host)
    assert run_dir.data_disk.read_bytes() == b"somebody's data"


async def test_what_qemu_img_says_is_told(run_dir: RunDir, host: HostSettings, tmp_path: Path) -> None:
    spec = replace(machines.image(tmp_path), hda=tmp_path)
    with pytest.raises(LaunchRefused, match="the data disk: "):
        await ensure_data_disk(run_dir, 1, spec, host)


async def test_a_size_that_is_none_is_refused(run_dir: RunDir, host: HostSettings, tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused, match="the disk's size"):
        await ensure_data_disk(run_dir, 0, machines.image(tmp_path), host)

"""What the tests of the demo image share."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.demo.test_cpio import entries
from tests.demo_image import demo_image_dir
from vms.images.demo import lz4_legacy


@pytest.fixture(scope="session")
def image() -> Path:
    """The demo image, built by the first test that needs it."""
    return demo_image_dir()


@pytest.fixture(scope="session")
def busybox(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guest's busybox, taken out of its initrd."""
    archive = lz4_legacy.decompress((image / "initramfs.cpio.lz4").read_bytes())
    (content,) = [entry.content for entry in entries(archive) if entry.path == "bin/busybox"]
    program = tmp_path_factory.mktemp("busybox") / "busybox"
    program.write_bytes(content)
    program.chmod(0o755)
    return program


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A VM's directory: a share with an app of an awkward name, and an empty data disk of 1 GB."""
    (tmp_path / "shared").mkdir()
    compose = {
        "manifest_version": 2,
        "name": 'A "nice" <b>app</b> & \\ Käse 🧀',
        "runner": "docker-compose",
        "docker_compose_file": 'services:\n  "name": {image: x}\n',
    }
    (tmp_path / "shared" / "app-compose.json").write_text(json.dumps(compose))
    disk = ["qemu-img", "create", "-q", "-f", "qcow2", str(tmp_path / "hda.img"), "1G"]
    subprocess.run(disk, check=True)
    return tmp_path

"""What the tests of the demo image share."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.demo_image import demo_image_dir


@pytest.fixture(scope="session")
def image() -> Path:
    """The demo image, built by the first test that needs it."""
    return demo_image_dir()


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

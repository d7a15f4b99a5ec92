"""deploy/systemd as systemd reads it, and what must be true of it whatever else changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.server import ROOT

UNIT = ROOT / "deploy/systemd/dstack-vmm.service"
INSTALLED = "/opt/dstack-vmm"


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with this repository in the place of the installed one."""
    text = UNIT.read_text().replace(f"{INSTALLED}/.venv/bin/python", sys.executable)
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(INSTALLED, str(ROOT)))
    return copy


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )


def test_systemd_finds_nothing_wrong(unit: Path) -> None:
    done = analyze("verify", "--man=no", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_wrong_would_be_found(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("KillMode=process", "KillMode=proces"))
    assert "kill mode" in analyze("verify", "--man=no", unit).stderr


def test_it_is_hardened(unit: Path) -> None:
    """``--threshold`` is ten times the exposure: 2.5 as it is, 9.6 without any hardening."""
    assert analyze("security", "--offline=true", "--threshold=30", unit).returncode == 0
    unit.write_text(
        unit.read_text().replace("CapabilityBoundingSet=\n", "").replace("NoNewPrivileges=yes", "")
    )
    assert analyze("security", "--offline=true", "--threshold=30", unit).returncode != 0


def test_guests_outlive_the_server() -> None:
    said = set(UNIT.read_text().splitlines())
    assert said >= {
        "KillMode=process",
        "OOMPolicy=continue",
        "TasksMax=infinity",
        "RuntimeDirectoryPreserve=yes",
    }
    assert not {
        line for line in said if line.startswith(("MemoryMax", "RuntimeMaxSec", "PrivateDevices=yes"))
    }

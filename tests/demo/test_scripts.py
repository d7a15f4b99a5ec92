"""The guest's shell scripts: what a linter says of them, and how they name disks, run by its own busybox."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from vms.images.demo.initrd import GUEST_DIR

SHARED_VARIABLES = "SC2034,SC2154"
"""Set in one file and used in another that sources it, or set by udhcpc: a linter sees one file at a time."""

PATHS_OF_THE_GUEST = "SC1091"

PROGRAMS_IN_QUOTES = "SC2016"
"""Awk's dollars are meant to reach awk."""


def scripts() -> list[Path]:
    found = [path for path in sorted(GUEST_DIR.rglob("*")) if path.is_file()]
    return [path for path in found if path.suffix == ".sh" or path.read_bytes().startswith(b"#!/bin/sh")]


def test_a_linter_finds_nothing_in_the_scripts() -> None:
    left_out = f"--exclude={SHARED_VARIABLES},{PATHS_OF_THE_GUEST},{PROGRAMS_IN_QUOTES}"
    command = ["shellcheck", "--shell=dash", left_out, *map(str, scripts())]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.stdout == ""
    assert len(scripts()) > 15


def label(busybox: Path, device: Path) -> bytes:
    script = GUEST_DIR / "usr/lib/demo/volume-label"
    return subprocess.run([busybox, "sh", script, device], capture_output=True, check=True).stdout


def empty(disk: Path, size: int = 64 << 20) -> Path:
    with disk.open("wb") as file:
        file.truncate(size)
    return disk


@pytest.mark.real
@pytest.mark.parametrize("name", ["DSTACKSHR", "ELEVEN CHAR", "A"])
@pytest.mark.parametrize("format_command", ["mkdosfs -n", "mke2fs -F -L"])
def test_a_volume_is_named_by_its_file_systems_label(
    busybox: Path, tmp_path: Path, format_command: str, name: str
) -> None:
    disk = empty(tmp_path / "disk")
    subprocess.run([busybox, *format_command.split(), name, disk], capture_output=True, check=True)
    assert label(busybox, disk) == name.encode() + b"\n"


@pytest.mark.real
def test_what_has_no_label_has_an_empty_one(busybox: Path, tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"a few bytes")
    (tmp_path / "random").write_bytes(os.urandom(1024) + bytes(1024))
    for path in (empty(tmp_path / "empty"), tmp_path / "short", tmp_path / "random", tmp_path / "absent"):
        assert label(busybox, path) == b"\n", path


@pytest.mark.real
def test_a_hostile_label_stays_one_line_of_printable_text(busybox: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    sector = bytearray(2048)
    sector[82:87] = b"FAT32"
    sector[71:82] = b'a"\\\n\r\0\x1b\xff`$z'
    disk.write_bytes(sector)
    assert label(busybox, disk) == b'a"\\`$z\n'

"""The guest of 512 bytes: it is its source, it runs, and what can't run it is told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.preflight.machine import REAL_QEMU
from vms.preflight import tiny_guest
from vms.preflight.checks.acceleration import TCG_OPTIONS
from vms.preflight.tiny_guest import hindrance

QEMU = Path(REAL_QEMU)
SOURCE = Path(tiny_guest.__file__).with_suffix(".S")


@pytest.mark.skipif(not (shutil.which("as") and shutil.which("ld")), reason="needs the assembler (binutils)")
def test_the_bytes_are_those_of_the_source(tmp_path: Path) -> None:
    built, binary = tmp_path / "guest.o", tmp_path / "guest.bin"
    subprocess.run(["as", "--64", SOURCE, "-o", built], check=True)
    link = ["ld", "-m", "elf_x86_64", "-e", "0xfffffff0", "-Ttext=0xfffffe00", "--oformat", "binary"]
    subprocess.run([*link, "-o", binary, built], check=True)
    assert binary.read_bytes() == tiny_guest.code()


@pytest.mark.real
def test_it_boots_and_calculates() -> None:
    assert hindrance(QEMU, *TCG_OPTIONS, limit_s=30) == ""


@pytest.mark.real
def test_a_cpu_that_can_t_run_it_is_told() -> None:
    said = hindrance(QEMU, "-accel", "tcg", "-cpu", "pentium3", limit_s=30)
    assert said == "a guest of 512 bytes crashes (QEMU's status is 0)"


@pytest.mark.real
def test_a_guest_that_hangs_is_killed() -> None:
    assert hindrance(QEMU, *TCG_OPTIONS, "-S", limit_s=0.5) == (
        "a guest of 512 bytes does not get to its end within 0.5 s"
    )


@pytest.mark.real
def test_qemu_s_own_words_are_passed_on() -> None:
    said = hindrance(QEMU, "-accel", "tcg", "-cpu", "no-such-cpu", limit_s=30)
    assert said.startswith("QEMU ends before the guest runs: ")
    assert "no-such-cpu" in said


def test_a_qemu_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "qemu"
    assert hindrance(missing) == f"{missing} does not run (No such file or directory)"

"""``manage.py doctor``, as an operator calls it: on this machine, as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import a_free_port
from vmm_site.data_lock import DataDirLock, is_taken
from vms.preflight.catalogue import CHECKS

ROOT = Path(__file__).parents[2]
QUIET_SETTINGS = 'kms_url = ""\n[key_provider]\nenabled = false\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder in which nothing is to be written."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def doctor(home: Path, *words: str, **environ: str) -> tuple[int, str, str]:
    """Status, output and errors; nothing may be written to the user's home."""
    told = subprocess.run(
        [sys.executable, "manage.py", "doctor", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "VMM_PORT": str(a_free_port()), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert list(home.iterdir()) == []
    return told.returncode, told.stdout, told.stderr


def settings(tmp_path: Path, more: str = "") -> str:
    file = tmp_path / "vmm.toml"
    file.write_text(QUIET_SETTINGS + more)
    return str(file)


@pytest.mark.real
def test_it_looks_at_everything_before_the_first_start(home: Path) -> None:
    status, said, errors = doctor(home)
    assert (status, errors) == (0, "")
    assert [check.id for check in CHECKS if f" {check.id} " not in said] == []
    assert "\x1b" not in said
    assert "  This host can run          the server, plain VMs (" in said
    assert said.splitlines()[-1].startswith("  0 problems, ")


@pytest.mark.real
def test_programs_read_json(home: Path) -> None:
    status, said, errors = doctor(home, "--json")
    told = json.loads(said)
    assert (status, errors, told["exit_code"]) == (0, "", 0)
    assert [one["id"] for one in told["findings"]] == [check.id for check in CHECKS]
    assert set(told) == {"exit_code", "can", "cannot", "accelerator", "findings"}
    assert set(told["findings"][0]) == {
        "id",
        "group",
        "title",
        "level",
        "found",
        "remedy",
        "affects",
        "prevents",
        "skipped",
    }
    assert "plain VMs" in told["can"]
    assert told["accelerator"] in ("KVM", "TCG, slow")


def test_some_checks_alone(home: Path) -> None:
    status, said, _ = doctor(home, "--only", "server.files", "program")
    assert status == 0
    assert " program.swtpm " in said
    assert " server.files " in said
    assert "qemu" not in said
    assert "This host can run" not in said


def test_an_unknown_check_is_refused_with_those_that_there_are(home: Path) -> None:
    status, said, errors = doctor(home, "--only", "qemu.age")
    assert (status, said) == (1, "")
    assert errors.startswith("CommandError: --only qemu.age: no such check (allowed: qemu.program, ")


def test_quiet_leaves_out_what_is_well(home: Path, tmp_path: Path) -> None:
    status, said, _ = doctor(home, "--quiet", "--only", "service", "--config", settings(tmp_path))
    assert status == 0
    assert said == "Verdict\n  0 problems, 0 warnings.\n"


def test_a_problem_is_status_1_and_names_the_way_out(home: Path, tmp_path: Path) -> None:
    file = settings(tmp_path, '[cvm.networking]\nmode = "bridge"\nbridge = "nobr0"\n')
    status, said, _ = doctor(home, "--only", "network.bridge", "--config", file)
    assert status == 1
    assert said == (
        "Networks\n"
        "  problem  network.bridge  there is no interface nobr0\n"
        "                           > sudo ip link add nobr0 type bridge; sudo ip link set nobr0 up; or set\n"
        "                             bridge in [cvm.networking]\n"
        "\n"
        "Verdict\n"
        "  not bridge networks        there is no interface nobr0 (network.bridge)\n"
        "  not filtered networks      there is no interface nobr0 (network.bridge)\n"
        "  1 problem, 0 warnings.\n"
    )


def test_a_host_that_can_run_nothing_is_status_2(home: Path, tmp_path: Path) -> None:
    file = settings(tmp_path, '[cvm]\nqemu_path = "/opt/qemu/bin/qemu"\n')
    status, said, _ = doctor(home, "--only", "qemu.program", "--config", file)
    assert status == 2
    assert "  This host can run          no VM yet\n" in said


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_wrong_configuration_is_told_first(home: Path, tmp_path: Path, words: list[str]) -> None:
    file = tmp_path / "vmm.toml"
    file.write_text("event_buffer_size = 0\n")
    status, said, _ = doctor(home, *words, "--config", str(file))
    assert status == 2
    assert f"{file}: event_buffer_size = 0: " in said


def test_a_running_server_is_seen_and_its_address_is_no_problem(home: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    lock = DataDirLock(data)
    assert not is_taken(data)
    lock.take()
    try:
        assert is_taken(data)
        status, said, _ = doctor(home, "--only", "server.address", VMM_DATA=str(data))
    finally:
        lock.release()
    assert status == 0
    assert ": the server runs\n" in said
    assert not is_taken(data)

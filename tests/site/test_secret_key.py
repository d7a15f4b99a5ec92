"""Django's secret key: made once, kept, and nobody else's to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from vmm_site.secret_key import secret_key


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    made = secret_key(tmp_path)
    assert len(made) >= 50
    assert secret_key(tmp_path) == made


def test_two_data_folders_have_two(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert secret_key(tmp_path / "a") != secret_key(tmp_path / "b")


def test_only_its_owner_may_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    secret_key(tmp_path)
    [only] = tmp_path.iterdir()
    assert (only.name, only.stat().st_mode & 0o777) == ("secret-key", 0o600)


def test_an_operator_s_own_key_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("my own key\n")
    assert secret_key(tmp_path) == "my own key"


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    program = "import sys, pathlib; from vmm_site.secret_key import secret_key as k; "
    program += "sys.stdin.read(); print(k(pathlib.Path(sys.argv[1])))"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    found = {process.communicate()[0] for process in started}
    assert found == {secret_key(tmp_path).encode() + b"\n"}


def test_the_nodes_of_a_fleet_have_the_same(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    secret = "a secret that all nodes of the fleet know"
    assert secret_key(tmp_path, secret) == secret_key(tmp_path / "b", secret)
    assert secret_key(tmp_path, secret) != secret_key(tmp_path, secret + "!")
    assert secret not in secret_key(tmp_path, secret)

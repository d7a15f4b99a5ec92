"""``manage.py check_config``, as an operator calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vmm_site.config import examine_config

ROOT = Path(__file__).parents[2]
FULL = Path(__file__).parent / "vmm.toml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder in which nothing is to be written."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def check(home: Path, *words: str, **environ: str) -> tuple[int, str]:
    """Status and output; nothing may be written to the user's home."""
    told = subprocess.run(
        [sys.executable, "manage.py", "check_config", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.stderr == ""
    assert list(home.iterdir()) == []
    return told.returncode, told.stdout


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "vmm.toml"
    file.write_text(text)
    return file


def settings(told: dict[str, Any]) -> dict[str, tuple[Any, str]]:
    return {row["key"]: (row["value"], row["origin"]) for row in told["settings"]}


def test_an_existing_file_passes_though_the_host_lacks_what_it_names(home: Path) -> None:
    status, said = check(home, "--config", str(FULL))
    assert status == 0
    assert said.startswith(f"File: {FULL}\n")
    assert said.endswith("The configuration is right.\n")
    assert "supervisor is ignored: VMs are supervised by the server itself" in said
    assert "MISSING: /opt/qemu/bin/qemu-system-x86_64 is not there" in said
    assert "The server would not start here." in said


def test_the_file_may_also_be_named_by_the_environment(home: Path) -> None:
    assert check(home, VMM_CONFIG=str(FULL)) == check(home, f"--config={FULL}")


def test_every_value_is_shown_with_its_origin(home: Path, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'address = "unix:./v.sock"\nimage_path = "img"\nkms_url = "https://u:hush@kms"\n'
        '[cvm]\ntproxy_urls = ["http://old"]\n[cvm.auto_restart]\ninterval = 10\n',
    )
    status, said = check(home, "--config", str(file), "--json", VMM_CVM__CID_START="3000")
    told = json.loads(said)
    found = settings(told)
    assert (status, told["ok"], told["file"], told["problems"]) == (0, True, str(file), [])
    assert found["cvm.cid_start"] == (3000, "environment variable VMM_CVM__CID_START")
    assert found["unix_socket"] == (str(tmp_path / "v.sock"), str(file))
    assert found["image.path"] == (str(tmp_path / "img"), str(file))
    assert found["cvm.gateway_urls"] == (["http://old"], str(file))
    assert found["cvm.auto_restart.interval"] == (10, str(file))
    assert found["cvm.auto_restart.max_backoff"] == (300, "default")
    assert found["cvm.port_mapping.range"] == ([{"protocol": "tcp", "from": 1, "to": 20000}], "default")
    assert found["data_dir"] == (f"{home}/.local/share/dstack-vmm", "default")
    assert found["kms_url"] == ("https://***@kms", str(file))
    assert found["cvm.tee_simulator.platform"] == (None, "default")


def test_a_person_reads_short_origins(home: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "port = 1234\n")
    lines = check(home, "--config", str(file), VMM_NODE_NAME="n")[1].splitlines()
    assert next(line for line in lines if line.startswith("  port ")).split() == ["port", "1234", "file"]
    assert next(line for line in lines if line.startswith("  node_name ")).endswith(
        '"n"                                environment variable VMM_NODE_NAME'
    )


def test_secrets_are_masked(home: Path, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'database_url = "postgres://u:hush@h/d"\n[auth]\ntokens = ["hush"]\n'
        f'[cvm.tee_simulator]\nmock_attestation_seed = "{"ab" * 32}"\n'
        f'[fleet]\nsecret = "{"hush" * 8}"\naddress = "http://h"\n',
    )
    for words in ((), ("--json",)):
        status, said = check(home, "--config", str(file), *words, REDIS_URL="redis://:hush@h")
        assert status == 0
        assert "hush" not in said
        assert "abab" not in said
        assert said.count("***") == 5
    wrong = written(tmp_path, 'kms_url = "ftp://u:hush@h"\n[auth]\ntokens = "hush"\n')
    status, said = check(home, "--config", str(wrong))
    assert status == 1
    assert "hush" not in said
    assert "kms_url = 'ftp://***@h'" in said


def test_every_problem_is_named_at_once(home: Path, tmp_path: Path) -> None:
    file = written(tmp_path, 'address = ":1"\nport = 0\ncvm = 5\nprot = 1\n')
    status, said = check(
        home,
        "--config",
        str(file),
        VMM_NODE_NAME="a b",
        VMM_ALLOWED_HOSTS="[x",
        VMM_AUTH__TOKENS_FILE="/no/such/file",
    )
    assert status == 1
    problems = said[said.index("Problems\n") :].splitlines()[1:-1]
    assert [problem.split(":")[0].strip() for problem in problems] == [
        "VMM_ALLOWED_HOSTS",
        "VMM_AUTH__TOKENS_FILE",
        str(file),
        str(file),
        "environment variable VMM_NODE_NAME",
        str(file),
    ]
    assert f"  {file}: port = 0: input should be greater than or equal to 1 (allowed: " in said
    assert "prot is ignored: no such setting; did you mean port?" in said
    assert said.endswith("The configuration is WRONG: 6 problem(s).\n")
    told = json.loads(check(home, "--config", str(file), "--json")[1])
    assert [(p["source"], p["key"]) for p in told["problems"]] == [
        (str(file), "address"),
        (str(file), "port"),
        (str(file), "cvm"),
    ]
    assert (told["ok"], told["settings"], told["host"]) == (False, [], None)


@pytest.mark.parametrize(
    "content, words",
    [(None, "can't be read: No such file"), (b"\xff", "not UTF-8"), (b"x", "not valid TOML")],
)
def test_a_file_that_is_none_is_a_problem(
    home: Path, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "vmm.toml"
    if content is not None:
        file.write_bytes(content)
    status, said = check(home, "--config", str(file))
    assert status == 1
    assert f"{file}: {words}" in said


def test_what_this_host_can_do_is_told(home: Path, tmp_path: Path) -> None:
    pretended = tmp_path / "qemu"
    pretended.write_text('#!/bin/sh\necho "QEMU emulator version 9.9.9"\n')
    pretended.chmod(0o755)
    file = written(tmp_path, '[kms]\nca_file = "none.pem"\n[cvm]\naccelerator = "tcg"\n')
    environ = {"VMM_CVM__QEMU_PATH": str(pretended), "VMM_CVM__QEMU_IMG_PATH": str(pretended)}
    host = json.loads(check(home, "--config", str(file), "--json", **environ)[1])["host"]
    assert (host["fit"], host["accelerator"], host["platform"]) == (True, "tcg", "none")
    assert host["qemu"] == str(pretended)
    assert any("9.9.9" in note for note in host["notes"])
    assert host["missing"] == [f"kms.ca_file: {tmp_path / 'none.pem'} does not exist"]


def test_help_says_what_the_status_means(home: Path) -> None:
    status, said = check(home, "--help")
    assert status == 0
    assert "Status 0 where it is right, 1 where it is wrong." in " ".join(said.split())


def test_what_was_found_is_kept_beside_the_values(tmp_path: Path) -> None:
    file = written(tmp_path, 'address = "10.0.0.1:81"\n')
    found = examine_config(file, {"HOME": "/home/op", "VMM_CVM__LOG__MAX_BACKUPS": "7"})
    assert found.config is not None
    assert found.config.cvm.log.max_backups == 7
    assert found.origins == {
        ("address",): str(file),
        ("port",): str(file),
        ("cvm", "log", "max_backups"): "environment variable VMM_CVM__LOG__MAX_BACKUPS",
    }

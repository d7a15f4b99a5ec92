"""``manage.py launch --dry-run`` before any start: what it says, and that it does nothing."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oneshot.command import COMPOSE, ROOT, Host, tree

pytestmark = pytest.mark.real


def test_it_writes_nothing_and_says_the_same_again(host: Host, tmp_path: Path) -> None:
    request = host.request()
    before = tree(tmp_path)
    told = host.rehearse(request)
    assert (told.status, told.err) == (0, "")
    assert tree(tmp_path) == before
    assert host.rehearse(request) == told
    assert host.rehearse(request, "--json").json()["id"] in told.out
    assert host.rehearse(host.request(name="other")).out != told.out


def test_programs_read_json(host: Host) -> None:
    told = host.rehearse(host.request(encrypted_env="00ff", user_config="größe"), "--json")
    document = told.json()
    assert (told.status, told.err) == (0, "")
    assert list(document) == [
        *("id", "cid", "created_at_ms", "argv", "files", "measured", "refused", "notes"),
    ]
    assert document["refused"] == []
    assert document["argv"][1:3] == ["-name", document["id"]]
    assert list(document["files"]) == [
        "vm-manifest.json",
        "vm-state.json",
        "shared/.encrypted-env",
        "shared/.instance_info",
        "shared/.sys-config.json",
        "shared/.user-config",
        "shared/app-compose.json",
    ]
    assert document["files"]["shared/.encrypted-env"] == {"hex": "00ff"}
    assert document["files"]["shared/.user-config"] == "größe"
    assert document["files"]["shared/app-compose.json"] == COMPOSE
    measured = document["measured"]
    assert measured["compose_hash"] == hashlib.sha256(COMPOSE.encode()).hexdigest()
    assert measured["app_id"] == measured["compose_hash"][:40]
    digest = (host.data / "image" / host.image / "digest.txt").read_text().strip()
    assert measured["os_image_hash"] == digest
    assert json.loads(measured["vm_config"])["os_image_hash"] == digest


def test_what_a_server_would_choose_can_be_named(host: Host) -> None:
    named = {"id": "vm-1", "cid": 4711, "created_at_ms": 1234, "instance_id_seed": "ab" * 20}
    document = host.rehearse(host.request(**named), "--json").json()
    assert (document["id"], document["cid"], document["created_at_ms"]) == ("vm-1", 4711, 1234)
    assert json.loads(document["files"]["vm-manifest.json"])["created_at_ms"] == 1234
    assert not any("chooses" in note for note in document["notes"])


def test_every_reason_against_it_is_named_and_the_status_says_that_there_are_some(host: Host) -> None:
    config = host.data / "vmm.toml"
    config.write_text('[cvm]\naccelerator = "tcg"\nmax_allocable_vcpu = 4\n')
    gpus = {"gpus": [{"slot": "65:00.0"}], "attach_mode": "listed"}
    request = host.request(vcpu=5, gpus=gpus, simulated_tee="dstack-tdx", ports=[{"protocol": "tcp"}])
    told = host.rehearse(request, "--json", VMM_CONFIG=str(config))
    assert told.status == 1
    assert [reason.split(":")[0] for reason in told.json()["refused"]] == [
        "simulated_tee",
        "ports",
        "gpus",
        "vcpu",
    ]
    assert told.json()["argv"] == []
    text = host.rehearse(request, VMM_CONFIG=str(config)).out
    assert "Refused on this host\n  - simulated_tee: " in text
    assert "There is none, for it can't be launched." in text


def test_a_confidential_vm_is_shown_as_it_would_be_elsewhere(host: Host) -> None:
    config = host.data / "vmm.toml"
    config.write_text('[cvm]\naccelerator = "tcg"\nplatform = "tdx"\n')
    told = host.rehearse(host.request(), "--json", VMM_CONFIG=str(config))
    document = told.json()
    assert told.status == 1
    assert document["measured"]["platform"] == "tdx"
    assert any("tdx-guest" in word for word in document["argv"])
    assert [reason.split(":")[0] for reason in document["refused"]] == ["no_tee"]
    assert any("platform tdx" in note for note in document["notes"])


def test_a_host_without_qemu_is_told_so_with_all_the_rest(host: Host) -> None:
    told = host.rehearse(host.request(name="a,b"), "--json", VMM_CVM__QEMU_PATH="/nowhere/qemu")
    assert told.status == 1
    first, second = told.json()["refused"]
    assert "/nowhere/qemu" in first
    assert second.startswith("name: ")
    assert set(told.json()["measured"]) == {"compose_hash", "app_id", "os_image_hash"}


def test_a_database_that_is_none_is_said_to_be_unread_and_left_alone(host: Host) -> None:
    database = host.data / "vmm.sqlite3"
    database.write_bytes(b"no database, but long enough to be looked at" * 100)
    before = tree(host.data)
    told = host.rehearse(host.request(), "--json")
    assert (told.status, told.err) == (0, "")
    assert "can't be read (file is not a database)" in told.json()["notes"][-1]
    assert tree(host.data) == before
    database.unlink()
    with sqlite3.connect(database) as older:
        older.execute("CREATE TABLE vms_node (id INTEGER, name TEXT)")
    assert "can't be read (no such column: " in host.rehearse(host.request(), "--json").json()["notes"][-1]


@pytest.mark.parametrize(
    "request_, words",
    [
        (b"\0", "the request's body is not valid JSON"),
        (b'{"name": 1, "vcpu": "2"}', "name: must be text; vcpu: must be a whole number"),
    ],
)
def test_a_request_that_is_none_is_refused_in_the_api_s_words(
    host: Host, request_: bytes, words: str
) -> None:
    told = host.rehearse(request_)
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith(words)
    assert "Traceback" not in told.err
    document = host.rehearse(request_, "--json")
    assert (document.status, document.err) == (2, "")
    assert document.json()["problems"][0].startswith(words)


@pytest.mark.parametrize("name", ["/nowhere/request.json", "/", "a\nb", "/dev/zero"])
def test_a_file_that_is_no_request_is_refused(host: Host, name: str) -> None:
    told = host.launch(name, "--dry-run", VMM_MAX_BODY_SIZE="4096")
    assert (told.status, told.out) == (2, "")
    assert "can't be read: " in told.err or "larger than 4096 bytes" in told.err
    assert "Traceback" not in told.err


def test_a_wrong_configuration_is_named(host: Host) -> None:
    told = host.rehearse(host.request(), VMM_CVM__CID_START="x")
    assert (told.status, told.out) == (2, "")
    assert "VMM_CVM__CID_START" in told.err


def test_a_folder_that_can_not_be_is_no_bug(host: Host) -> None:
    told = host.rehearse(host.request(), VMM_DATA="/etc/hosts/data")
    assert (told.status, told.err) == (1, "")
    assert "there is no database in /etc/hosts/data" in told.out
    told = host.launch("-", stdin=host.request(), VMM_RUN_PATH="/proc/run")
    assert (told.status, told.out) == (1, "")
    assert "refused: no folder can be made in /proc/run (No such file or directory)" in told.err
    assert "Traceback" not in told.err


def test_who_reads_only_the_beginning_gets_it(host: Host) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    told = subprocess.run(
        [sys.executable, "manage.py", "launch", "-", "--dry-run"],
        cwd=ROOT,
        env=host.environment(),
        input=host.request(),
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    os.close(writer)
    assert (told.returncode, told.stderr) == (0, b"")


def test_json_is_for_dry_runs(host: Host) -> None:
    told = host.launch("-", "--json", stdin=host.request())
    assert (told.status, told.out) == (2, "")
    assert "--json is for --dry-run" in told.err


def test_what_a_client_wrote_does_not_steer_a_terminal(host: Host) -> None:
    hostile = "\x1b]0;owned\x07"
    request = host.request(app_id=hostile, user_config=hostile, image=hostile, name=hostile)
    assert "\x1b" not in host.rehearse(request).out
    told = host.rehearse(host.request(user_config=hostile))
    assert told.status == 0
    assert "\x1b" not in told.out
    assert hostile.encode().hex() in told.out

"""What QEMU says of SEV: the real one here, and what others answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.hypervisor import machines
from vms.hypervisor.accelerator import HostUnfit
from vms.hypervisor.sev import ask_sev_capabilities, read_reply
from vms.hypervisor.spec import SevCapabilities

GREETING = (
    b'{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 9}, "package": ""}, '
    b'"capabilities": ["oob"]}}\r\n{"return": {}}\r\n'
)
WITH_SEV = (
    b'{"return": {"pdh": "8CCDD8DDD", "cert-chain": "888CCCDDDEE", '
    b'"cpu0-id": "2lvmGwo+...61iEinw==", "cbitpos": 47, "reduced-phys-bits": 1}}\r\n'
)
"""The example of QEMU's own schema (qapi/misc-target.json)."""
BYE = (
    b'{"timestamp": {"seconds": 1795443640, "microseconds": 1}, "event": "SHUTDOWN", '
    b'"data": {"guest": false, "reason": "host-qmp-quit"}}\r\n{"return": {}}\r\n'
)


def reply(cbitpos: object, reduced: object) -> bytes:
    return json.dumps({"return": {"cbitpos": cbitpos, "reduced-phys-bits": reduced}}).encode()


def test_a_host_with_sev_is_understood() -> None:
    assert read_reply(GREETING + WITH_SEV + BYE) == SevCapabilities(cbitpos=47, reduced_phys_bits=1)


@pytest.mark.parametrize(
    "said, words",
    [
        (
            GREETING + b'{"error": {"class": "GenericError", "desc": "SEV is not enabled in KVM"}}\n' + BYE,
            "KVM",
        ),
        (GREETING + BYE, "it did not say"),
        (b"", "it did not say"),
        (b'not JSON\n[1]\n"text"\n' + b"{" * 70_000, "it did not say"),
        (reply(51, None), "reduced-phys-bits None"),
        (reply("51", 1), "cbitpos '51'"),
        (reply(True, 1), "cbitpos True"),
        (reply(-1, 1), "cbitpos -1"),
        (reply(51, 64), "reduced-phys-bits 64"),
        (reply(10**400, 1), "cbitpos 1000"),
        (b'{"error": {"desc": "' + b"x" * 5000 + b'"}}', "xxx"),
    ],
)
def test_whatever_else_is_said_is_refused_in_bounded_words(said: bytes, words: str) -> None:
    with pytest.raises(HostUnfit, match=words) as refused:
        read_reply(said)
    assert str(refused.value).startswith("QEMU knows of no SEV here: ")
    assert len(str(refused.value)) < 600


@machines.needs_qemu
@pytest.mark.real
@pytest.mark.skipif(
    not os.access("/dev/kvm", os.R_OK | os.W_OK), reason="there is no KVM to be asked through"
)
def test_the_qemu_of_this_host_is_asked_and_says_what_it_is() -> None:
    qemu = Path(machines.QEMU or "")
    if os.path.exists("/dev/sev"):
        assert ask_sev_capabilities(qemu).reduced_phys_bits > 0
    else:
        with pytest.raises(HostUnfit, match=r"QEMU knows of no SEV here: .*SEV"):
            ask_sev_capabilities(qemu)


def program(folder: Path, script: str) -> Path:
    path = folder / "qemu"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "script, words",
    [
        ("echo 'could not access KVM' >&2; exit 1", r"could not access KVM \(code 1\)"),
        ("exit 3", r"it said nothing \(code 3\)"),
        ("exec sleep 60", r"did not tell its SEV capabilities in 0\.2 s"),
        ("cat >/dev/null; echo nonsense", "it did not say"),
    ],
)
def test_a_program_that_fails_is_named_with_its_words(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(HostUnfit, match=words):
        ask_sev_capabilities(program(tmp_path, script), timeout_s=0.2 if "sleep" in script else 10.0)


def test_the_questions_are_asked_in_order(tmp_path: Path) -> None:
    answer = program(tmp_path, f"cat >{tmp_path}/asked; printf '%s' '{WITH_SEV.decode().strip()}'")
    assert ask_sev_capabilities(answer).cbitpos == 47
    asked = [json.loads(line)["execute"] for line in (tmp_path / "asked").read_text().splitlines()]
    assert asked == ["qmp_capabilities", "query-sev-capabilities", "quit"]


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HostUnfit, match="no-qemu can't be asked for its SEV capabilities: No such file"):
        ask_sev_capabilities(tmp_path / "no-qemu")

"""What SEV guests must be told of their host's processor, asked of the QEMU that will launch them.

Where the encryption bit lies and how many address bits it costs isn't what CPUID says on every
host: only QEMU's own word is sure to be accepted by it. Blocking: not for the event loop.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from .accelerator import HostUnfit
from .spec import SevCapabilities

ASK_TIMEOUT_S = 10.0
"""QEMU answers in some 100 ms."""

REPLY_LIMIT = 64 * 1024
WORDS_LIMIT = 500

EMPTY_MACHINE = ("-machine", "none,accel=kvm", "-display", "none", "-nodefaults", "-qmp", "stdio")
QUESTIONS = ("qmp_capabilities", "query-sev-capabilities", "quit")

ADDRESS_BITS = 64


def ask_sev_capabilities(qemu: Path, timeout_s: float = ASK_TIMEOUT_S) -> SevCapabilities:
    """Ask QEMU, in a machine of nothing but KVM.

    Raises:
        HostUnfit: it does not run, does not answer in time, or says no; the message has its own words.
    """
    questions = "".join(json.dumps({"execute": question}) + "\n" for question in QUESTIONS)
    try:
        said = subprocess.run(
            [qemu, *EMPTY_MACHINE], input=questions.encode(), capture_output=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as error:
        raise HostUnfit(f"{qemu} did not tell its SEV capabilities in {timeout_s:g} s") from error
    except OSError as error:
        raise HostUnfit(f"{qemu} can't be asked for its SEV capabilities: {error.strerror}") from error
    if said.returncode:
        words = said.stderr.decode(errors="replace").strip()[-WORDS_LIMIT:]
        message = f"{qemu} can't be asked for its SEV capabilities: {words or 'it said nothing'}"
        raise HostUnfit(f"{message} (code {said.returncode})")
    return read_reply(said.stdout)


def read_reply(said: bytes) -> SevCapabilities:
    """The capabilities in what QEMU said, one JSON object a line. Raises HostUnfit with its words."""
    refusal = "it did not say"
    for reply in _replies(said):
        error, value = reply.get("error"), reply.get("return")
        if isinstance(error, dict):
            refusal = str(error.get("desc") or error)[:WORDS_LIMIT]
        if isinstance(value, dict) and "cbitpos" in value:
            cbitpos, reduced = value["cbitpos"], value.get("reduced-phys-bits")
            if _is_number_of_bits(cbitpos) and _is_number_of_bits(reduced):
                return SevCapabilities(cbitpos, reduced)
            refusal = f"it says cbitpos {cbitpos!r:.40} and reduced-phys-bits {reduced!r:.40}"
    raise HostUnfit(f"QEMU knows of no SEV here: {refusal}")


def _replies(said: bytes) -> Iterator[dict[str, object]]:
    for line in said[:REPLY_LIMIT].splitlines():
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(reply, dict):
            yield reply


def _is_number_of_bits(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < ADDRESS_BITS

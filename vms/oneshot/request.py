"""The request: CreateVm's JSON, read as the API reads it, and what a server would choose beside it."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from rest_framework.exceptions import ValidationError

from vms.configuration import VmConfiguration
from vms.errors import Invalid, TooLarge
from vms.hypervisor.argv.devices import FIRST_GUEST_CID, LAST_GUEST_CID
from vms.hypervisor.rundir import VM_ID_PATTERN
from vms.prpc.codecs import DOCUMENTED_JSON
from vms.prpc.errors import from_validation
from vms.prpc.fields import Bytes, Text, UInt32, UInt64
from vms.prpc.serializers import VmConfigurationMessage, to_configuration
from vms.worker.measured import SEED_BYTES

STDIN = "-"


class LaunchMessage(VmConfigurationMessage):
    """CreateVm's message, with names for what the server chooses by itself."""

    id = Text()
    cid = UInt32(optional=True)
    instance_id_seed = Bytes()
    created_at_ms = UInt64(optional=True)


@dataclass(frozen=True)
class Request:
    """What is asked for. ``vm_id`` and ``seed`` are empty, the others ``None``, where nobody chose them.

    ``digest`` is the SHA-256 of the request as it was given.
    """

    config: VmConfiguration
    digest: bytes
    vm_id: str = ""
    cid: int | None = None
    seed: bytes = field(default=b"", repr=False)
    created_at_ms: int | None = None


def read(name: str, limit: int) -> bytes:
    """The file of that name, or standard input for ``-``.

    Raises:
        Invalid: it can't be read.
        TooLarge: it is larger than ``limit`` bytes, as the server's bound for requests.
    """
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        raise Invalid(f"{name} can't be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > limit:
        raise TooLarge(f"the request's body is larger than {limit} bytes")
    return data


def parse(data: bytes) -> Request:
    """The request in these bytes, in the API's documented JSON. Raises Invalid."""
    try:
        values = LaunchMessage().run_validation(DOCUMENTED_JSON.read(data, "CreateVm"))
    except ValidationError as error:
        raise from_validation(error) from None
    if values["id"] and not VM_ID_PATTERN.match(values["id"]):
        raise Invalid("id: must be 1 to 64 of letters, digits, '-' and '_'")
    cid = values["cid"]
    if cid is not None and not FIRST_GUEST_CID <= cid <= LAST_GUEST_CID:
        raise Invalid(f"cid: must be between {FIRST_GUEST_CID} and {LAST_GUEST_CID}, not {cid}")
    if len(values["instance_id_seed"]) not in (0, SEED_BYTES):
        raise Invalid(f"instance_id_seed: must be {SEED_BYTES} bytes, not {len(values['instance_id_seed'])}")
    if (values["created_at_ms"] or 0) >= 2**63:
        raise Invalid("created_at_ms: must be milliseconds since 1970")
    # Who launches it wants it to run.
    config = replace(to_configuration(values), stopped=False)
    return Request(
        config=config,
        digest=hashlib.sha256(data).digest(),
        vm_id=values["id"],
        cid=cid,
        seed=values["instance_id_seed"],
        created_at_ms=values["created_at_ms"],
    )

"""Hostile requests: refused as the API refuses them, word for word."""

from __future__ import annotations

import json

import pytest

from tests.in_process import InProcess
from vms.errors import Invalid
from vms.oneshot.request import parse

HOSTILE = (
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"\0" * 10,
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"a": ' * 5_000,
    b'{"name": 1, "vcpu": "2", "memory": 1.5, "disk_size": -1, "hugepages": 1, "image": null}',
    b'{"name": "a\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"vcpu": 1e400}',
    b'{"vcpu": 4294967296}',
    b'{"ports": [{"host_port": -1}, null]}',
    b'{"ports": {"host_port": 1}}',
    b'{"gpus": []}',
    b'{"encrypted_env": "!"}',
    json.dumps({"kms_urls": ["x"] * 10_001}).encode(),
)


async def test_a_request_in_a_file_is_refused_as_one_on_the_wire(vmm: InProcess) -> None:
    for body in HOSTILE:
        headers = {"Content-Type": "application/json"}
        answer = await vmm.client.post("/prpc/CreateVm", content=body, headers=headers)
        with pytest.raises(Invalid) as refused:
            parse(body)
        assert (refused.value.code, refused.value.message) == (400, answer.json()["message"]), body[:80]


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("id", "../x", "id: must be 1 to 64 of letters, digits, '-' and '_'"),
        ("id", "a" * 65, "id: must be 1 to 64 of letters, digits, '-' and '_'"),
        ("id", 7, "id: must be text"),
        ("cid", 2, "cid: must be between 3 and 4294967294, not 2"),
        ("cid", 2**32 - 1, "cid: must be between 3 and 4294967294, not 4294967295"),
        ("instance_id_seed", "ab", "instance_id_seed: must be 20 bytes, not 1"),
        ("created_at_ms", 2**63, "created_at_ms: must be milliseconds since 1970"),
    ],
)
def test_what_a_server_would_choose_is_checked_too(field: str, value: object, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(json.dumps({field: value}).encode())
    assert refused.value.message == words


def test_who_launches_a_vm_wants_it_to_run() -> None:
    assert parse(b'{"stopped": true}').config.stopped is False

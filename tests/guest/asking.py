"""``/guest/<Method>`` as a client asks it, in each of the three encodings."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.guest import tables
from tests.in_process import InProcess

SENDING = {
    "documented": ("", "application/json"),
    "prpc-json": ("?json", ""),
    "binary": ("", "application/octet-stream"),
}


async def cid_of(vmm: InProcess, vm_id: str) -> int:
    vm = await vmm.row(vm_id)
    assert vm is not None
    return vm.cid


async def ask(vmm: InProcess, encoding: str, method: str, vm_id: str) -> httpx.Response:
    query, content_type = SENDING[encoding]
    body = (
        tables.to_binary("Id", {"id": vm_id}) if encoding == "binary" else json.dumps({"id": vm_id}).encode()
    )
    return await vmm.client.post(
        f"/guest/{method}{query}", content=body, headers={"Content-Type": content_type}
    )


def answer(encoding: str, message: str, told: httpx.Response) -> Any:
    """What an answer holds, as JSON would write it."""
    if encoding == "binary":
        assert told.headers["content-type"] == "application/octet-stream"
        return tables.to_json(tables.from_binary(message, told.content))
    return told.json()

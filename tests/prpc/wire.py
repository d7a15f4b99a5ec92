"""The three encodings as a client speaks them: values in, values out, and what the status means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from google.protobuf.message_factory import GetMessageClass

from tests.in_process import InProcess
from vms.protobuf import to_values
from vms.prpc.proto import vmm_pb2

SERVICE = vmm_pb2.DESCRIPTOR.services_by_name["Vmm"]
ENCODINGS = ("documented", "prpc-json", "binary")


@dataclass(frozen=True)
class Sending:
    """How one encoding asks: what follows the method's name, and the Content-Type."""

    query: str
    content_type: str


SENDING = {
    "documented": Sending("", "application/json"),
    "prpc-json": Sending("?json", ""),
    "binary": Sending("", "application/octet-stream"),
}


async def ask(vmm: InProcess, encoding: str, method: str, request: dict[str, Any]) -> dict[str, Any]:
    """A method that must succeed. ``bytes`` in requests and answers are bytes, whatever the encoding."""
    how = SENDING[encoding]
    types = SERVICE.methods_by_name[method]
    if encoding == "binary":
        body = GetMessageClass(types.input_type)(**request).SerializeToString()
    else:
        body = orjson.dumps(request, default=bytes.hex)
    response = await vmm.client.post(
        f"/prpc/{method}{how.query}", content=body, headers={"Content-Type": how.content_type}
    )
    assert response.status_code == 200, (encoding, method, response.content[:500])
    if encoding == "binary":
        message = GetMessageClass(types.output_type)()
        message.ParseFromString(response.content)
        return to_values(message)
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer

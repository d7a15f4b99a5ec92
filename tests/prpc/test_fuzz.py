"""Rubbish in every encoding: refused, or taken for what it says; never a bug, and nothing left behind."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from tests.in_process import InProcess
from tests.prpc.drawing import examples, in_thread
from tests.prpc.wire import ENCODINGS, SENDING, SERVICE
from vms.database import in_database
from vms.models import Event, PortMapping, Vm
from vms.prpc.methods import METHODS
from vms.prpc.openapi.failures import FAILURES

EXAMPLES, EXAMPLES_IN_FULL = 25, 500
FINE = {200, 204, *FAILURES} - {500}

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def of_fields(method: str) -> st.SearchStrategy[dict[str, Any]]:
    """An object with the message's own fields, and anything in them."""
    names: list[str] = list(METHODS[method].request().fields)
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


def documents(method: str) -> st.SearchStrategy[bytes]:
    """JSON of any shape, JSON of the message's fields, and bytes that are no JSON."""
    written = (values | of_fields(method)).map(_written)
    return written | st.binary(max_size=200) | st.tuples(written, st.binary(max_size=3)).map(b"".join)


def wire_bytes(method: str) -> st.SearchStrategy[bytes]:
    """Any bytes, and the message's own bytes with something wrong in them."""
    message = GetMessageClass(SERVICE.methods_by_name[method].input_type)
    texts = [field.name for field in message.DESCRIPTOR.fields if field.type == field.TYPE_STRING]
    single = [name for name in texts if not message.DESCRIPTOR.fields_by_name[name].is_repeated]
    if not single:
        return st.binary(max_size=200)
    text = st.text(st.characters(codec="utf-8"), max_size=20)
    good = st.dictionaries(st.sampled_from(single), text, max_size=4)
    written = good.map(lambda fields: message(**fields).SerializeToString())
    broken = st.tuples(written, st.integers(0, 60), st.binary(max_size=8))
    return st.binary(max_size=200) | broken.map(lambda parts: parts[0][: parts[1]] + parts[2])


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=bytes.hex)
    except TypeError:  # a number or a surrogate that JSON has no way to write
        return b"{"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("method", METHODS)
async def test_rubbish_is_refused_without_a_trace(vmm: InProcess, method: str, encoding: str) -> None:
    await _send_rubbish(vmm, method, encoding, EXAMPLES, same_each_time=True)


@pytest.mark.full
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("method", METHODS)
async def test_much_rubbish_is_refused_without_a_trace(vmm: InProcess, method: str, encoding: str) -> None:
    await _send_rubbish(vmm, method, encoding, EXAMPLES_IN_FULL, same_each_time=False)


async def _send_rubbish(
    vmm: InProcess, method: str, encoding: str, count: int, *, same_each_time: bool
) -> None:
    how = SENDING[encoding]
    bodies = wire_bytes(method) if encoding == "binary" else documents(method)

    def test(wait: Any) -> None:
        @examples(count, same_each_time=same_each_time)
        @given(bodies)
        def send(body: bytes) -> None:
            url, headers = f"/prpc/{method}{how.query}", {"Content-Type": how.content_type}
            response = wait(vmm.client.post(url, content=body, headers=headers))
            assert response.status_code in FINE, (response.status_code, response.content)

        send()

    await in_thread(test)
    await vmm.nothing_left()
    assert await in_database(_rows) == (0, 0, 0)


def _rows() -> tuple[int, int, int]:
    return Vm.objects.count(), PortMapping.objects.count(), Event.objects.count()

"""What only the VM's own node, or the node that is named, can answer: in every encoding as it says it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.team import Person, join
from tests.across.pair import NAME, Pair
from tests.guest import tables
from tests.guest.asking import SENDING, answer
from tests.guest.dstack_guest import DstackGuest, response, serving
from vms.choices import Actual, Desired, Role
from vms.database import in_database
from vms.models import Vm


async def ask(pair: Pair, who: Person, encoding: str, method: str, vm_id: str) -> Any:
    query, content_type = SENDING[encoding]
    body = tables.to_binary("Id", {"id": vm_id}) if encoding == "binary" else f'{{"id": "{vm_id}"}}'.encode()
    headers = who.headers | {"Content-Type": content_type}
    return await pair.here.client.post(f"/guest/{method}{query}", content=body, headers=headers)


@pytest.mark.parametrize("encoding", SENDING)
async def test_a_guest_s_answers_come_through_in_every_encoding(pair: Pair, encoding: str) -> None:
    vm, olga = await pair.vm(), await join(pair.here, "olga", Role.OPERATOR)
    cid = (await in_database(Vm.objects.get, pk=vm.path.name)).cid
    async with serving(DstackGuest(), pair.there.sockets, cid) as guest:
        for method, message in tables.ANSWERS.items():
            told = await ask(pair, olga, encoding, method, vm.path.name)
            assert told.status_code == 200, told.text
            assert answer(encoding, message, told) == tables.to_json(guest.answers[method])
        got = await pair.here.client.get(f"/guest/Info?id={vm.path.name}", headers=olga.headers)
        assert got.json() == tables.to_json(guest.answers["Info"])


async def test_failures_have_their_status_and_words(pair: Pair) -> None:
    vm, olga = await pair.vm(), await join(pair.here, "olga", Role.OPERATOR)
    off = await pair.vm(actual=Actual.OFF, desired=Desired.STOPPED)
    cid = (await in_database(Vm.objects.get, pk=vm.path.name)).cid

    async def nonsense(_: Any, writer: Any) -> None:
        writer.write(response(b"nonsense"))
        await writer.drain()

    async with serving(DstackGuest(behave=nonsense), pair.there.sockets, cid):
        told = await ask(pair, olga, "documented", "Info", vm.path.name)
    assert told.status_code == 502, told.text
    assert (await ask(pair, olga, "documented", "Info", off.path.name)).status_code == 409
    viewer = await join(pair.here, "vera", Role.VIEWER)
    assert (await ask(pair, viewer, "documented", "Info", vm.path.name)).status_code == 403


@pytest.mark.parametrize("method", ["GetHost", "SvList"])
async def test_a_node_that_is_named_tells_of_itself(pair: Pair, method: str) -> None:
    vm, olga = await pair.vm(), await join(pair.here, "olga", Role.OPERATOR)
    told = await olga.call(method, {"node": NAME})
    assert told.status_code == 200, told.text
    here = await olga.call(method)
    assert here.status_code == 200
    if method == "SvList":
        assert [process["id"] for process in told.json()["processes"]] == [vm.path.name]
        assert here.json()["processes"] == []
    unknown = await olga.call(method, {"node": "nowhere"})
    assert unknown.status_code == 404
    member = await join(pair.here, "ada", Role.MEMBER)
    assert (await member.call(method, {"node": NAME})).status_code == 403

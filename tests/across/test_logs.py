"""``/logs`` of a VM that is on another node: the same answers, to the same people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.access.team import Person, join
from tests.access.watching import end_token
from tests.across.pair import Pair
from tests.waiting import eventually
from vms.access import audit
from vms.choices import Role
from vms.database import in_database
from vms.hypervisor.rundir import RunDir
from vms.models import AuditEntry

LOG = b"".join(b"line %04d \x1b[31mred\x1b[0m\n" % number for number in range(2000))


async def logs(who: Person, vm: RunDir, query: str = "") -> Any:
    return await who.get(f"/logs?id={vm.path.name}{query}")


async def test_a_log_comes_through_as_it_is(pair: Pair) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    whole = await logs(olga, vm)
    assert (whole.status_code, whole.content) == (200, LOG)
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert whole.headers["cache-control"] == "no-cache, no-transform"
    assert "x-vmm-fleet-proof" not in whole.headers
    plain = await logs(olga, vm, "&lines=2&ansi=false")
    assert plain.content == b"line 1998 red\nline 1999 red\n"
    saved = await logs(olga, vm, "&download=true")
    assert saved.headers["content-disposition"] == (
        f'attachment; filename="{vm.path.name}-serial-boot-0.log"'
    )
    head = await pair.here.client.head(f"/logs?id={vm.path.name}", headers=olga.headers)
    assert (head.status_code, head.content) == (200, b"")


async def test_what_the_other_node_refuses_is_told_in_its_words(pair: Pair) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    gone = await logs(olga, vm, "&boot=3")
    assert gone.status_code == 404
    assert gone.json()["message"].startswith("boot: 0 is the newest")
    assert (await logs(olga, vm, "&ch=nonsense")).status_code == 400


async def test_credentials_in_the_address_stay_here(pair: Pair) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    answer = await pair.here.client.get(f"/logs?token={olga.token}&id={vm.path.name}&lines=1")
    assert (answer.status_code, answer.content) == (200, LOG[-len(b"line 0000 \x1b[31mred\x1b[0m\n") :])


async def test_who_may_read_a_log_here_may_there_and_nobody_else(pair: Pair) -> None:
    people = {role: await join(pair.here, role.value, role) for role in Role}
    owner = await join(pair.here, "owner", Role.MEMBER)
    here = await owner.create(name="here", stopped=True)
    there = await pair.vm(log=LOG, owner=await in_database(User.objects.get, pk=owner.user_id))
    for who in (*people.values(), owner):
        local = (await who.get(f"/logs?id={here}")).status_code
        assert (await logs(who, there)).status_code == local, who.name
    assert (await logs(owner, there)).status_code == 200
    assert (await logs(people[Role.VIEWER], there)).status_code == 403
    assert (await logs(people[Role.MEMBER], there)).status_code == 404
    assert (await pair.here.client.get(f"/logs?id={there.path.name}")).status_code == 401


async def _followed(pair: Pair, who: Person, vm: RunDir) -> tuple[asyncio.Task[bytes], asyncio.Event]:
    """The log as it is followed, until somebody ends it; and that its beginning came."""
    begun, heard = asyncio.Event(), bytearray()

    async def follow() -> bytes:
        scope_url = f"/logs?id={vm.path.name}&follow=true"
        async with pair.here.client.stream("GET", scope_url, headers=who.headers) as answer:
            async for part in answer.aiter_raw():
                heard.extend(part)
                begun.set()
        return bytes(heard)

    return asyncio.create_task(follow()), begun


@pytest.mark.parametrize("how", ["revoked", "disabled"])
async def test_who_may_not_any_more_hears_no_more(pair: Pair, how: str) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    following, _ = await _followed(pair, olga, vm)
    await asyncio.sleep(0.5)
    assert not following.done()
    if how == "revoked":
        await end_token(olga, revoked_at_ms=1)
    else:
        await in_database(User.objects.filter(pk=olga.user_id).update, is_active=False)
    for number in range(100):
        if following.done():
            break
        with vm.serial_log.open("ab") as log:
            log.write(b"later %d\n" % number)
        await asyncio.sleep(0.1)
    heard = await asyncio.wait_for(following, 10)
    assert heard.startswith(LOG[:100])
    assert b"later 99" not in heard


async def test_reading_has_one_entry_with_the_reader_s_own_address(pair: Pair) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    await logs(olga, vm)

    async def entries() -> list[tuple[str, str]]:
        await in_database(audit.flush, everything=True)
        rows = AuditEntry.objects.filter(action="logs", vm_id=vm.path.name).values_list("who", "address")
        return await in_database(lambda: list(rows))

    async def there() -> bool:
        return bool(await entries())

    await eventually(there)
    assert await entries() == [("olga", "127.0.0.1")]

"""``/ws/console``: who may type, what is refused, and what is written down of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.reader import console_of
from tests.live.vm_line import line
from tests.waiting import eventually
from vms.access import audit
from vms.database import in_database
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import LogLimits
from vms.live.broker import Broker
from vms.live.vm_socket import Refused
from vms.models import AuditEntry

SMALL = LogLimits(max_bytes=4096, max_backups=1000)


async def test_one_may_type_alone_until_they_leave(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as one:
        async with console_of(vm) as other:
            await other.say({"type": "keyboard", "mine": True})
            await one.until_state(typist=other.hello["you"], may_type=False)
            await one.type(b"no")
            await one.until("refused")
            assert one.refusals == ["anybody has the keyboard"]
            await other.type(b"yes")
            await eventually(lambda: guest.typed == b"yes")
        await one.until_state(typist=None, may_type=True)
        await one.type(b"!")
        await eventually(lambda: guest.typed == b"yes!")


async def test_only_an_admin_takes_the_keyboard_from_another(tmp_path: Path) -> None:
    class Somebody:
        def __init__(self, name: str) -> None:
            self.name = name

        def rang(self) -> None:
            pass

        def changed(self) -> None:
            pass

    broker = Broker(RunDir(tmp_path))
    alice, bob = broker.join(Somebody("alice")), broker.join(Somebody("bob"))
    broker.take_keyboard(alice, mine=True, may_take_from_others=False)
    with pytest.raises(Refused, match="alice has it"):
        broker.take_keyboard(bob, mine=True, may_take_from_others=False)
    broker.take_keyboard(bob, mine=False, may_take_from_others=False)
    assert not broker.may_type(bob)
    broker.take_keyboard(bob, mine=True, may_take_from_others=True)
    assert (broker.typist, broker.may_type(alice)) == (bob, False)
    broker.leave(bob)
    broker.leave(bob)
    assert broker.typist is None
    broker.leave(alice)


async def test_where_nothing_runs_typing_is_refused(vm: RunDir) -> None:
    async with console_of(vm) as client:
        await client.type(b"hello?")
        await client.until("refused")
        assert client.refusals == ["nothing runs that could be typed to; start the VM first"]


async def test_a_vm_that_another_program_started_is_not_typed_to(vm: RunDir) -> None:
    vm.pidfile.write_text("1\n")
    for kind in ("none", "file", "link"):
        vm.serial_input.unlink(missing_ok=True)
        if kind == "file":
            vm.serial_input.touch()
        if kind == "link":
            vm.serial_input.symlink_to("serial.log")
        async with console_of(vm) as client:
            await client.type(b"secret")
            await client.until("refused")
            assert client.refusals[0].startswith("this VM's console can't be typed to: another program")
    assert vm.serial_log.read_bytes() == b""


async def test_a_guest_that_takes_nothing_is_typed_to_within_bounds(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as client:
        for _ in range(20):
            await client.type(b"x" * 4096)
        await client.until("refused")
        assert client.refusals[0] == "the guest takes nothing of what is typed"
        assert guest.typed == b"x" * 65_536


@pytest.mark.parametrize(
    "said, refusal",
    [
        ('{"type": "resize"}', "type: 'resize' is not known here"),
        ('{"type": "keyboard"}', "mine: must be true or false"),
        ('{"type": "keyboard", "mine": 1}', "mine: must be true or false"),
        ("\x00", "send a JSON object"),
        (b"x" * 4097, "at most 4096 bytes can be typed at once, not 4097"),
    ],
)
async def test_what_cannot_be_understood_is_refused(vm: RunDir, said: str | bytes, refusal: str) -> None:
    async with line(vm.path) as guest, console_of(vm) as client:
        await (client.type(said) if isinstance(said, bytes) else client.say(said))
        await client.until("refused")
        assert client.refusals == [refusal] or client.refusals[0].startswith(refusal)
        await client.type(b"ok")
        await eventually(lambda: guest.typed == b"ok")


async def test_a_flood_of_garbage_earns_no_flood(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as client:
        for _ in range(500):
            await client.say("garbage")
        await client.type(b"x")
        await eventually(lambda: guest.typed == b"x")
        guest.prints(b"done\n")
        await client.hears(b"done\n")
        assert len(client.refusals) <= 30


async def test_opening_and_typing_are_written_down_once_and_no_key_is(vm: RunDir) -> None:
    async with line(vm.path) as guest, console_of(vm) as client:
        for key in (b"s", b"e", b"c", b"r", b"e", b"t"):
            await client.type(key)
        await eventually(lambda: guest.typed == b"secret")
    await in_database(lambda: audit.flush(everything=True))
    rows = await in_database(
        lambda: list(
            AuditEntry.objects.filter(vm_id=vm.path.name, action__contains="console").order_by("action")
        )
    )
    assert [(row.action, row.vm_id, row.vm_name, row.result, row.count) for row in rows] == [
        ("console", vm.path.name, "my-app", 200, 1),
        ("console.type", vm.path.name, "my-app", 200, 1),
    ]
    assert not any(row.detail == "s" or "secret" in row.detail for row in rows)

"""Events of a VM: what its guest says (hostile, bounded) and what the host saw."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import orjson

from vms.actions import retention
from vms.actions.change import Fields, change
from vms.choices import Desired, StopMode
from vms.database import now_ms
from vms.models import Event, Vm
from vms.selectors.work import STALLED

MAX_BODY = 4096
MAX_PROGRESS = 256
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){1,64}\Z")
# Control characters but tab and newline, what turns the direction of writing, and half characters.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class GuestEvent:
    """One thing that a guest said; any text, of any length, meaning no good."""

    event: str
    payload: str


def record_event(vm: Vm, event: str, body: str) -> None:
    """Keep an event, cleaned and cut to size, and drop the oldest. Inside a transaction."""
    _keep(vm, [GuestEvent(event, body)])


def _keep(vm: Vm, events: list[GuestEvent]) -> None:
    now = now_ms()
    Event.objects.bulk_create(
        Event(vm=vm, event=printable(one.event, 128), body=printable(one.payload, MAX_BODY), timestamp_ms=now)
        for one in events[-retention.kept() :]
    )
    while retention.drop_surplus(vm.pk):
        pass


def guest_said(vm_id: str, events: list[GuestEvent], begin: int, end: int, lost: int = 0) -> Vm | None:
    """Keep what stands from byte ``begin`` of the guest's event file, and what follows from it.

    ``end`` is where the next read begins; ``lost`` bytes between them were not read, which is
    told. A piece that was taken over before is not again.
    """

    def decide(vm: Vm) -> Fields:
        if begin != vm.events_offset:
            return {}
        fields = {"events_offset": end} | _taken_over(vm, events)
        if lost:
            record_event(
                vm, "host.events_lost", f"{lost} bytes of events: it said them faster than they are read"
            )
        return fields

    return change(vm_id, decide)


def guest_notified(vm_id: str, said: GuestEvent) -> Vm | None:
    """Keep what the guest told the host API, and what follows from it.

    What changes nothing else is news all the same: the row gets a new revision by it.
    """
    return change(vm_id, lambda vm: {"events_offset": vm.events_offset} | _taken_over(vm, [said]))


def _taken_over(vm: Vm, events: list[GuestEvent]) -> Fields:
    """Keep events of a guest; what they change.

    Names that begin with ``host.`` are ours: a guest's are kept as ``guest.host.…``.
    """
    events = [replace(said, event=f"guest.{said.event}") if _is_ours(said) else said for said in events]
    fields: Fields = {}
    if vm.boot_error.startswith(STALLED) and any(said.event == "boot.progress" for said in events):
        fields["boot_error"] = ""  # it moves on
    for said in events:
        fields |= _consequence(vm, said)
    _keep(vm, events)
    return fields


def _is_ours(said: GuestEvent) -> bool:
    return said.event.lower().startswith("host.")


def _consequence(vm: Vm, said: GuestEvent) -> Fields:
    text = printable(said.payload, MAX_PROGRESS)
    match said.event:
        case "boot.progress":
            return {"boot_progress": text}
        case "boot.error":
            return {"boot_error": printable(said.payload, MAX_BODY)}
        case "shutdown.progress":
            fields: Fields = {"shutdown_progress": text}
            # Its own wish, unless we asked: then what should be was decided by whoever asked.
            if text == "powering off" and not vm.shutdown_requested and vm.desired == Desired.RUNNING:
                # It ends by itself: force would cut it off. Started again meanwhile, it comes back.
                fields |= {"desired": Desired.STOPPED, "stop_mode": StopMode.GRACEFUL}
                fields |= {"shutdown_requested": True, "shutdown_asked_at_ms": now_ms()}
            return fields
        case "instance.info":
            return _instance_info(said.payload)
    return {}


def _instance_info(payload: str) -> Fields:
    """Only hex ids are taken over, and never the app id: that one is ours."""
    try:
        info = orjson.loads(payload)
    except ValueError:
        return {}
    if not isinstance(info, dict):
        return {}
    given = {name: info.get(name) for name in ("instance_id", "instance_id_seed")}
    return {name: v.lower() for name, v in given.items() if isinstance(v, str) and _HEX.match(v)}


def printable(text: str, most: int) -> str:
    """Printable text of at most ``most`` characters."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text[:most])

"""Look, decide, act, write down, again: until there is nothing left to do for a VM."""

from __future__ import annotations

from vms import faults, telemetry
from vms.actions import observe
from vms.choices import Actual
from vms.database import in_database, now_ms
from vms.hypervisor.base import Power
from vms.selectors import work
from vms.selectors.work import Wanted
from vms.worker import execute
from vms.worker.decide import Decision, Step, decide
from vms.worker.event_tail import EventTail
from vms.worker.execute import Tools
from vms.worker.lanes import Lane

MAX_STEPS = 20
"""More steps than any way from one state to another has: a circle is a bug, and must not spin."""
_OFF = (Power.OFF, Power.ABSENT)


class Reconciler:
    """Brings one VM at a time to where it should be; ``work`` is what lanes run."""

    def __init__(self, tools: Tools, events: EventTail) -> None:
        self._tools = tools
        self._events = events
        self._asked_at_ms: dict[str, int] = {}

    async def work(self, lane: Lane) -> float | None:
        """Do all there is to do; returns in how many seconds to look again, None for never."""
        vm_id = lane.vm_id
        known: Wanted | None = None
        for _ in range(MAX_STEPS):
            if lane.closing:
                return None
            before = known or await in_database(work.wanted, vm_id)
            known = None
            if before is None:
                self._asked_at_ms.pop(vm_id, None)
                return None
            power = await self.look(before)
            wanted: Wanted | None = before
            # What was off and is off took no time to see; every step asks again for its generation.
            if before.actual != Actual.OFF or power not in _OFF or lane.woken.is_set():
                wanted = await in_database(work.wanted, vm_id)
            if wanted is None or wanted.generation != before.generation:
                continue  # a request is answered by what is seen after it came
            decision = decide(wanted, power, now_ms(), self._asked_at_ms.get(vm_id))
            if decision.step is not Step.DELETE:
                # Before it is so: who is off is not looked at again after a crash.
                await execute.write_state(self._tools, wanted)
            if decision.step is Step.REST:
                return _seconds_until(decision)
            known = await self._act(decision.step, wanted, lane)
            if lane.woken.is_set():
                lane.woken.clear()
                known = None
        raise RuntimeError(f"{MAX_STEPS} steps brought VM {vm_id} nowhere")

    async def look(self, wanted: Wanted) -> Power:
        """Ask the hypervisor what is, and write it down if it is news.

        What a guest said last is read before its end is: "powering off" explains it.
        """
        seen = await self._tools.driver.inspect(wanted.vm_id)
        if seen.power in _OFF:
            self._asked_at_ms.pop(wanted.vm_id, None)
            if wanted.actual == Actual.OFF:
                return seen.power
            if wanted.actual == Actual.STARTING:
                # A launch was cut off: what it started beside QEMU is nobody's. Nothing else is there.
                await self._tools.driver.stop(wanted.vm_id)
            await self._events.read_to_the_end(wanted.vm_id)
            faults.point("end.heard")
            if wanted.actual != Actual.STARTING:
                telemetry.EXITS.labels(seen.exit.reason if seen.exit else "lost").inc()
        await in_database(observe.seen, wanted.vm_id, execute.sighting(seen))
        return seen.power

    async def _act(self, step: Step, wanted: Wanted, lane: Lane) -> Wanted | None:
        """Returns what is wanted as the step wrote it down, where it did."""
        match step:
            case Step.PREPARE:
                return await execute.prepare(self._tools, wanted)
            case Step.LAUNCH:
                await execute.launch(self._tools, wanted, lane)
            case Step.ASK:
                self._asked_at_ms[wanted.vm_id] = now_ms()
                await execute.ask_to_power_off(self._tools, wanted)
            case Step.STOP:
                await execute.stop(self._tools, wanted)
            case Step.DELETE:
                await execute.delete(self._tools, wanted)
            case Step.SETTLE:
                await execute.settle(wanted)
            case Step.UNREACHABLE:
                await execute.say_unreachable(wanted)
            case Step.REST:
                pass
        return None


def _seconds_until(decision: Decision) -> float | None:
    if decision.until_ms is None:
        return None
    return max(0.05, (decision.until_ms - now_ms()) / 1000)

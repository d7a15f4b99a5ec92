"""What to do next for one VM: a pure function of what should be and what is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vms.choices import Desired, StopMode
from vms.hypervisor.base import Power
from vms.selectors.work import Wanted

ASK_AGAIN_MS = 15_000
"""A guest that was asked to power off and still runs is asked again: it may not have listened yet."""
LOOK_AGAIN_MS = 5_000
"""How soon a process that can't be asked is looked at again."""


class Step(StrEnum):
    """The one thing to do now."""

    REST = "rest"
    PREPARE = "prepare"
    LAUNCH = "launch"
    ASK = "ask the guest to power off"
    STOP = "stop"
    DELETE = "delete"
    SETTLE = "settle"
    UNREACHABLE = "say that it can't be reached"


@dataclass(frozen=True)
class Decision:
    """The step; when resting, ``until_ms`` is when to look again (None: when something happens)."""

    step: Step
    until_ms: int | None = None


REST = Decision(Step.REST)


def decide(wanted: Wanted, power: Power, now_ms: int, asked_at_ms: int | None = None) -> Decision:
    """Choose the next step; with the same values always the same one.

    ``asked_at_ms`` is when this process last asked the guest to power off.
    """
    runs = power in (Power.ON, Power.UNKNOWN)
    if wanted.desired == Desired.ABSENT:
        return Decision(Step.STOP if runs else Step.DELETE)
    if wanted.desired == Desired.STOPPED:
        return _towards_stopped(wanted, power, now_ms, asked_at_ms)
    return _towards_running(wanted, power, now_ms)


def _towards_stopped(wanted: Wanted, power: Power, now_ms: int, asked_at_ms: int | None) -> Decision:
    if power in (Power.OFF, Power.ABSENT):
        if not wanted.prepared or power is Power.ABSENT:
            return Decision(Step.PREPARE)
        return Decision(Step.SETTLE) if wanted.is_pending else REST
    if wanted.stop_mode == StopMode.FORCED:
        return Decision(Step.STOP)
    if power is Power.UNKNOWN:
        return _unreachable(wanted, now_ms)
    if wanted.is_pending or asked_at_ms is None or now_ms - asked_at_ms >= ASK_AGAIN_MS:
        return Decision(Step.ASK)
    return Decision(Step.REST, asked_at_ms + ASK_AGAIN_MS)


def _towards_running(wanted: Wanted, power: Power, now_ms: int) -> Decision:
    if power is Power.ON:
        return Decision(Step.SETTLE) if wanted.is_pending else REST
    if power is Power.UNKNOWN:
        return _unreachable(wanted, now_ms)
    if wanted.is_pending:
        return Decision(Step.LAUNCH)
    if wanted.next_retry_at_ms is None:
        return REST if wanted.prepared else Decision(Step.PREPARE)
    if now_ms >= wanted.next_retry_at_ms:
        return Decision(Step.LAUNCH)
    return Decision(Step.REST, wanted.next_retry_at_ms)


def _unreachable(wanted: Wanted, now_ms: int) -> Decision:
    """A process lives that can't be asked: never launch beside it, only say so and look again."""
    if wanted.is_pending:
        return Decision(Step.UNREACHABLE)
    return Decision(Step.REST, now_ms + LOOK_AGAIN_MS)

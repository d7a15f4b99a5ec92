"""A check, and running many of them: at the same time, each bounded, none able to fail."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vms.preflight.finding import Ability, Finding, Outcome, unanswered
from vms.preflight.host import Host

AT_ONCE = 8


@dataclass(frozen=True)
class Check:
    """One question to a host; ``limit_s`` is how long its answer is waited for, in seconds.

    ``quick``: cheap and of this host alone, so that a server asks it too.
    """

    id: str
    group: str
    title: str
    look: Callable[[Host], Outcome]
    affects: tuple[Ability, ...] = (Ability.SERVER,)
    limit_s: float = 10.0
    quick: bool = True


def run(checks: Iterable[Check], host: Host, at_once: int = AT_ONCE) -> list[Finding]:
    """Every check's finding, in the order of ``checks``. Blocking, but no longer than their limits.

    What takes too long is left behind in its thread, which keeps no process from ending.
    """
    ordered = list(checks)
    turns = threading.Semaphore(at_once)
    answers = [_begin(check, host, turns) for check in ordered]
    return [_await(check, answer) for check, answer in zip(ordered, answers, strict=True)]


class _Answer:
    """An outcome to come. Its time runs from when its check has its turn."""

    def __init__(self) -> None:
        self.outcome: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.began = threading.Event()
        self.began_at = 0.0


def _begin(check: Check, host: Host, turns: threading.Semaphore) -> _Answer:
    answer = _Answer()

    def work() -> None:
        # One that hangs keeps its turn for ever: after a while the next goes on without.
        turns.acquire(timeout=check.limit_s)
        answer.began_at = time.monotonic()
        answer.began.set()
        try:
            answer.outcome.put(_ask(check, host))
        finally:
            turns.release()

    threading.Thread(target=work, name=f"check {check.id}", daemon=True).start()
    return answer


def _ask(check: Check, host: Host) -> Outcome:
    try:
        return check.look(host)
    except Exception as error:
        # Whatever a host has in store: the others' answers are still wanted.
        return unanswered(
            f"this could not be looked at: {type(error).__name__}: {error}", "report this as a defect"
        )


def _await(check: Check, answer: _Answer) -> Finding:
    answer.began.wait()
    left = answer.began_at + check.limit_s - time.monotonic()
    try:
        outcome = answer.outcome.get(timeout=max(left, 0.001))
    except queue.Empty:
        outcome = unanswered(f"no answer within {check.limit_s:g} s", "try again when the host is less busy")
    return Finding(
        id=check.id,
        group=check.group,
        title=check.title,
        level=outcome.level,
        found=outcome.found,
        remedy=outcome.remedy,
        affects=(*check.affects, *outcome.also),
        prevents=outcome.prevents,
        skipped=outcome.skipped,
    )

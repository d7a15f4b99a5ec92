"""When a VM that should run and ended is started again. A pure function of how it ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RestartPolicy:
    """The operator's ``[cvm.auto_restart]``; all times in seconds."""

    enabled: bool
    max_retries: int
    initial_backoff_s: float
    max_backoff_s: float
    reset_window_s: float


@dataclass(frozen=True)
class Restart:
    """What follows: the next try (ms since 1970, None: no more), how many in a row, and in words."""

    next_retry_at_ms: int | None
    restarts: int
    words: str


def after_exit(policy: RestartPolicy, *, restarts: int, ran_ms: int, now_ms: int) -> Restart:
    """Decide after an exit that nobody asked for.

    ``restarts`` is how many automatic starts came in a row before; a run of at least
    ``reset_window_s`` was healthy and begins a new row.
    """
    if not policy.enabled:
        return Restart(None, restarts, "automatic restart is off; start it by hand")
    if ran_ms >= policy.reset_window_s * 1000:
        restarts = 0
    if restarts >= policy.max_retries:
        return Restart(None, restarts, f"gave up after {restarts} automatic restarts; start it by hand")
    backoff = min(policy.initial_backoff_s * 2 ** min(restarts, 30), policy.max_backoff_s)
    return Restart(
        now_ms + int(backoff * 1000),
        restarts + 1,
        f"restarting in {backoff:g} s (try {restarts + 1} of {policy.max_retries})",
    )

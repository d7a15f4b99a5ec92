"""When a VM that ended by itself is started again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vms.actions.restart import Restart, RestartPolicy, after_exit

POLICY = RestartPolicy(
    enabled=True, max_retries=5, initial_backoff_s=5.0, max_backoff_s=60.0, reset_window_s=300.0
)
NOW = 1_000_000


@pytest.mark.parametrize(
    "restarts, backoff_s, words",
    [
        (0, 5, "restarting in 5 s (try 1 of 5)"),
        (1, 10, "restarting in 10 s (try 2 of 5)"),
        (2, 20, "restarting in 20 s (try 3 of 5)"),
        (3, 40, "restarting in 40 s (try 4 of 5)"),
        (4, 60, "restarting in 60 s (try 5 of 5)"),
    ],
)
def test_pauses_double_up_to_the_longest(restarts: int, backoff_s: int, words: str) -> None:
    follows = after_exit(POLICY, restarts=restarts, ran_ms=0, now_ms=NOW)
    assert follows == Restart(NOW + backoff_s * 1000, restarts + 1, words)


def test_it_gives_up_after_the_last_try() -> None:
    follows = after_exit(POLICY, restarts=5, ran_ms=299_999, now_ms=NOW)
    assert follows == Restart(None, 5, "gave up after 5 automatic restarts; start it by hand")


def test_a_healthy_run_begins_a_new_row() -> None:
    follows = after_exit(POLICY, restarts=5, ran_ms=300_000, now_ms=NOW)
    assert follows == Restart(NOW + 5000, 1, "restarting in 5 s (try 1 of 5)")


def test_switched_off_it_starts_nothing() -> None:
    follows = after_exit(replace(POLICY, enabled=False), restarts=0, ran_ms=10**9, now_ms=NOW)
    assert follows == Restart(None, 0, "automatic restart is off; start it by hand")


def test_no_retries_allowed_means_none() -> None:
    assert (
        after_exit(replace(POLICY, max_retries=0), restarts=0, ran_ms=0, now_ms=NOW).next_retry_at_ms is None
    )


def test_very_many_restarts_make_no_number_that_is_too_large() -> None:
    endless = replace(POLICY, max_retries=10**9)
    assert after_exit(endless, restarts=100_000, ran_ms=0, now_ms=NOW).next_retry_at_ms == NOW + 60_000

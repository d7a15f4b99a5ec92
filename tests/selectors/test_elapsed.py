"""Elapsed time in the words of existing clients."""

from __future__ import annotations

import pytest

from vms.elapsed import in_words

DAY = 86_400


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (61, "1m 1s"),
        (3600, "1h"),
        (2 * 3600 + 3 * 60 + 4, "2h 3m 4s"),
        (DAY + 2 * 3600, "1day 2h"),
        (2 * DAY, "2days"),
        (2_630_016, "1month"),
        (2 * 2_630_016 + DAY, "2months 1day"),
        (31_557_600, "1year"),
        (3 * 31_557_600 + 1, "3years 1s"),
        (-5, "0s"),
    ],
)
def test_words(seconds: int, words: str) -> None:
    now = 10**15
    assert in_words(now - seconds * 1000, now) == words


def test_parts_of_a_second_are_left_out() -> None:
    assert in_words(1, 2000) == "1s"


def test_what_never_happened() -> None:
    assert in_words(None, 5) == "never"

"""An hour of points, and no more memory than is promised."""

from __future__ import annotations

import math

import pytest

from vms.figures.history import EVERY_S, KEPT_S, MAX_POINTS, History
from vms.figures.points import VmPoint

WIDTH = len(VmPoint._fields)
PROMISED = 24 * 1024
"""Bytes of one VM's hour."""


def test_what_was_added_comes_back_oldest_first() -> None:
    history = History(3)
    history.add(1000, [1, None, 0.5])
    history.add(2000, [2, 3, None])
    assert list(history) == [(1000, [1.0, None, 0.5]), (2000, [2.0, 3.0, None])]
    assert (len(history), history.newest_ms) == (2, 2000)


def test_an_hour_is_kept_and_nothing_older() -> None:
    history = History(1)
    for number in range(MAX_POINTS * 3):
        history.add(number * EVERY_S * 1000, [number])
    times = [at_ms for at_ms, _ in history]
    assert len(times) == MAX_POINTS
    assert times[-1] - times[0] < KEPT_S * 1000
    assert [values for _, values in history][-1] == [MAX_POINTS * 3 - 1]


def test_what_is_older_than_an_hour_goes_however_few_points_there_are() -> None:
    history = History(1)
    history.add(0, [1])
    history.add(KEPT_S * 1000, [2])
    history.add(KEPT_S * 1000 + 1, [3])
    assert [values for _, values in history] == [[2.0], [3.0]]


def test_however_long_it_runs_it_takes_no_more_than_promised() -> None:
    history = History(WIDTH)
    largest = 0
    for number in range(MAX_POINTS * 3):
        history.add(number * EVERY_S * 1000, [float(number)] * WIDTH)
        largest = max(largest, history.size)
    assert MAX_POINTS * (8 + 4 * WIDTH) <= largest < PROMISED


def test_a_clock_that_is_set_back_loses_no_bound() -> None:
    history = History(1)
    for number in range(MAX_POINTS * 2):
        history.add(10**12 - number * EVERY_S * 1000, [number])
    assert len(history) == MAX_POINTS


def test_a_point_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="3 values, not 2"):
        History(3).add(0, [1, 2])


def test_numbers_larger_than_single_precision_are_kept_as_best_they_can() -> None:
    history = History(1)
    history.add(0, [2**40 + 1])
    [(_, [value])] = list(history)
    assert value is not None
    assert math.isclose(value, 2**40, rel_tol=1e-6)

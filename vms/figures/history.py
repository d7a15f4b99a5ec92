"""The last hour of one chart, in a bounded number of bytes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence

KEPT_S = 3600
EVERY_S = 10
MAX_POINTS = KEPT_S // EVERY_S
"""A point takes 8 bytes for its time and 4 for each value: of 12, 360 points are 20 KB."""


class History:
    """Points with their times, oldest first: at most an hour's, and at most ``MAX_POINTS``.

    Values are kept in single precision, seven digits; NaN stands for None.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._times = array("q")
        self._values = array("f")

    def add(self, at_ms: int, values: Sequence[float | None]) -> None:
        """Append a point of ``width`` values; what is too old or too much goes."""
        if len(values) != self._width:
            raise ValueError(f"a point has {self._width} values, not {len(values)}")
        self._times.append(at_ms)
        self._values.extend(math.nan if value is None else value for value in values)
        surplus = max(0, len(self._times) - MAX_POINTS)
        while self._times[surplus] < at_ms - KEPT_S * 1000:
            surplus += 1
        del self._times[:surplus]
        del self._values[: surplus * self._width]

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[tuple[int, list[float | None]]]:
        """(milliseconds since 1970, values) of each point, oldest first."""
        for number, at_ms in enumerate(self._times):
            values = self._values[number * self._width : (number + 1) * self._width]
            yield at_ms, [None if math.isnan(value) else value for value in values]

    @property
    def newest_ms(self) -> int:
        """When the newest point is from; 0 without any."""
        return self._times[-1] if self._times else 0

    @property
    def size(self) -> int:
        """Bytes of memory that the points take, what is held in reserve included."""
        return self._times.__sizeof__() + self._values.__sizeof__()

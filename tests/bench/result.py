"""What a benchmark says: a figure with its unit and, where one was promised, its target."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

Say = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """One figure. ``target`` is what was promised: at most, or with ``at_least`` at least, so much."""

    subject: str
    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def measured(self) -> str:
        """The value with its unit, in no more digits than it deserves."""
        return f"{self.value:,.0f} {self.unit}" if abs(self.value) >= 100 else f"{self.value:.3g} {self.unit}"

    @property
    def promise(self) -> str:
        """The target in words, and whether it is kept; nothing where there is none."""
        if self.target is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {self.target:g} {'kept' if self.holds else '**missed**'}"


def p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def line(result: Result) -> str:
    return f"{result.subject:12} {result.name:58} {result.measured:>16} {result.promise}".rstrip()


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((row.split(":", 1)[1].strip() for row in info.splitlines() if "model name" in row), "?")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) >> 20
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": f"{os.cpu_count()} x {model}",
        "memory": f"{memory} GiB",
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def write(folder: Path, host: dict[str, str], results: Sequence[Result]) -> Path:
    """The report as JSON and, beside it, as Markdown; returns the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"bench-{host['date']}"
    told = [asdict(result) | {"holds": result.holds} for result in results]
    (folder / f"{name}.json").write_text(json.dumps({"machine": host, "results": told}, indent=1) + "\n")
    rows = [f"| {r.subject} | {r.name} | {r.measured} | {r.promise} |" for r in results]
    head = [
        "# Bench of " + host["date"],
        "",
        ", ".join(f"{key}: {value}" for key, value in host.items() if key != "date") + ".",
        "Medians of one run; compare within it.",
        "",
        "| | figure | measured | promised |",
        "| --- | --- | --- | --- |",
    ]
    path = folder / f"{name}.md"
    path.write_text("\n".join([*head, *rows]) + "\n")
    return path

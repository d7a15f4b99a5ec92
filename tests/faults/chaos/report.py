"""What came of it, for people: Markdown."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.chaos.clients import Answers
from tests.faults.chaos.fates import Fates

_VARIES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|/tmp/\S+|\d+(\.\d+)?")


@dataclass
class Report:
    """``wrong`` is what should never be; where it is empty, all went well."""

    seed: int
    minutes: float
    real: bool
    wrong: list[str] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)
    fates: Fates | None = None
    log: Counter[str] = field(default_factory=Counter)
    settled_s: float = 0.0
    vms: int = 0

    def text(self) -> str:
        died = self.fates.died if self.fates else []
        happened = self.fates.happened if self.fates else Counter()
        wrong = [*self.wrong, *self.answers.faults]
        driver = "QEMU" if self.real else "the fake driver"
        command = (
            f"script/chaos --minutes {self.minutes:g} --seed {self.seed}{' --real' if self.real else ''}"
        )
        verdict = "**WRONG:**" if wrong else "**All truths agree.**"
        return "\n".join(
            [
                f"# Chaos over {driver}: {self.minutes:g} minutes, seed {self.seed}",
                "",
                f"`{command}`",
                "",
                f"{verdict} {self.vms} VMs were left in the end; they came to rest {self.settled_s:.1f} s",
                "after the last misfortune, and were then removed.",
                *[f"- {line}" for line in wrong],
                "",
                "## What befell it",
                "",
                *[f"- {what}: {times} times" for what, times in sorted(happened.items())],
                f"- the server ended by itself {len(died)} times",
                *[f"  - {line}" for line in died],
                "",
                "## What clients were answered",
                "",
                "| method | " + " | ".join(self._statuses()) + " |",
                "| --- |" + " ---: |" * len(self._statuses()),
                *[self._row(method) for method in sorted({method for method, _ in self.answers.counts})],
                "",
                f"The longest answer took {self.answers.longest_s:.1f} s.",
                "",
                "## What the log complained of",
                "",
                *[f"- {times} times {line}" for line, times in self.log.most_common(25)],
                "",
            ]
        )

    def _statuses(self) -> list[str]:
        return sorted({status for _, status in self.answers.counts})

    def _row(self, method: str) -> str:
        counts = (str(self.answers.counts[method, status] or "") for status in self._statuses())
        return f"| {method} | " + " | ".join(counts) + " |"


def log_errors(log: Path) -> Counter[str]:
    """The errors in a log, those that differ in numbers and names only taken together."""
    found: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("level") in ("error", "critical"):
            last = str(entry.get("exception", "")).strip().splitlines()[-1:] or [""]
            words = f"{entry.get('logger')}: {entry.get('message')} {last[0]}".strip()
            found[_VARIES.sub("…", words)[:300]] += 1
    return found

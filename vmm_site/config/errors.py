"""What is said about a wrong value in the operator's configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One wrong value.

    ``source`` is the file, or the environment variable, that holds it; ``key`` the
    dotted path of the value (empty where the whole file is meant); ``value`` how it
    was written (empty for secrets and missing values); ``allowed`` what would be
    right, where that can be said.
    """

    source: str
    key: str
    reason: str
    value: str = ""
    allowed: str = ""

    def __str__(self) -> str:
        where = f"{self.source}: {self.key}" if self.key else self.source
        shown = f" = {self.value}" if self.value else ""
        allowed = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{where}{shown}: {self.reason}{allowed}"


class ConfigError(Exception):
    """The configuration is wrong; the server must not start with it.

    Every wrong value is named at once, so that nobody has to start five times.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

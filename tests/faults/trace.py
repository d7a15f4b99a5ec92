"""Writes down which points every scenario passes: ``python -m tests.faults.trace fake|real [scenario…]``."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.matrix import PASSED, SCENARIOS
from tests.faults.scenarios_of_folders import push
from tests.faults.server import FaultServer
from tests.faults.story import Story
from tests.images.real_registry import real_registry

SETTLES_S = 4.0
"""What runs beside a request, and a restart, has been by then."""


def main() -> None:
    driver, *names = sys.argv[1:]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        registry = stack.enter_context(real_registry(folder / "registry"))
        push(registry)
        settings = {"VMM_IMAGE__REGISTRY": registry.registry}
        server = FaultServer(folder / "data", fake=driver == "fake", settings=settings)
        stack.callback(server.clean_up)
        server.start()
        for name in names or _all(driver):
            passed = trace(server, name)
            known = json.loads(PASSED.read_text()) if PASSED.exists() else {}
            known.setdefault(driver, {})[name] = passed
            PASSED.write_text(json.dumps(known, indent=1) + "\n")
            sys.stdout.write(f"{name} {passed}\n")


def _all(driver: str) -> list[str]:
    return [name for name, scenario in SCENARIOS.items() if driver == "real" or not scenario.only_real]


def trace(server: FaultServer, name: str) -> dict[str, int]:
    """How often the scenario passes each point."""
    scenario, story = SCENARIOS[name], Story(server, tag="none")
    scenario.before(story)
    story.comes_to_rest(may_be_stranger=scenario.may_be_stranger)
    with server.traced() as passed:
        scenario.deed(story)
        time.sleep(SETTLES_S)
    if name.startswith("server-"):  # it ends, or starts just now
        server.kill()
        server.start()
    story.let_go()
    story.ends()
    return dict(Counter(passed))


if __name__ == "__main__":
    main()

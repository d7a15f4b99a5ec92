"""The whole of a case: before, the deed and the death, the next start, the deed again, the end."""

from __future__ import annotations

from tests.faults.matrix import Case
from tests.faults.scenarios import Scenario
from tests.faults.server import FaultServer
from tests.faults.story import Story


def tell(server: FaultServer, case: Case) -> None:
    """Fails where the three truths don't agree, or anything was lost or done twice."""
    story, scenario = Story(server, tag=case.fault), case.scenario
    try:
        server.is_well = False
        _tell(story, scenario, case.fault)
        server.is_well = True
    finally:
        story.let_go()


def _tell(story: Story, scenario: Scenario, fault: str) -> None:
    server = story.server
    scenario.before(story)
    story.comes_to_rest(may_be_stranger=scenario.may_be_stranger)
    lived = story.pids
    if not scenario.restarts:
        server.arm(fault)
    scenario.deed(story)
    assert server.dies(), f"the server did not die at {fault}; says its log:\n{server.said()}"
    left = story.pids

    server.start()
    story.comes_to_rest(may_be_stranger=scenario.may_be_stranger)
    if lived and not scenario.ends_process:
        assert story.pids == lived
    if left and story.pids:
        assert story.pids == left, "what lived when the server died was not to be started again"

    (scenario.again or scenario.deed)(story)
    story.comes_to_rest()
    assert scenario.status(story) == scenario.end, story.why()

    if story.status() == "running":
        server.done("StopVm", story.vm_id)
    if story.status() != "none":
        assert story.has_kept()
    story.ends()
    assert server.complaints() == []

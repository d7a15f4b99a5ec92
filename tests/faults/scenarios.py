"""What clients and fate do to a server while it is killed: the state before, the deed, and its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tests.faults.story import Story
from tests.real.server import wait_until

Deed = Callable[[Story], None]
LINES = 4000


@dataclass(frozen=True)
class Scenario:
    """``deed`` is cut off by the server's death and done ``again`` after it; ``end`` is then its status.

    ``end`` is a word of the wire, or ``none``. ``ends_process`` says that it is meant to end the
    VM's process, ``restarts`` that the server dies on its own start, not over a request, and
    ``may_be_stranger`` that only the deed brings directory and database together.
    """

    name: str
    before: Deed
    deed: Deed
    end: str
    again: Deed | None = None
    ends_process: bool = False
    restarts: bool = False
    may_be_stranger: bool = False
    only_real: bool = False
    status: Callable[[Story], str] = Story.status


# -- before


def nothing(story: Story) -> None:
    """There is no VM."""


def fresh(story: Story) -> None:
    """It was never started."""
    story.create(stopped=True)


def stopped(story: Story) -> None:
    story.create()
    story.server.done("StopVm", story.vm_id)
    story.keep_something()


def running(story: Story) -> None:
    stopped(story)
    story.server.done("StartVm", story.vm_id)


def grown(story: Story) -> None:
    """It has been given a larger disk, which its next start makes."""
    stopped(story)
    story.server.done("ResizeVm", story.vm_id, disk_size=2)


def port_taken(story: Story) -> None:
    """Somebody else listens where it is to be reached, so that QEMU refuses to start."""
    stopped(story)
    story.take_its_port()


def obedient(story: Story) -> None:
    """It runs, and listens to its power button."""
    story.obedient = True
    running(story)


def exited(story: Story) -> None:
    """It has switched itself off."""
    obedient(story)
    story.power_off_inside()
    story.server.until(story.vm_id, status="stopped")


# -- deeds


def asks(method: str, **fields: object) -> Deed:
    """A client's request about the VM."""

    def deed(story: Story) -> None:
        story.answer = story.server.cut(method, id=story.vm_id, **fields)

    return deed


def creates(**changed: object) -> Deed:
    """A client creates it, and one that was cut off looks first whether it came to be."""

    def deed(story: Story) -> None:
        response = story.server.cut("CreateVm", **story.configuration() | changed)
        if response is not None and response.status_code == 200:
            story.vm_id = response.json()["id"]

    return deed


def creates_if_missing(**changed: object) -> Deed:
    def deed(story: Story) -> None:
        known = story.server.ids()
        if known:
            [story.vm_id] = known
        else:
            creates(**changed)(story)

    return deed


def crashes(story: Story) -> None:
    """Its process ends, and it is started again without anybody's asking."""
    story.crash()


def comes_back(story: Story) -> None:
    wait_until("it runs again", lambda: story.status() == "running" and story.pids)


def server_starts(story: Story) -> None:
    """The server is killed; its next start is what dies."""
    fault = story.tag
    story.server.kill()
    story.server.arm(fault)
    story.server.launch()


def server_starts_after_a_crash(story: Story) -> None:
    fault = story.tag
    story.server.kill()
    story.crash()
    story.server.arm(fault)
    story.server.launch()


def server_ends(story: Story) -> None:
    """SIGTERM, in the middle of which it dies."""
    assert story.server.process is not None
    story.server.process.terminate()


def speaks(story: Story) -> None:
    """The guest says something on its event port."""
    with (story.directory / "events.jsonl").open("a") as events:
        events.write('{"event": "boot.progress", "payload": "once"}\n')


def talks(story: Story) -> None:
    """The guest writes more on its serial line than is kept."""
    text = "".join(f"line {number:08} {'.' * 40}\n" for number in range(LINES))
    with (story.directory / "serial.log").open("a") as log:
        log.write(text)


def is_read_whole(story: Story) -> None:
    """What is kept is the end of what was said, without a gap and nothing twice."""
    path = f"{story.server.url}/logs?id={story.vm_id}&ch=serial&lines=10000"
    kept = [int(line.split()[1]) for line in httpx.get(path).text.splitlines() if line.startswith("line")]
    assert len(kept) > 100
    assert kept == list(range(LINES - len(kept), LINES))


def said_once(story: Story) -> None:
    wait_until("the event is there", lambda: heard(story))
    assert heard(story) == 1


def heard(story: Story) -> int:
    rows = story.host.query(f"SELECT body FROM vms_event WHERE vm_id = '{story.vm_id}'")
    return [body for (body,) in rows].count("once")


VM_SCENARIOS = (
    Scenario("create", nothing, creates(), "running", creates_if_missing()),
    Scenario("create-stopped", nothing, creates(stopped=True), "stopped", creates_if_missing(stopped=True)),
    Scenario("start-fresh", fresh, asks("StartVm"), "running"),
    Scenario("start-stopped", stopped, asks("StartVm"), "running"),
    Scenario("start-exited", exited, asks("StartVm"), "running"),
    Scenario("start-grown", grown, asks("StartVm"), "running"),
    Scenario("start-refused", port_taken, asks("StartVm"), "exited", only_real=True),
    Scenario("stop", running, asks("StopVm"), "stopped", ends_process=True),
    Scenario("shutdown", obedient, asks("ShutdownVm"), "stopped", ends_process=True),
    Scenario("update-stopped", stopped, asks("UpdateVm", user_config="new"), "stopped"),
    Scenario("update-running", running, asks("UpdateVm", user_config="new"), "running"),
    Scenario("resize", stopped, asks("ResizeVm", vcpu=2, disk_size=2), "stopped"),
    Scenario("remove-fresh", fresh, asks("RemoveVm"), "none"),
    Scenario("remove-stopped", stopped, asks("RemoveVm"), "none"),
    Scenario("remove-running", running, asks("RemoveVm"), "none", ends_process=True),
    Scenario("restart", running, crashes, "running", comes_back, ends_process=True),
    Scenario("server-start", running, server_starts, "running", comes_back, restarts=True),
    Scenario(
        *("server-start-crashed", running, server_starts_after_a_crash, "running", comes_back),
        ends_process=True,
        restarts=True,
    ),
    Scenario("server-end", running, server_ends, "running", comes_back),
    Scenario("events", running, speaks, "running", said_once),
    Scenario("log-rotation", running, talks, "running", is_read_whole),
)

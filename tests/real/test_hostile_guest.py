"""A guest that was taken over: what it says costs the server no memory, no disk, and no other VM anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.real import hostile
from tests.real.hostile import FLOOD, MIB, footprint
from tests.real.server import Server, real_server, wait_until
from vms.guest.event_file import MAX_SIZE

pytestmark = pytest.mark.real
FLOODS = 10
MAX_GROWTH = 32 * MIB
"""Memory that the server may grow by, whatever a guest does."""
MAX_FILE = MAX_SIZE + 64 * MIB
"""The event file: what it is cut at, and what a guest may write between two looks."""
KEPT = 500
"""Events of one VM that are kept: the setting's default."""
OURS = ("vmm.sqlite3", "server-output.log")
"""Files that the server itself writes all the time."""
AGENTS = {
    "answers without end": "exec yes >&3",
    "answers noise": "exec cat /dev/urandom >&3",
    "hears and never answers": "exec cat <&3 >/dev/null",
    "never hears": "exec sleep 1000000",
    "answers another question": r"""while read -r line <&3; do printf '\377{"return":1}\n' >&3; done""",
    "answers with wrong types": r"""while read -r line <&3; do case $line in
*guest-sync*) id=${line##*\"id\":}; printf '\377{"return":%s}\n' ${id%%\}*} >&3 ;;
*) printf '{"return":[[{"name":7,"ip-addresses":"../../x"}],null,{"pid":"1"}]}\n' >&3 ;;
esac; done""",
}
Listing = dict[str, tuple[int, int, int]]
"""Inode, size and time of the last change (ns) of each file, by its path."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real_server(tmp_path_factory.mktemp("hostile") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def other(server: Server) -> str:
    """A guest that means no harm."""
    return booted(server, "other")


@pytest.fixture(scope="module")
def hostile_vm(server: Server) -> str:
    vm_id = booted(server, "hostile")
    hostile.take_over(server.run_dir(vm_id))
    return vm_id


def booted(server: Server, name: str) -> str:
    vm_id = server.create(name=name)
    server.until(vm_id, boot_progress="done")
    wait_until("the agent", lambda: ask(server, "Info", vm_id).status_code == 200)
    return vm_id


def ask(server: Server, method: str, vm_id: str) -> httpx.Response:
    return httpx.post(f"{server.url}/guest/{method}", json={"id": vm_id}, timeout=60)


def listing(folder: Path, without: Path) -> Listing:
    """All that lies in the folder, but for ``without`` and what the server itself writes all the time."""
    found = {}
    for path in folder.rglob("*"):
        if path != without and not path.is_relative_to(without) and not path.name.startswith(OURS):
            seen = path.lstat()
            found[str(path.relative_to(folder))] = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
    return found


@contextmanager
def harmless(server: Server, hostile_vm: str) -> Iterator[None]:
    """Meanwhile the server's memory stays flat, and no file outside of the VM's directory is touched."""
    run_dir = server.run_dir(hostile_vm)
    before, mine = listing(server.data, run_dir), sorted(path.name for path in run_dir.iterdir())
    memory = footprint(server, hostile_vm).memory
    yield
    assert footprint(server, hostile_vm).memory - memory < MAX_GROWTH
    assert listing(server.data, run_dir) == before
    assert sorted(path.name for path in run_dir.iterdir()) == mine


def others_are_answered(server: Server, other: str) -> None:
    assert server.info(other)["status"] == "running"
    assert server.post("Status", {}).status_code == 200
    assert ask(server, "Info", other).status_code == 200


def test_a_flood_of_hostile_events_costs_no_memory_no_disk_and_nobody_else(
    server: Server, hostile_vm: str, other: str
) -> None:
    run_dir = server.run_dir(hostile_vm)
    with harmless(server, hostile_vm):
        hostile.flood(run_dir, FLOODS)
        seen = [footprint(server, hostile_vm)]
        while not hostile.is_over(run_dir):
            others_are_answered(server, other)
            seen.append(footprint(server, hostile_vm))
        assert FLOODS * FLOOD > MAX_FILE, "too little to prove a bound"
        assert max(one.file for one in seen) < MAX_FILE
        assert max(one.rows for one in seen) <= KEPT
        assert max(one.memory for one in seen) - seen[0].memory < MAX_GROWTH
        assert len(seen) > 3
    assert not Path("/tmp/pwned").exists()
    info = server.info(hostile_vm)
    assert info["status"] == "running"
    assert "/" not in (info["instance_id"] or "")
    # It is heard again as soon as it talks like others do, and it could forge none of the host's words.
    hostile.say(run_dir, "boot.progress", "recovered")
    server.until(hostile_vm, boot_progress="recovered")
    assert not [
        body for event, body in server.events(hostile_vm) if (event, body) == ("host.stopped", "forged")
    ]


def test_what_a_guest_floods_while_no_server_is_there_is_cut_when_one_is(
    server: Server, hostile_vm: str
) -> None:
    run_dir = server.run_dir(hostile_vm)
    server.kill()
    hostile.flood(run_dir, 1)
    wait_until("the end of the flood", lambda: hostile.is_over(run_dir))
    assert (run_dir / "events.jsonl").stat().st_size > MAX_SIZE
    hostile.say(run_dir, "boot.progress", "said to nobody")
    server.start()
    server.until(hostile_vm, boot_progress="said to nobody")
    wait_until("a small file", lambda: footprint(server, hostile_vm).file < MAX_SIZE)
    assert footprint(server, hostile_vm).rows <= KEPT


@pytest.mark.parametrize("script", AGENTS.values(), ids=AGENTS)
def test_a_hostile_agent_costs_its_own_caller_an_error(
    server: Server, hostile_vm: str, other: str, script: str
) -> None:
    hostile.replace_agent(server.run_dir(hostile_vm), script)
    ask(server, "Info", hostile_vm)  # what the agent before left in the channel is thrown away
    with harmless(server, hostile_vm):
        for method in ("SysInfo", "NetworkInfo"):
            refused = ask(server, method, hostile_vm)
            assert refused.status_code in (502, 504), refused.text
            assert 10 < len(refused.json()["message"]) < 400
            others_are_answered(server, other)

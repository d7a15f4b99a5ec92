"""A real guest's console through the websocket: typing, rotation, a killed server, another boot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.real import console
from tests.real.console_socket import PATIENCE_S, ConsoleSocket, console_socket
from tests.real.server import Server, real_server, wait_until

pytestmark = pytest.mark.real
MAX_BYTES, MAX_BACKUPS = 32 << 10, 30
SETTINGS = {
    "VMM_CVM__LOG__MAX_BYTES": str(MAX_BYTES),
    "VMM_CVM__LOG__MAX_BACKUPS": str(MAX_BACKUPS),
    "VMM_CVM__LOG__CHECK_INTERVAL_SECS": "0.5",
}
LINES = 10_000
"""Of six bytes and a line's end: more than what three rotations take."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real_server(tmp_path_factory.mktemp("console") / "data", SETTINGS) as started:
        yield started


@pytest.fixture(scope="module")
def vm_id(server: Server) -> str:
    vm_id = server.create()
    server.until(vm_id, boot_progress="done")
    return vm_id


def test_what_is_typed_is_answered_at_every_console(server: Server, vm_id: str) -> None:
    with console_socket(server, vm_id) as one, console_socket(server, vm_id) as other:
        assert one.run("echo he''llo; uname -s") == b"hello\nLinux\n"
        other.until(b"hello\r\nLinux\r\n")
        assert one.hello["boot"] == 1
        assert {viewer["id"] for viewer in other.state["viewers"]} >= {other.hello["you"]}
        settled(server, vm_id, one)


def test_a_long_output_comes_whole_while_its_log_is_rotated(server: Server, vm_id: str) -> None:
    segments = set(server.run_dir(vm_id).glob("serial.log.*"))
    with console_socket(server, vm_id) as client:
        assert client.run(f"seq -w 1 {LINES}") == numbers()
        settled(server, vm_id, client)
    # Sizes are looked at every few seconds.
    wait_until("a segment", lambda: set(server.run_dir(vm_id).glob("serial.log.*")) - segments)
    assert (server.run_dir(vm_id) / "serial.log").stat().st_size <= 4 * MAX_BYTES


def test_who_does_not_read_stops_neither_the_guest_nor_others(server: Server, vm_id: str) -> None:
    url = f"{server.url.replace('http', 'ws', 1)}/ws/console/{vm_id}"
    with connect(url, max_size=None, max_queue=1, open_timeout=PATIENCE_S, compression=None) as idle:
        with console_socket(server, vm_id) as client:
            assert client.run(f"seq -w 1 {LINES}") == numbers()
        idle.recv(timeout=PATIENCE_S)


def test_a_killed_server_loses_nothing_of_what_is_printed_meanwhile(server: Server, vm_id: str) -> None:
    with console_socket(server, vm_id) as client:
        client.run("true")
        client.socket.send(f"sleep 3; seq -w 1 {LINES}; echo al''l\n".encode())
        client.until(b"echo al''l")
        boot, position = client.hello["boot"], client.position
        server.kill()
    server.start()
    with console_socket(server, vm_id, f"boot={boot}&position={position}") as client:
        assert (client.hello["boot"], client.hello["position"]) == (boot, position)
        told = client.until(b"all\r\n").replace(b"\r\n", b"\n")
        assert numbers() in told
        settled(server, vm_id, client)


def test_another_boot_is_told_of_and_the_one_before_can_be_read(server: Server, vm_id: str) -> None:
    with console_socket(server, vm_id) as client:
        client.run("echo first''boot")
        boot = client.hello["boot"]
        server.done("StopVm", vm_id)
        server.done("StartVm", vm_id)
        client.until_hello()
        assert (client.hello["boot"], client.hello["position"]) == (boot + 1, 0)
        server.until(vm_id, boot_progress="done")
        assert client.run("echo second''boot") == b"secondboot\n"
    whole = httpx.get(f"{server.url}/logs?id={vm_id}&boot=1&lines=100000", timeout=60).text
    assert "firstboot" in whole
    assert "secondboot" not in whole


def test_with_no_viewer_the_line_is_free_for_others(server: Server, vm_id: str) -> None:
    assert console.run(server.run_dir(vm_id), "echo by''hand") == "byhand\n"


def numbers() -> bytes:
    return b"".join(b"%05d\n" % number for number in range(1, LINES + 1))


def settled(server: Server, vm_id: str, client: ConsoleSocket) -> None:
    """The client's count is that of the log: its segments' and its own length."""
    folder = server.run_dir(vm_id)

    def is_so() -> bool:
        return client.position == _end_of(folder, client.hello["boot"])

    while client.position < _end_of(folder, client.hello["boot"]):
        client.next()
    wait_until("the client's position is the log's end", is_so)


def _end_of(folder: Path, boot: int) -> int:
    """Counted from the names of the segments, as documented."""
    segments = [path.name.split(".") for path in folder.glob(f"serial.log.{boot:06}.*")]
    ends = [int(start) + (folder / f"serial.log.{boot:06}.{start}").stat().st_size for *_, start in segments]
    return max(ends, default=0) + (folder / "serial.log").stat().st_size

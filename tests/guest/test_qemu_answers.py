"""What the QEMU guest agent tells, as our messages; agents that lie, keep things back, or send garbage."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.guest.test_qemu_agent import Guest, agent
from vms.guest import qemu_channel
from vms.guest.interface import (
    AgentFailed,
    AgentSilent,
    DiskInfo,
    Gateway,
    GuestInfo,
    Interface,
    IpAddress,
    NetworkInformation,
    NotOffered,
    SystemInfo,
)

REFUSED = {"error": {"class": "CommandNotFound", "desc": "The command has been disabled"}}
FILES = {
    "/proc/meminfo": "MemTotal: 1000 kB\nMemFree: 300 kB\nMemAvailable: 400 kB\nSwapTotal: 50 kB\n"
    "SwapFree: 20 kB\n",
    "/proc/loadavg": "0.12 0.05 1.50 1/70 400\n",
    "/proc/uptime": "4711.98 9000.00\n",
    "/proc/cpuinfo": "processor\t: 0\nmodel name\t: QEMU TCG CPU version 2.5+\n\n",
    "/etc/resolv.conf": "nameserver 10.0.2.3\n",
    "/proc/net/route": "eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
}
ANSWERS: dict[str, Any] = {
    "guest-info": {"version": "7.2.22", "supported_commands": []},
    "guest-get-osinfo": {"name": "Debian GNU/Linux", "version-id": "12", "kernel-release": "6.1.0-28-amd64"},
    "guest-get-vcpus": [{"logical-id": 0, "online": True}, {"logical-id": 1, "online": False}],
    "guest-get-fsinfo": [
        {
            "name": "vdb",
            "mountpoint": "/data",
            "type": "ext4",
            "total-bytes": 1000,
            "used-bytes": 300,
            "disk": [],
        },
        {"name": "host-shared", "mountpoint": "/run/host", "type": "9p", "disk": []},
    ],
    "guest-get-memory-blocks": [{"phys-index": 0, "online": True}, {"phys-index": 1, "online": True}],
    "guest-get-memory-block-info": {"size": 134217728},
    "guest-network-get-interfaces": [
        {"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1", "prefix": 8, "ip-address-type": "ipv4"}]},
        {
            "name": "eth0",
            "hardware-address": "02:00:00:00:00:01",
            "ip-addresses": [{"ip-address": "10.0.2.10", "prefix": 24, "ip-address-type": "ipv4"}],
            "statistics": {"rx-bytes": 100, "tx-bytes": 200, "rx-errs": 1, "tx-errs": 2, "rx-packets": 9},
        },
        {"name": "wg0"},
    ],
}


class Answering:
    """An agent with these answers, or refusals, and these files."""

    def __init__(self, answers: dict[str, Any], files: dict[str, str]) -> None:
        self.answers = answers
        self.files = files
        self.asked: list[str] = []
        self._opened = ""

    async def __call__(self, guest: Guest) -> None:
        await guest.synchronise()
        while True:
            request = await guest.request()
            self.asked.append(request["execute"])
            answer = self._answer(request["execute"], request["arguments"])
            await guest.say(answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n")

    def _answer(self, command: str, arguments: dict[str, Any]) -> Any:
        match command:
            case _ if command in self.answers:
                answer = self.answers[command]
                return answer if answer is REFUSED or isinstance(answer, bytes) else {"return": answer}
            case "guest-file-open" if arguments["path"] in self.files:
                self._opened = arguments["path"]
                return {"return": 1000}
            case "guest-file-read":
                content = base64.b64encode(self.files[self._opened].encode()).decode()
                return {"return": {"count": 1, "buf-b64": content, "eof": True}}
            case "guest-file-close":
                return {"return": {}}
        return REFUSED


async def ask(tmp_path: Path, behaviour: Answering, method: str) -> Any:
    async with agent(tmp_path, behaviour) as client:
        return await getattr(client, method)()


async def ask_for_anything(tmp_path: Path, behaviour: Answering, method: str) -> Any:
    """The answer, or the failure."""
    try:
        return await ask(tmp_path, behaviour, method)
    except AgentFailed as error:
        return error


async def test_system_info_is_the_guest_s_own(tmp_path: Path) -> None:
    behaviour = Answering(ANSWERS, FILES)
    assert await ask(tmp_path, behaviour, "sys_info") == SystemInfo(
        os_name="Debian GNU/Linux",
        os_version="12",
        kernel_version="6.1.0-28-amd64",
        cpu_model="QEMU TCG CPU version 2.5+",
        num_cpus=1,
        total_memory=1000 * 1024,
        available_memory=400 * 1024,
        used_memory=600 * 1024,
        free_memory=300 * 1024,
        total_swap=50 * 1024,
        used_swap=30 * 1024,
        free_swap=20 * 1024,
        uptime=4711,
        loadavg_one=12,
        loadavg_five=5,
        loadavg_fifteen=150,
        disks=(DiskInfo("vdb", "/data", 1000, 700), DiskInfo("host-shared", "/run/host", 0, 0)),
    )
    assert behaviour.asked.count("guest-file-open") == behaviour.asked.count("guest-file-close") == 4
    assert "guest-exec" not in behaviour.asked


async def test_an_agent_that_reads_no_files_tells_the_memory_by_its_blocks(tmp_path: Path) -> None:
    info = await ask(tmp_path, Answering(ANSWERS, {}), "sys_info")
    assert info.total_memory == 256 << 20
    assert (info.free_memory, info.uptime, info.cpu_model, info.loadavg_one) == (0, 0, "", 0)
    assert info.os_name == "Debian GNU/Linux"


async def test_what_an_agent_keeps_back_is_0_or_empty(tmp_path: Path) -> None:
    assert await ask(tmp_path, Answering({}, {}), "sys_info") == SystemInfo()


async def test_network_information_is_the_guest_s_own(tmp_path: Path) -> None:
    assert await ask(tmp_path, Answering(ANSWERS, FILES), "network_info") == NetworkInformation(
        dns_servers=("10.0.2.3",),
        gateways=(Gateway("10.0.2.2"),),
        interfaces=(
            Interface("eth0", (IpAddress("10.0.2.10", 24),), 100, 200, 1, 2),
            Interface("wg0"),
        ),
    )


async def test_an_agent_without_interfaces_says_so(tmp_path: Path) -> None:
    with pytest.raises(AgentFailed, match="refused: The command has been disabled"):
        await ask(tmp_path, Answering({}, {}), "network_info")


async def test_info_is_the_agent_s_version_and_nothing_made_up(tmp_path: Path) -> None:
    assert await ask(tmp_path, Answering(ANSWERS, {}), "info") == GuestInfo(version="7.2.22")


async def test_containers_are_not_offered(tmp_path: Path) -> None:
    with pytest.raises(NotOffered, match="QEMU guest agent, which knows of none"):
        await ask(tmp_path, Answering(ANSWERS, {}), "list_containers")


GARBAGE: list[Any] = [7, 1e400, -1, True, "text", [], {}, [7], [None], [[]], {"name": 7}, [{"name": ["a"]}]]
COMMANDS = {
    "guest-info": "info",
    "guest-get-osinfo": "sys_info",
    "guest-get-vcpus": "sys_info",
    "guest-get-fsinfo": "sys_info",
    "guest-file-open": "sys_info",
    "guest-file-read": "sys_info",
    "guest-network-get-interfaces": "network_info",
}
WRONG: dict[str, list[Any]] = {
    "guest-get-fsinfo": [
        [{"total-bytes": "1"}],
        [{"total-bytes": 2**64, "used-bytes": 1}],
        [{"mountpoint": 1}],
    ],
    "guest-network-get-interfaces": [
        [{"name": "a", "ip-addresses": {}}],
        [{"name": "a", "ip-addresses": [7]}],
        [{"name": "a", "ip-addresses": [{"prefix": -1}]}],
        [{"name": "a", "ip-addresses": [{"prefix": 2**32}]}],
        [{"name": "a", "statistics": []}],
        [{"name": "a", "statistics": {"rx-bytes": -1}}],
        [{"name": "a", "statistics": {"rx-bytes": 1.5}}],
    ],
    "guest-file-open": [2**64, -(2**64)],
    "guest-file-read": [{"buf-b64": "%%%"}, {"buf-b64": 7}, {"buf-b64": "AAA"}],
}


@pytest.mark.parametrize("command", COMMANDS)
async def test_json_of_every_wrong_type_is_a_failure_or_tells_nothing(tmp_path: Path, command: str) -> None:
    """Never anything else: what comes back, if anything, is made of the right types."""
    failures = 0
    for number, garbage in enumerate([*GARBAGE, *WRONG.get(command, [])]):
        folder = tmp_path / str(number)
        folder.mkdir()
        behaviour = Answering(ANSWERS | {command: garbage}, FILES)
        told = await ask_for_anything(folder, behaviour, COMMANDS[command])
        failures += isinstance(told, AgentFailed)
        if isinstance(told, AgentFailed):
            assert "nonsense" in str(told), garbage
        else:
            assert isinstance(told, GuestInfo | SystemInfo | NetworkInformation)
    assert failures >= len(WRONG.get(command, [])) + 3


LINES: dict[str, Callable[[], bytes]] = {
    "ten megabytes": lambda: b'{"return": "' + b"x" * (10 << 20) + b'"}\n',
    "no UTF-8": lambda: b'{"return": {"version": "\xff\xfe"}}\n',
    "no JSON": lambda: b"\x00\x01\x02\n",
    "deep": lambda: b"[" * 100_000 + b"\n",
    "a list": lambda: b"[]\n",
    "an error that is none": lambda: b'{"error": 7}\n',
    "a huge error": lambda: json.dumps({"error": {"desc": "\x1b[31m no " * 10_000}}).encode() + b"\n",
}


@pytest.mark.parametrize("line", LINES)
async def test_a_line_that_is_no_reply_is_a_failure_in_bounded_words(tmp_path: Path, line: str) -> None:
    with pytest.raises(AgentFailed) as failed:
        await ask(tmp_path, Answering({"guest-info": LINES[line]()}, {}), "info")
    assert len(str(failed.value)) < 400
    assert str(failed.value).isprintable()


async def test_an_agent_that_falls_silent_in_the_middle_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def falls_silent(guest: Guest) -> None:
        await guest.synchronise()
        await guest.request()
        await asyncio.Event().wait()

    monkeypatch.setattr(qemu_channel, "REPLY_TIMEOUT_S", 0.1)
    async with agent(tmp_path, falls_silent) as client:
        with pytest.raises(AgentSilent, match="did not answer within"):
            await client.sys_info()

"""The demo image boots under QEMU and does what it promises."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.demo.guest import (
    AGENT,
    DATA_DISK,
    EVENTS,
    NINEP,
    SERIAL_BUS,
    UNREAD_EVENTS,
    VVFAT,
    Guest,
    free_port,
    user_network,
)

pytestmark = pytest.mark.real

READY_WITHIN_S = 30.0
"""Three seconds alone on a machine; this much where every core is fought over."""

AWKWARD_NAME = 'A "nice" <b>app</b> & \\ Käse 🧀'


def everything(
    directory: Path, image: Path, kernel: str = "vmlinux", share: tuple[str, ...] = NINEP
) -> Guest:
    port = free_port()
    devices = (*DATA_DISK, *user_network(port), *SERIAL_BUS, *EVENTS, *AGENT, *share)
    return Guest(directory, image, devices, kernel, port)


def steps(guest: Guest) -> list[str]:
    return [payload for event, payload in guest.events() if event == "boot.progress"]


def test_two_boots_tell_their_story_and_keep_what_is_on_the_data_disk(directory: Path, image: Path) -> None:
    started = time.monotonic()
    with everything(directory, image) as guest:
        guest.wait_until_done()
        took = time.monotonic() - started
        assert steps(guest) == [
            "mounting host share",
            "reading app-compose.json",
            "formatting data disk",
            "mounting data disk",
            "starting app",
            "waiting for the network",
            "done",
        ]
        compose = (directory / "shared" / "app-compose.json").read_bytes()
        first = json.loads(guest.web("/info.json"))
        assert first["name"] == AWKWARD_NAME
        assert first["compose_hash"] == hashlib.sha256(compose).hexdigest()
        assert (first["host_share"], first["data_disk"]) == ("9p", "/dev/vda")
        assert (first["vcpus"], first["memory_mb"], first["boot_count"]) == (1, 256, 1)
        data_disk = {"name": "vda", "bytes": 1 << 30, "read_only": False, "label": "dstack-data"}
        assert first["disks"] == [data_disk]
        assert [(card["name"], card["addresses"][0]) for card in first["interfaces"]] == [
            ("eth0", "10.0.2.10/24")
        ]
        assert (first["dmi"]["sys_vendor"], first["tpm"]) == ("QEMU", None)
        page = guest.web("/")
        assert "<h1>A &quot;nice&quot; &lt;b&gt;app&lt;/b&gt; &amp; \\ Käse 🧀</h1>" in page
        assert first["compose_hash"] in page
        with pytest.raises(HTTPError, match="404"):
            guest.web("/cgi-bin/note")
        guest.web("/cgi-bin/note", b'remember: 1 & "2"\n')
        guest.agent("guest-shutdown", answered=False)
        assert guest.ended_because() == "guest-shutdown"
        assert guest.events()[-2:] == [
            ("shutdown.progress", "stopping app"),
            ("shutdown.progress", "powering off"),
        ]
    with everything(directory, image, kernel="bzImage") as guest:
        guest.wait_until_done()
        assert "formatting data disk" not in steps(guest)
        second = json.loads(guest.web("/info.json"))
        assert second["boot_count"] == 2
        assert second["instance_id"] == first["instance_id"]
        assert guest.web("/cgi-bin/note") == 'remember: 1 & "2"\n'
        guest.qmp("system_powerdown")
        assert guest.ended_because() == "guest-shutdown"
        assert guest.events()[-1] == ("shutdown.progress", "powering off")
    assert took < READY_WITHIN_S


def test_the_instance_id_is_derived_as_real_guests_do(directory: Path, image: Path) -> None:
    with everything(directory, image) as guest:
        guest.wait_until_done()
        (payload,) = [payload for event, payload in guest.events() if event == "instance.info"]
        info = json.loads(guest.web("/info.json"))
    reported = json.loads(payload)
    seed_and_app = bytes.fromhex(reported["instance_id_seed"] + info["app_id"])
    assert reported["instance_id"] == hashlib.sha256(seed_and_app).hexdigest()[:40] == info["instance_id"]
    assert info["app_id"] == info["compose_hash"][:40]


def test_an_instance_that_the_host_names_is_taken_over(directory: Path, image: Path) -> None:
    named = {"instance_id_seed": "aa" * 20, "instance_id": "bb" * 20, "app_id": "cc" * 20}
    (directory / "shared" / ".instance_info").write_text(json.dumps(named))
    with everything(directory, image) as guest:
        guest.wait_until_done()
        info = json.loads(guest.web("/info.json"))
        events = guest.events()
    assert (info["app_id"], info["instance_id"]) == ("cc" * 20, "bb" * 20)
    reported = json.dumps({k: named[k] for k in ("instance_id_seed", "instance_id")}, separators=(",", ":"))
    assert ("instance.info", reported) in events


def test_it_boots_with_no_device_but_the_serial_port(directory: Path, image: Path) -> None:
    with Guest(directory, image, ()) as guest:
        guest.wait_for("the prompt", lambda: "# " in guest.console())
        console = guest.run("echo sum $((40 + 2))", until="sum 42")
        assert "error: the host share is neither" in console
        assert "panic" not in console
        guest.qmp("system_powerdown")
        assert guest.ended_because() == "guest-shutdown"


def test_a_host_that_reads_no_events_holds_nothing_up(directory: Path, image: Path) -> None:
    port = free_port()
    devices = (*DATA_DISK, *user_network(port), *SERIAL_BUS, *UNREAD_EVENTS, *NINEP)
    with Guest(directory, image, devices, port=port) as guest:
        guest.wait_for("the prompt", lambda: "# " in guest.console())
        assert json.loads(guest.web("/info.json"))["boot_count"] == 1
        with socket.socket(socket.AF_UNIX) as events:
            events.connect(str(directory / "events.sock"))
            events.settimeout(READY_WITHIN_S)
            received = b""
            while b'"done"' not in received:
                received += events.recv(4096)
        assert received.startswith(b'{"event":"boot.progress","payload":"mounting host share"}\n')


def test_the_share_may_be_a_disk(directory: Path, image: Path) -> None:
    with everything(directory, image, share=VVFAT) as guest:
        guest.wait_until_done()
        info = json.loads(guest.web("/info.json"))
    assert (info["name"], info["host_share"], info["data_disk"]) == (AWKWARD_NAME, "/dev/vdb1", "/dev/vda")


def test_a_data_disk_that_became_larger_is_used_whole(directory: Path, image: Path) -> None:
    def data_bytes(guest: Guest) -> int:
        guest.wait_until_done()
        (data,) = [fs for fs in guest.agent("guest-get-fsinfo") if fs["mountpoint"] == "/data"]
        total: int = data["total-bytes"]
        guest.web("/cgi-bin/note", b"still here")
        return total

    with everything(directory, image) as guest:
        small = data_bytes(guest)
    subprocess.run(["qemu-img", "resize", "-q", str(directory / "hda.img"), "3G"], check=True)
    with everything(directory, image) as guest:
        large = data_bytes(guest)
        assert "growing data disk" in steps(guest)
        assert guest.web("/cgi-bin/note") == "still here"
    assert small < 1 << 30 < 2 << 30 < large


def test_a_disk_that_holds_something_else_is_left_alone(directory: Path, image: Path) -> None:
    raw = directory / "raw"
    with raw.open("wb") as file:
        file.write(b"somebody's table of contents")
        file.truncate(64 << 20)
    before = hashlib.sha256(raw.read_bytes()).digest()
    convert = ["qemu-img", "convert", "-O", "qcow2", str(raw), str(directory / "hda.img")]
    subprocess.run(convert, check=True)
    with everything(directory, image) as guest:
        guest.wait_until_done()
        errors = [payload for event, payload in guest.events() if event == "boot.error"]
        assert errors == ["data disk /dev/vda holds something that is not ext4; it is left alone"]
        with pytest.raises(HTTPError, match="503"):
            guest.web("/cgi-bin/note", b"x")
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(directory / "hda.img"), str(raw)], check=True)
    assert hashlib.sha256(raw.read_bytes()).digest() == before


def test_the_guest_agent_knows_the_system_and_its_address(directory: Path, image: Path) -> None:
    with everything(directory, image) as guest:
        guest.wait_until_done()
        assert guest.agent("guest-get-osinfo")["id"] == "dstack-demo"
        assert guest.agent("guest-info")["version"]
        interfaces = guest.agent("guest-network-get-interfaces")
        (card,) = [interface for interface in interfaces if interface["name"] == "eth0"]
        assert "10.0.2.10" in [address["ip-address"] for address in card["ip-addresses"]]
        assert guest.agent("guest-get-host-name")["host-name"] == "A-nice-b-app-b-K-se"


def test_reboot_at_the_shell_unmounts_and_restarts(directory: Path, image: Path) -> None:
    with everything(directory, image) as guest:
        guest.wait_until_done()
        guest.run("reboot", until="rebooting")
        assert guest.ended_because() == "guest-reset"
        assert guest.events()[-1] == ("shutdown.progress", "rebooting")


def test_a_panic_is_seen_on_the_console_and_told_to_qemu(directory: Path, image: Path) -> None:
    with everything(directory, image) as guest:
        guest.wait_until_done()
        guest.wait_for("the prompt", lambda: re.search(r"# ", guest.console()))
        guest.run("echo c > /proc/sysrq-trigger", until="Kernel panic")
        assert guest.ended_because() == "guest-panic"

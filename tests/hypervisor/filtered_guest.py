"""Scenes of real QEMUs on real TAP devices, to be played by root in a network namespace of their own.

``python -m tests.hypervisor.filtered_guest SCENE FOLDER`` prints what came of it, in JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.hypervisor import machines
from tests.hypervisor.netd_server import NetdServer
from tests.waiting import eventually
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.spec import GuestSpec, NetworkFilter, NetworkMode, NetworkSpec

BRIDGE = "br0"
DEVICES = Path("/sys/class/net")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def make(tap: str, request: dict[str, Any]) -> None:
    ip("tuntap", "add", "dev", tap, "mode", "tap", "user", str(request["qemu_uid"]))
    ip("link", "set", "dev", tap, "master", request["bridge"])
    ip("link", "set", "dev", tap, "up")


def taps() -> list[str]:
    # By asking the kernel of this namespace: /sys still shows the one that we came from.
    said = subprocess.run(["ip", "-json", "link"], check=True, capture_output=True).stdout
    return [link["ifname"] for link in json.loads(said) if link["ifname"].startswith("dt")]


def link(tap: str) -> dict[str, Any]:
    said = subprocess.run(["ip", "-json", "link", "show", tap], check=True, capture_output=True).stdout
    found: dict[str, Any] = json.loads(said)[0]
    return found


def driver_in(folder: Path) -> QemuDriver:
    filtered = NetworkFilter(folder / "netd.sock", "node-7", "clean-traffic")
    return QemuDriver(folder / "run", replace(machines.host_settings(), network_filter=filtered))


def spec_in(folder: Path) -> GuestSpec:
    networks = (NetworkSpec(NetworkMode.BRIDGE, bridge_name=BRIDGE),)
    return replace(machines.guest_spec(machines.image(folder)), networks=networks)


async def all_gone() -> list[str]:
    """Wait until no device is left; those that are, if they stay."""
    try:
        await eventually(lambda: not taps())
    except TimeoutError:
        pass
    return taps()


async def lifetime(folder: Path) -> dict[str, Any]:
    driver, spec = driver_in(folder), spec_in(folder)
    ended = asyncio.Event()
    driver.on_exit(lambda _vm_id: ended.set())
    pid = (await driver.launch(spec)).pid
    [tap] = taps()
    seen = link(tap)
    told: dict[str, Any] = {
        "while it runs": {"on bridge": seen["master"] == BRIDGE, "carrier": "LOWER_UP" in seen["flags"]}
    }
    os.kill(pid or 0, signal.SIGKILL)
    await ended.wait()
    await driver.inspect("vm-1")
    told["when it has ended by itself"] = await all_gone()
    await driver.launch(replace(spec, generation=2))
    await driver.stop("vm-1")
    told["when it was stopped"] = await all_gone()
    await driver.close()
    return told


async def server_killed(folder: Path) -> dict[str, Any]:
    spec = spec_in(folder)
    killed = driver_in(folder)
    pid = (await killed.launch(spec)).pid
    await killed.close()
    os.kill(pid or 0, signal.SIGKILL)
    await machines.gone(pid or 0)
    before = len(taps())
    driver = driver_in(folder)
    await driver.inspect("vm-1")
    told = {"before": before, "after the next server looked": await all_gone()}
    await driver.close()
    return told


async def refused(folder: Path) -> dict[str, Any]:
    driver, spec = driver_in(folder), spec_in(folder)
    broken = replace(spec, image=replace(spec.image, kernel=folder / "no-kernel"))
    words = ""
    try:
        await driver.launch(broken)
    except LaunchRefused as error:
        words = str(error)
    told = {"words": words, "left": await all_gone()}
    await driver.close()
    return told


SCENES = {"lifetime": lifetime, "server killed": server_killed, "refused": refused}


async def play(name: str, folder: Path) -> dict[str, Any]:
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("link", "set", "dev", BRIDGE, "up")
    server = NetdServer()
    server.make, server.unmake = make, lambda tap: ip("link", "delete", "dev", tap)
    async with server.listen(folder / "netd.sock"):
        return await SCENES[name](folder)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(play(sys.argv[1], Path(sys.argv[2])))))

"""The command line of plain guests, taken by the real QEMU and read back over its monitor.

The guest's processor is never started: what counts is what QEMU made of the options.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from vms.hypervisor.command import build_argv
from vms.hypervisor.directory import make_serial_line
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.hypervisor.network import mac_address
from vms.hypervisor.qmp import QmpSession
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import GuestSpec, HostSettings, NetworkMode, NetworkSpec, ShareMode

from .launches import SMBIOS_FULL
from .machines import guest_spec, host_settings, image, needs_qemu

pytestmark = [pytest.mark.real, needs_qemu]

QMP_TIMEOUT_S = 30.0
ODD_NAME = "a,readonly=off,file=b =\"'%s{}ü"

VIRTIO = 0x1AF4
NET, BLOCK, CONSOLE, NINEP = (VIRTIO, 0x1000), (VIRTIO, 0x1001), (VIRTIO, 0x1003), (VIRTIO, 0x1009)
PANIC = (0x1B36, 0x0011)
ON_THE_MAINBOARD = 0x8086

EXPANDER = (0x1B36, 0x000B)
MACHINE = ("append", "kernel", "initrd")


@pytest.fixture
def spec(tmp_path: Path) -> GuestSpec:
    """A guest with a disk of every kind, two interfaces, and names that look like options."""
    folder = tmp_path / ODD_NAME
    (tmp_path / "vm" / "shared").mkdir(parents=True)
    folder.mkdir()
    for name in ("rootfs.verity", "models,,2.img", "id=hd1"):
        (folder / name).write_bytes(bytes(1 << 20))
    files = replace(image(tmp_path), rootfs=folder / "rootfs.verity", cmdline="a=b,,c -device edu ü")
    return replace(
        guest_spec(files),
        vcpu=3,
        memory_mb=64,
        networks=(NetworkSpec(NetworkMode.USER), NetworkSpec(NetworkMode.USER)),
        volumes=(folder / "models,,2.img", folder / "id=hd1"),
    )


@pytest.fixture
def host() -> HostSettings:
    return replace(
        host_settings(),
        smbios=SMBIOS_FULL,
        hotplug_off=True,
        pci_hole64_size=2**36,
        user_net="192.168.7.0/24",
        user_net_dhcp_start="192.168.7.9",
    )


@asynccontextmanager
async def halted(spec: GuestSpec, host: HostSettings, cwd: Path) -> AsyncIterator[QmpSession]:
    """QEMU with this launch's command line, standing still before its first instruction."""
    make = [str(host.qemu_img_path), "create", "-q", "-f", "qcow2"]
    subprocess.run([*make, "hda.img", "1G"], cwd=cwd, check=True)
    (cwd / "shared.img").write_bytes(bytes(1 << 20))
    make_serial_line(RunDir(cwd))
    argv = [without_huge_pages(word, cwd) for word in build_argv(spec, host)]
    process = await asyncio.create_subprocess_exec(*argv, "-S", cwd=cwd, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(QMP_TIMEOUT_S):
            session = await monitor_of(process, cwd / "qmp.sock")
        try:
            yield session
        finally:
            await session.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def without_huge_pages(word: str, folder: Path) -> str:
    """A sparse file in the place of huge pages, which no machine that only runs tests sets aside."""
    return word.replace("mem-path=/dev/hugepages,share=on,prealloc=yes", f"mem-path={folder},share=on")


async def monitor_of(process: asyncio.subprocess.Process, path: Path) -> QmpSession:
    while True:
        try:
            return await QmpSession.open(path, QMP_TIMEOUT_S)
        except NotAnswering:
            if process.returncode is not None:
                _, words = await process.communicate()
                raise AssertionError(f"QEMU refused the command line: {words.decode()}") from None
            await asyncio.sleep(0.02)


async def asked(session: QmpSession, command: str, **arguments: object) -> Any:
    return cast(Any, await session.execute(command, QMP_TIMEOUT_S, arguments or None))


async def disks(session: QmpSession) -> list[tuple[str, str, bool]]:
    """Name, file and whether it is read-only, of each disk."""
    return [
        (found["device"], Path(found["inserted"]["file"]).name, found["inserted"]["ro"])
        for found in await asked(session, "query-block")
        if "inserted" in found and found["device"]
    ]


async def root_bus(session: QmpSession) -> list[dict[str, Any]]:
    buses = {found["bus"]: found["devices"] for found in await asked(session, "query-pci")}
    return cast(list[dict[str, Any]], buses[0])


async def plugged_in(session: QmpSession) -> list[tuple[int, int]]:
    """Vendor and device of what was added to the mainboard's own, in the order of the bus."""
    ids = [(found["id"]["vendor"], found["id"]["device"]) for found in await root_bus(session)]
    return [pair for pair in ids if pair[0] != ON_THE_MAINBOARD]


@pytest.mark.parametrize(
    "mode, share", [(ShareMode.NINEP, NINEP), (ShareMode.VVFAT, BLOCK), (ShareMode.VHD, BLOCK)]
)
async def test_qemu_makes_of_it_the_machine_that_was_meant(
    mode: ShareMode, share: tuple[int, int], spec: GuestSpec, host: HostSettings, tmp_path: Path
) -> None:
    spec = replace(spec, share_mode=mode)
    async with halted(spec, host, tmp_path / "vm") as session:
        assert (await asked(session, "query-name"))["name"] == spec.vm_id
        assert len(await asked(session, "query-cpus-fast")) == 3
        assert (await asked(session, "query-memory-size-summary"))["base-memory"] == 64 << 20
        shared = [("hd2", "shared.img", True)] if mode is ShareMode.VHD else []
        assert await disks(session) == [
            ("hd0", "rootfs.verity", True),
            ("hd1", "hda.img", False),
            ("vol0", "models,,2.img", True),
            ("vol1", "id=hd1", True),
            *shared,
        ]
        assert await plugged_in(session) == [BLOCK, BLOCK, BLOCK, BLOCK, NET, NET, share, CONSOLE, PANIC]


async def test_qemu_reads_the_guest_s_own_words_as_they_are(
    spec: GuestSpec, host: HostSettings, tmp_path: Path
) -> None:
    async with halted(spec, host, tmp_path / "vm") as session:
        machine = {key: await asked(session, "qom-get", path="/machine", property=key) for key in MACHINE}
        assert machine == {
            "append": "a=b,,c -device edu ü",
            "kernel": str(spec.image.kernel),
            "initrd": str(spec.image.initrd),
        }
        addresses = [
            await asked(session, "qom-get", path=f"/machine/peripheral-anon/{name}", property="mac")
            for name in await interfaces(session)
        ]
        assert addresses == [mac_address(spec.vm_id, index) for index in (0, 1)]


async def test_qemu_spreads_a_guest_in_huge_pages_over_its_node(
    spec: GuestSpec, host: HostSettings, tmp_path: Path
) -> None:
    spec = replace(spec, hugepages=True, memory_mb=1500)
    async with halted(spec, host, tmp_path / "vm") as session:
        assert (await asked(session, "query-memory-size-summary"))["base-memory"] == 1 << 30
        (memory,) = await asked(session, "query-memdev")
        assert (memory["id"], memory["host-nodes"], memory["policy"]) == ("mem0", [0], "bind")
        processors = await asked(session, "query-cpus-fast")
        assert [found["props"]["node-id"] for found in processors] == [0, 0, 0]
        devices = await plugged_in(session)  # the expander's slot lies behind all the others
        assert devices == [BLOCK, BLOCK, BLOCK, BLOCK, NET, NET, NINEP, CONSOLE, PANIC, EXPANDER]
        # The contract's decimal digits, 10, as QEMU takes them: slot 0x10.
        slots = {found["id"]["device"]: found["slot"] for found in await root_bus(session)}
        assert slots[EXPANDER[1]] == 0x10


async def interfaces(session: QmpSession) -> list[str]:
    children = await asked(session, "qom-list", path="/machine/peripheral-anon")
    cards = [child["name"] for child in children if child["type"] == "child<virtio-net-pci>"]
    return sorted(cards, key=lambda name: int(name.removeprefix("device[").removesuffix("]")))


async def test_qemu_takes_an_initrd_for_a_list_so_no_image_may_name_a_file_of_the_host_in_it(
    spec: GuestSpec, host: HostSettings, tmp_path: Path
) -> None:
    hostile = Path(f"{spec.image.initrd},{tmp_path}/a file of the host")
    with pytest.raises(LaunchRefused, match="may end in a comma"):
        build_argv(replace(spec, image=replace(spec.image, initrd=hostile)), host)
    # What would have come of it:
    words = [str(host.qemu_path), "-S", "-display", "none", "-nodefaults"]
    words += ["-kernel", str(spec.image.kernel), "-initrd", str(hostile)]
    refused = subprocess.run(words, capture_output=True, text=True, timeout=QMP_TIMEOUT_S, check=False)
    assert f"Failed to open file '{tmp_path}/a'" in refused.stderr

"""One guest with all that a plain one can be given: what it finds is what was asked for."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.real.inside import Facts, facts_at, shell
from tests.real.server import Server, free_port, wait_until

pytestmark = pytest.mark.real

ROOTFS_BYTES = 3 << 20
VOLUME_BYTES = 5 << 20
PRODUCT = {
    "bios_vendor": "Acme Firmware",
    "bios_version": "v1, rev=2",
    "bios_date": "11/23/2026",
    "bios_release": "4.7",
    "sys_vendor": "Acme, Inc.",
    "product_name": "Rack=1,2",
    "product_version": "P-3",
    "product_serial": "SN,0001",
    "product_uuid": "00112233-4455-6677-8899-aabbccddeeff",
    "product_family": "Racks & Co.",
    "product_sku": 'SKU "7"',
    "board_vendor": "Board maker",
    "board_name": "Board, main",
    "board_version": "B-2",
    "board_serial": "BSN-2",
    "board_asset_tag": "asset=board",
    "chassis_vendor": "Chassis maker",
    "chassis_version": "C-3",
    "chassis_serial": "CSN-3",
    "chassis_asset_tag": "asset,chassis",
}
"""Each field its own text, with what QEMU's option strings take for separators."""


@dataclass(frozen=True)
class Rich:
    """The guest, and what it was made of."""

    server: Server
    vm_id: str
    port: int
    volume: Path
    facts: Facts

    def shell(self, script: str) -> str:
        return shell(self.server.run_dir(self.vm_id), script)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rich]:
    folder = tmp_path_factory.mktemp("rich")
    volume = folder / "volumes" / "model.verity"
    volume.parent.mkdir()
    volume.write_bytes(os.urandom(VOLUME_BYTES))
    settings = {f"VMM_CVM__PRODUCT__{field.upper()}": value for field, value in PRODUCT.items()}
    settings |= {"VMM_CVM__HOST_SHARE_MODE": "vhd", "VMM_CVM__VOLUMES_DIR": str(volume.parent)}
    server = Server(folder / "data", settings)
    image = image_with_rootfs(server)
    try:
        server.start()
        port = free_port()
        vm_id = server.create(
            image=image,
            vcpu=3,
            memory=320,
            compose_file=json.dumps(compose()),
            networks=[{"mode": "user"}, {"mode": "user"}],
            ports=[{"protocol": "tcp", "host_port": port, "vm_port": 80}],
        )
        server.until(vm_id, boot_progress="done")
        yield Rich(server, vm_id, port, volume, facts_at(port))
    finally:
        server.clean_up()


def image_with_rootfs(server: Server) -> str:
    """The demo image with a root file system beside its initrd, which boots without reading it."""
    name = "dstack-rooted-0.5.0"
    folder = server.data / "image" / name
    shutil.copytree(server.data / "image" / server.image, folder)
    (folder / "rootfs.img.verity").write_bytes(os.urandom(ROOTFS_BYTES))
    metadata = json.loads((folder / "metadata.json").read_bytes())
    (folder / "metadata.json").write_text(json.dumps(metadata | {"rootfs": "rootfs.img.verity"}))
    return name


def compose() -> dict[str, Any]:
    attached = {"source": "model.verity", "verity_root": "5a" * 32, "target": "/models/one"}
    again = attached | {"target": "/models/the same root, attached once"}
    return {
        "manifest_version": 2,
        "name": "rich",
        "runner": "docker-compose",
        "verity_volumes": [attached, again],
    }


def test_vcpus_and_memory_are_as_asked(rich: Rich) -> None:
    assert (rich.facts["vcpus"], rich.facts["memory_mb"]) == (3, 320)


def test_the_operators_product_is_what_the_guest_reads(rich: Rich) -> None:
    assert {field: rich.facts["dmi"].get(field) for field in PRODUCT} == PRODUCT


def test_disks_come_in_the_contracts_order_and_only_the_data_disk_can_be_written(rich: Rich) -> None:
    assert rich.facts["disks"] == [
        {"name": "vda", "bytes": ROOTFS_BYTES, "read_only": True, "label": ""},
        {"name": "vdb", "bytes": 1 << 30, "read_only": False, "label": "dstack-data"},
        {"name": "vdc", "bytes": VOLUME_BYTES, "read_only": True, "label": ""},
        {"name": "vdd", "bytes": 128 << 20, "read_only": True, "label": "DSTACKSHR"},
    ]
    assert (rich.facts["host_share"], rich.facts["data_disk"]) == ("/dev/vdd", "/dev/vdb")


def test_a_volume_holds_its_files_bytes_and_keeps_them(rich: Rich) -> None:
    before = hashlib.sha256(rich.volume.read_bytes()).hexdigest()
    assert rich.shell("sha256sum /dev/vdc").split()[0] == before
    refused = rich.shell("blockdev --setrw /dev/vdc; dd if=/dev/zero of=/dev/vdc bs=4096 count=1 conv=fsync")
    assert "not permitted" in refused or "Read-only" in refused or "I/O error" in refused, refused
    assert rich.shell("echo 3 > /proc/sys/vm/drop_caches; sha256sum /dev/vdc").split()[0] == before
    assert hashlib.sha256(rich.volume.read_bytes()).hexdigest() == before


def test_each_interface_has_the_address_that_its_vm_and_place_give(rich: Rich) -> None:
    def mac(text: str) -> str:
        octets = hashlib.sha256(text.encode()).digest()[:6]
        return bytes([octets[0] & 0xFE | 0x02, *octets[1:]]).hex(":")

    assert [(card["name"], card["mac"]) for card in rich.facts["interfaces"]] == [
        ("eth0", mac(rich.vm_id)),
        ("eth1", mac(f"{rich.vm_id}:1")),
    ]


def test_two_equal_networks_both_have_an_address_and_ports_lead_in_by_the_first(rich: Rich) -> None:
    # The boot waits for the first lease, not for all.
    wait_until(
        "two leases",
        lambda: all("10.0.2.10/24" in card["addresses"] for card in facts_at(rich.port)["interfaces"]),
    )
    received = [int(rich.shell(f"cat /sys/class/net/eth{i}/statistics/rx_packets")) for i in (0, 1)]
    for _ in range(5):
        facts_at(rich.port)
    now = [int(rich.shell(f"cat /sys/class/net/eth{i}/statistics/rx_packets")) for i in (0, 1)]
    assert now[0] - received[0] >= 5 * 3
    assert now[1] - received[1] < 5

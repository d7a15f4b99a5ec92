"""Asking a real guest through its QEMU guest agent: what it tells is what it says at its own console."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.real.console import run
from tests.real.server import Server, real_server, wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real_server(tmp_path_factory.mktemp("agent") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def vm_id(server: Server) -> str:
    """A guest whose agent answers."""
    vm_id = server.create(vcpu=2)
    server.until(vm_id, boot_progress="done")
    wait_until("the agent", lambda: guest(server, "Info", vm_id).status_code == 200)
    return vm_id


def guest(server: Server, method: str, vm_id: str) -> httpx.Response:
    return httpx.post(f"{server.url}/guest/{method}", json={"id": vm_id}, timeout=60)


def told(server: Server, method: str, vm_id: str) -> dict[str, Any]:
    response = guest(server, method, vm_id)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_system_info_is_what_the_guest_itself_prints(server: Server, vm_id: str) -> None:
    printed = run(
        server.run_dir(vm_id),
        "uname -r; nproc; grep -h -E '^(MemTotal|SwapTotal):' /proc/meminfo; cut -d. -f1 /proc/uptime; "
        ". /etc/os-release; echo $NAME; echo $VERSION_ID; df -k /data | tail -1; "
        "grep -m1 'model name' /proc/cpuinfo; cat /proc/loadavg",
    ).splitlines()
    kernel, cpus, memory, swap, uptime, name, version, data, model, load = printed
    info = told(server, "SysInfo", vm_id)
    assert info["kernel_version"] == kernel
    assert info["num_cpus"] == int(cpus) == 2
    assert info["total_memory"] == int(memory.split()[1]) * 1024
    assert info["total_swap"] == int(swap.split()[1]) * 1024
    assert info["cpu_model"] == model.partition(": ")[2].strip()
    assert (info["os_name"], info["os_version"]) == (name, version)
    assert int(uptime) <= info["uptime"] <= int(uptime) + 60
    assert 0 < info["free_memory"] <= info["available_memory"] < info["total_memory"]
    assert info["used_memory"] == info["total_memory"] - info["available_memory"]
    assert info["loadavg_fifteen"] == pytest.approx(float(load.split()[2]) * 100, abs=20)
    (disk,) = [disk for disk in info["disks"] if disk["mount_point"] == "/data"]
    _, blocks, used, free, *_ = data.split()
    assert disk["free_size"] == pytest.approx(int(free) * 1024, abs=1 << 20)
    assert disk["total_size"] == pytest.approx((int(used) + int(free)) * 1024, abs=1 << 20)
    assert int(blocks) * 1024 >= disk["total_size"] > 0


def test_network_info_is_what_the_guest_itself_prints(server: Server, vm_id: str) -> None:
    printed = run(
        server.run_dir(vm_id),
        "echo nameserver 10.0.2.3 > /etc/resolv.conf; ip -4 -o addr show eth0; ip route; "
        "cat /sys/class/net/eth0/statistics/rx_bytes",
    )
    info = told(server, "NetworkInfo", vm_id)
    (interface,) = [one for one in info["interfaces"] if one["name"] == "eth0"]
    addresses = [f"{one['address']}/{one['prefix']}" for one in interface["addresses"]]
    assert any(f" {address} " in printed for address in addresses), (addresses, printed)
    assert info["gateways"]
    assert all(f"default via {gateway['address']} " in printed for gateway in info["gateways"])
    assert info["dns_servers"] == ["10.0.2.3"]
    assert interface["rx_bytes"] >= int(printed.splitlines()[-1]) > 0
    assert interface["tx_bytes"] > 0
    assert "lo" not in {one["name"] for one in info["interfaces"]}


def test_info_is_the_agent_s_version_and_containers_are_not_offered(server: Server, vm_id: str) -> None:
    printed = run(server.run_dir(vm_id), "qemu-ga --version")
    info = told(server, "Info", vm_id)
    assert info["version"]
    assert info["version"] in printed
    assert (info["app_id"], info["app_cert"]) == ("", "")
    refused = guest(server, "ListContainers", vm_id)
    assert (refused.status_code, refused.json()["code"]) == (409, 409)
    assert "QEMU guest agent" in refused.json()["message"]


def test_an_agent_that_is_stopped_delays_nobody_and_acpi_ends_its_guest(server: Server, vm_id: str) -> None:
    """The other guest, that guest's page and every other request answer while its agent is waited for."""
    other = server.create(name="other")
    server.until(other, boot_progress="done")
    wait_until("the agent", lambda: guest(server, "Info", other).status_code == 200)
    run(server.run_dir(vm_id), "kill -STOP $(pidof qemu-ga)")
    time.sleep(1.1)  # until nothing is kept of what it told before
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(1) as background:
        waiting = background.submit(guest, server, "SysInfo", vm_id)
        answered = 0
        while not waiting.done():
            for url in (f"{server.url}/", f"{server.url}/guest/SysInfo?id={other}"):
                assert client.get(url).status_code == 200
            assert server.info(vm_id)["status"] == "running"
            answered += 1
    silent = waiting.result()
    assert silent.status_code == 504
    assert silent.json()["message"] == "the guest agent did not answer within 3 s"
    assert answered >= 3
    server.done("ShutdownVm", vm_id)
    assert dict(server.events(vm_id))["host.shutdown_requested"] == "power button pressed"
    server.until(vm_id, status="stopped", shutdown_progress="powered off")


def test_shutdown_goes_through_the_agent(server: Server) -> None:
    (other,) = [vm["id"] for vm in server.post("Status").json()["vms"] if vm["status"] == "running"]
    response = guest(server, "Shutdown", other)
    assert (response.status_code, response.content) == (204, b"")
    assert dict(server.events(other))["host.shutdown_requested"] == "the guest agent accepted"
    server.until(other, status="stopped", shutdown_progress="powered off")
    refused = guest(server, "SysInfo", other)
    assert refused.status_code == 409
    assert "does not run (stopped)" in refused.json()["message"]

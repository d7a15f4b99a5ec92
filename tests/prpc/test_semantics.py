"""What every client may rely on, paragraph by paragraph; each test is named after its own."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from tests.in_process import COMPOSE, InProcess
from vms.actions import events
from vms.actions.events import GuestEvent
from vms.choices import Actual, Desired, Status
from vms.database import in_database
from vms.models import Vm
from vms.prpc import outcome

GATEWAY_COMPOSE = COMPOSE.replace('"name"', '"gateway_enabled": true, "name"')
PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}


async def said(vmm: InProcess, vm_id: str, *spoken: tuple[str, str]) -> None:
    """The guest says these things on its event port."""
    vm = await vmm.row(vm_id)
    assert vm is not None
    told = [GuestEvent(event, payload) for event, payload in spoken]
    await in_database(events.guest_said, vm_id, told, vm.events_offset, vm.events_offset + 1)


@pytest.mark.parametrize(
    "desired,actual,word",
    [
        (Desired.RUNNING, Actual.ON, Status.RUNNING),
        (Desired.RUNNING, Actual.STARTING, Status.RUNNING),
        (Desired.RUNNING, Actual.UNKNOWN, Status.RUNNING),
        (Desired.RUNNING, Actual.OFF, Status.EXITED),
        (Desired.STOPPED, Actual.ON, Status.STOPPING),
        (Desired.STOPPED, Actual.OFF, Status.STOPPED),
        (Desired.ABSENT, Actual.ON, Status.REMOVING),
        (Desired.ABSENT, Actual.OFF, Status.REMOVING),
    ],
)
def test_status_is_one_of_five_words(desired: Desired, actual: Actual, word: Status) -> None:
    assert Status.of(desired, actual) == word


async def test_when_a_call_answers_start_past_the_bound_is_504_while_the_work_goes_on(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "MAX_WAIT_S", 0.1)
    vm_id = await vmm.create(stopped=True)
    vmm.driver.launch_delay_s = 1.0
    response = await vmm.call("StartVm", {"id": vm_id})
    assert response.status_code == 504
    assert "goes on" in response.json()["message"]
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.ON)


async def test_when_a_call_answers_create_past_the_bound_is_200_and_tells_a_failure_later(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "MAX_WAIT_S", 0.1)
    vmm.driver.launch_delay_s = 0.5
    vmm.driver.refuse_launch(None, "no room")
    vm_id = await vmm.create()
    await vmm.until(vm_id, lambda vm: vm is not None and vm.boot_error == "no room")
    assert "host.launch_failed" in await vmm.events(vm_id)


async def test_uptime_and_exited_at_are_elapsed_time_in_words(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    info = await vmm.info(vm_id)
    assert (info["uptime"], info["exited_at"]) == ("never", "never")
    await vmm.call("StartVm", {"id": vm_id})
    row = Vm.objects.filter(pk=vm_id)
    vm = await vmm.row(vm_id)
    assert vm is not None
    assert vm.started_at_ms is not None
    await in_database(row.update, started_at_ms=vm.started_at_ms - (26 * 3600 + 5) * 1000)
    assert (await vmm.info(vm_id))["uptime"].startswith("1day 2h ")
    await vmm.call("StopVm", {"id": vm_id})
    info = await vmm.info(vm_id)
    assert info["uptime"] == "never"
    assert info["exited_at"] in ("0s", "1s", "2s")


async def test_status_list(vmm: InProcess) -> None:
    names = ["Alpha", "beta", "alphabet", "gamma", "delta"]
    ids = [await vmm.create(name=name, stopped=True) for name in names]

    async def listed(**request: Any) -> tuple[list[str], int]:
        answer = (await vmm.call("Status", request)).json()
        return [vm["name"] for vm in answer["vms"]], answer["total"]

    assert await listed() == (names, 5)
    assert await listed(keyword="lpha") == (["Alpha", "alphabet"], 2)
    assert await listed(keyword="Alpha") == (["Alpha"], 1)
    assert await listed(keyword=ids[3][4:20]) == (["gamma"], 1)
    assert await listed(keyword="%") == ([], 0)
    assert (await listed(keyword=vmm.image))[1] == 5
    assert await listed(page=2, page_size=2) == (["alphabet", "gamma"], 5)
    assert await listed(page=9, page_size=2) == ([], 5)
    assert await listed(page=0, page_size=2) == (names, 5)
    assert await listed(page=1, page_size=0) == (names, 5)
    assert await listed(ids=[ids[4], ids[1]]) == (["beta", "delta"], 2)
    assert await listed(ids=["nobody"]) == ([], 0)
    full = (await vmm.call("Status", {"ids": ids[:1]})).json()["vms"][0]
    brief = (await vmm.call("Status", {"ids": ids[:1], "brief": True})).json()["vms"][0]
    assert full["configuration"]["name"] == "Alpha"
    assert brief == full | {"configuration": None}


async def test_get_info_of_an_unknown_id_is_found_false(vmm: InProcess) -> None:
    response = await vmm.client.get("/prpc/GetInfo?id=nobody")
    assert (response.status_code, response.json()) == (200, {"found": False, "info": None})


async def test_app_id_is_given_or_of_the_compose_file(vmm: InProcess) -> None:
    expected = hashlib.sha256(COMPOSE.encode()).hexdigest()[:40]
    for given, app_id in ((None, expected), ("", expected), ("0x" + "AB" * 20, "ab" * 20)):
        vm_id = await vmm.create(stopped=True, app_id=given)
        assert (await vmm.info(vm_id))["app_id"] == app_id


async def test_compose_hash_is_of_the_exact_bytes_which_must_parse(vmm: InProcess) -> None:
    for compose in (COMPOSE, COMPOSE + "\n", COMPOSE.replace("hello", "grüße")):
        response = await vmm.call("GetComposeHash", {"compose_file": compose})
        assert response.json() == {"hash": hashlib.sha256(compose.encode()).hexdigest()}
    assert (await vmm.call("GetComposeHash", {"compose_file": "services:"})).status_code == 400


async def test_instance_id_is_what_the_guest_told_and_only_hex(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    assert (await vmm.info(vm_id))["instance_id"] is None
    await said(vmm, vm_id, ("instance.info", '{"instance_id": "../../etc", "app_id": "00"}'))
    assert (await vmm.info(vm_id))["instance_id"] is None
    await said(
        vmm, vm_id, ("instance.info", '{"instance_id": "AB12", "instance_id_seed": "00ff", "app_id": "00"}')
    )
    info = await vmm.info(vm_id)
    assert info["instance_id"] == "ab12"
    assert info["app_id"] == hashlib.sha256(COMPOSE.encode()).hexdigest()[:40]


async def test_name_may_be_what_dstack_allows(vmm: InProcess) -> None:
    vm_id = await vmm.create(name="A-z_0. @~!$^()", stopped=True)
    assert (await vmm.info(vm_id))["name"] == "A-z_0. @~!$^()"


async def test_networks_wins_over_networking_and_interfaces_reports_them(vmm: InProcess) -> None:
    networks = [{"mode": "user"}, {"mode": "bridge", "bridge_name": "br0"}]
    vm_id = await vmm.create(
        stopped=True, networking={"mode": "bridge", "bridge_name": "br9"}, networks=networks, ports=[PORT]
    )
    interfaces = (await vmm.info(vm_id))["interfaces"]
    assert [(i["mode"], i["backend"], i["bridge_name"], i["netdev_id"]) for i in interfaces] == [
        ("user", "slirp", None, "net0"),
        ("bridge", "tap_bridge", "br0", "net1"),
    ]
    assert len({i["mac"] for i in interfaces}) == 2
    alone = await vmm.create(stopped=True, networking={"mode": "bridge", "bridge_name": "br9"})
    assert [i["bridge_name"] for i in (await vmm.info(alone))["interfaces"]] == ["br9"]


async def test_app_url_needs_the_gateway_and_an_instance_id(vmm: InProcess) -> None:
    plain = await vmm.create()
    vm_id = await vmm.create(compose_file=GATEWAY_COMPOSE)
    own = await vmm.create(compose_file=GATEWAY_COMPOSE, gateway_urls=["https://gw.example.org"])
    assert (await vmm.info(vm_id))["app_url"] is None
    for each in (plain, vm_id, own):
        await said(vmm, each, ("instance.info", '{"instance_id": "ab12"}'))
    assert (await vmm.info(plain))["app_url"] is None
    assert (await vmm.info(vm_id))["app_url"] == "https://ab12-8090.localhost:8082"
    assert (await vmm.info(own))["app_url"] == "https://ab12-8090.gw.example.org"


async def test_events_are_the_last_twenty_newest_last(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    await said(vmm, vm_id, *(("boot.progress", f"step {n}") for n in range(30)))
    info = await vmm.info(vm_id)
    assert [event["body"] for event in info["events"]] == [f"step {n}" for n in range(10, 30)]
    assert info["boot_progress"] == "step 29"
    assert info["events"][-1]["timestamp"] > 1_600_000_000_000


async def test_supported_modes_always_hold_user(vmm: InProcess) -> None:
    networking = (await vmm.call("GetMeta")).json()["networking"]
    assert networking["supported_modes"][0] == "user"
    assert networking["default_mode"] == "user"


async def test_powering_off_clears_should_run_so_that_it_is_not_started_again(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    await said(vmm, vm_id, ("shutdown.progress", "powering off"))
    assert (await vmm.info(vm_id))["status"] == "stopping"


async def test_unknown_fields_are_ignored_and_null_is_the_default(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True, unknown={"a": 1}, ports=None, gpus=None, user_config=None)
    assert (await vmm.info(vm_id))["configuration"]["ports"] == []


async def test_fifty_removes_at_once_are_one(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    answers = await asyncio.gather(*(vmm.call("RemoveVm", {"id": vm_id}) for _ in range(50)))
    assert {answer.status_code for answer in answers} <= {204, 404}
    await vmm.until(vm_id, lambda vm: vm is None)
    await vmm.nothing_left()


@pytest.mark.parametrize(
    "mode,bridge,netdev,backend",
    [("bridge", "br7", "", "tap_bridge"), ("custom", "", "user,id=net0,restrict=yes", "custom")],
)
async def test_a_vm_that_asks_for_no_network_gets_the_operators_and_keeps_it(
    vmm: InProcess, settings: Any, mode: str, bridge: str, netdev: str, backend: str
) -> None:
    chosen = {"mode": mode, "bridge": bridge, "netdev": netdev}
    networking = type(settings.VMM.cvm.networking).model_validate(chosen)
    cvm = settings.VMM.cvm.model_copy(update={"networking": networking})
    settings.VMM = settings.VMM.model_copy(update={"cvm": cvm})
    vm_id = await vmm.create()
    interface = (await vmm.info(vm_id))["interfaces"][0]
    assert (interface["mode"], interface["backend"], interface["bridge_name"]) == (
        mode,
        backend,
        bridge or None,
    )
    response = await vmm.call("CreateVm", vmm.configuration(ports=[PORT]))
    assert response.status_code == 400
    assert response.json()["message"].startswith("ports: need a network of mode user")


async def test_events_of_the_host_can_t_be_forged_by_a_guest(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    await said(vmm, vm_id, ("host.exited", "forged"), ("Host.started", "forged"), ("my.event", "x"))
    assert (await vmm.events(vm_id))[-3:] == ["guest.host.exited", "guest.Host.started", "my.event"]

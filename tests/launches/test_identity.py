"""Which instance a VM is: fixed by launches that measure it, else told by its guest; the same everywhere."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.in_process import InProcess
from tests.launches.conftest import Become
from tests.launches.host import KeepingDriver, compose, configure
from tests.launches.test_specs import BOUND
from vms.actions import events, identity
from vms.actions.events import GuestEvent
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor.base import ExitReason, Observation
from vms.hypervisor.spec import GuestSpec

UNBOUND = compose()
NAMELESS = compose(key_provider="kms", no_instance_id=True)


def noted(vmm: InProcess, vm_id: str) -> dict[str, Any]:
    """What the guest reads of itself."""
    document: dict[str, Any] = json.loads((vmm.run_path / vm_id / "shared" / ".instance_info").read_text())
    return document


async def known(vmm: InProcess, vm_id: str) -> dict[str, Any]:
    """The same, of the row."""
    row = await vmm.row(vm_id)
    assert row is not None
    return {
        "instance_id_seed": row.instance_id_seed,
        "instance_id": row.instance_id,
        "app_id": row.app_id,
    }


async def restart(vmm: InProcess, vm_id: str) -> None:
    for verb in ("StopVm", "StartVm"):
        assert (await vmm.call(verb, {"id": vm_id})).status_code == 204


async def tell(vmm: InProcess, vm_id: str, **info: Any) -> None:
    """Let the guest report its instance."""
    row = await vmm.row(vm_id)
    assert row is not None
    begin = row.events_offset
    said = [GuestEvent("instance.info", json.dumps(info))]
    await in_database(events.guest_said, vm_id, said, begin, begin + 1)


async def test_a_key_provider_knows_the_instance_again(vmm: InProcess, become: Become) -> None:
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=BOUND)
    first = await known(vmm, vm_id)
    assert noted(vmm, vm_id) == first
    await restart(vmm, vm_id)
    assert await known(vmm, vm_id) == noted(vmm, vm_id) == first
    assert (await vmm.call("UpgradeApp", {"id": vm_id, "user_config": "new"})).status_code == 200
    await restart(vmm, vm_id)
    assert await known(vmm, vm_id) == first


async def test_without_one_each_run_is_another_instance(vmm: InProcess, become: Become) -> None:
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=UNBOUND)
    first = await known(vmm, vm_id)
    await restart(vmm, vm_id)
    second = await known(vmm, vm_id)
    assert noted(vmm, vm_id) == second
    assert second["instance_id_seed"] != first["instance_id_seed"]
    assert second["app_id"] == first["app_id"]


async def test_an_application_may_want_no_instance_id(vmm: InProcess, become: Become) -> None:
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=NAMELESS)
    assert (await known(vmm, vm_id))["instance_id"] == noted(vmm, vm_id)["instance_id"] == ""
    assert len(noted(vmm, vm_id)["instance_id_seed"]) == 40
    assert (await vmm.info(vm_id))["instance_id"] is None


async def test_what_the_guest_reports_counts_but_never_its_app_id(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=BOUND)
    app_id = (await known(vmm, vm_id))["app_id"]
    await tell(vmm, vm_id, instance_id_seed="AB" * 20, instance_id="cd" * 20, app_id="ef" * 20)
    told = {"instance_id_seed": "ab" * 20, "instance_id": "cd" * 20, "app_id": app_id}
    assert await known(vmm, vm_id) == told
    await restart(vmm, vm_id)
    derived = hashlib.sha256(bytes.fromhex("ab" * 20 + app_id)).hexdigest()[:40]
    assert await known(vmm, vm_id) == noted(vmm, vm_id) == told | {"instance_id": derived}


async def test_a_vm_that_nobody_measures_is_told_its_app_id_and_keeps_what_it_reports(
    vmm: InProcess,
) -> None:
    vm_id = await vmm.create(no_tee=True, app_id="12" * 20)
    assert noted(vmm, vm_id) == {"app_id": "12" * 20}
    await tell(vmm, vm_id, instance_id_seed="ab" * 20, instance_id="cd" * 20)
    await restart(vmm, vm_id)
    told = {"instance_id_seed": "ab" * 20, "instance_id": "cd" * 20, "app_id": "12" * 20}
    assert await known(vmm, vm_id) == noted(vmm, vm_id) == told


@pytest.mark.parametrize("file", [b"{", b'{"instance_id_seed": "../../etc"}', b"x" * 5000])
async def test_a_guest_that_may_write_in_its_share_is_heard_there_if_it_is_sound(
    vmm: InProcess, file: bytes
) -> None:
    vm_id = await vmm.create(no_tee=True, image="dstack-writable-0.5.4")
    path = vmm.run_path / vm_id / "shared" / ".instance_info"
    path.write_bytes(file)
    await restart(vmm, vm_id)
    app_id = (await known(vmm, vm_id))["app_id"]
    assert noted(vmm, vm_id) == {"app_id": app_id}
    written = {"instance_id_seed": "ab" * 20, "instance_id": "cd" * 20, "app_id": "ef" * 20}
    path.write_text(json.dumps(written))
    await restart(vmm, vm_id)
    assert await known(vmm, vm_id) == noted(vmm, vm_id) == written | {"app_id": app_id}


async def test_a_share_that_guests_can_t_write_is_not_read(vmm: InProcess) -> None:
    vm_id = await vmm.create(no_tee=True)
    path = vmm.run_path / vm_id / "shared" / ".instance_info"
    path.write_text(json.dumps({"instance_id_seed": "ab" * 20, "instance_id": "cd" * 20}))
    await restart(vmm, vm_id)
    assert (await known(vmm, vm_id))["instance_id"] == ""


async def test_a_launch_that_fails_leaves_row_and_file_of_one_mind(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("amd-sev-snp")
    for text in (BOUND, UNBOUND):
        vm_id = await vmm.create(compose_file=text, stopped=True)
        driver.refuse_launch(vm_id, "no memory")
        assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 409
        assert await known(vmm, vm_id) == noted(vmm, vm_id)
        driver.refuse_launch(vm_id, None)
        assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
        assert await known(vmm, vm_id) == noted(vmm, vm_id)


async def test_an_automatic_restart_is_measured_anew(
    vmm: InProcess, become: Become, driver: KeepingDriver, settings: Any
) -> None:
    auto = conf().cvm.auto_restart.model_copy(update={"initial_backoff": 0.01})
    configure(settings, auto_restart=auto)
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=UNBOUND)
    first = await known(vmm, vm_id)
    driver.die(vm_id, ExitReason.GUEST_PANIC, 0)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.restarts == 1 and vm.actual == "on")
    second = await known(vmm, vm_id)
    assert second == noted(vmm, vm_id) != first
    assert len(driver.launched) == 2


async def test_an_identity_made_from_a_row_that_changed_since_is_not_written(vmm: InProcess) -> None:
    vm_id = await vmm.create(no_tee=True)
    row = await vmm.row(vm_id)
    assert row is not None
    assert await in_database(identity.fix, vm_id, row.revision, "", "") == row.revision
    fixed = await in_database(identity.fix, vm_id, row.revision, "ab" * 20, "cd" * 20)
    assert fixed == row.revision + 1
    assert await in_database(identity.fix, vm_id, row.revision, "12" * 20, "34" * 20) is None
    assert await in_database(identity.fix, vm_id, fixed, "ab" * 20, "cd" * 20) == fixed
    assert await in_database(identity.fix, vm_id, row.revision, "ab" * 20, "cd" * 20) is None
    assert await in_database(identity.fix, "nobody", 1, "", "") is None
    assert (await known(vmm, vm_id))["instance_id_seed"] == "ab" * 20


@pytest.mark.parametrize("text", [BOUND, UNBOUND])
@pytest.mark.parametrize("line", ["before its files are there", "once its files are there", "once it runs"])
async def test_wherever_a_launch_is_cut_off_row_and_file_agree_in_the_end(
    vmm: InProcess,
    become: Become,
    driver: KeepingDriver,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    text: str,
) -> None:
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=text, stopped=True)
    before = await known(vmm, vm_id)
    whole, cuts = driver.launch, [line]

    async def cut_off(spec: GuestSpec) -> Observation:
        if not cuts:
            return await whole(spec)
        cuts.clear()
        # What is launched is what the row says already, whatever comes of it.
        written = json.loads(spec.shared_files[".instance_info"] or b"")
        assert await known(vmm, vm_id) == written
        if line == "once its files are there":
            await driver.prepare(spec)
        elif line == "once it runs":
            await whole(spec)
        raise RuntimeError("cut off")

    monkeypatch.setattr(driver, "launch", cut_off)
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
    after = await known(vmm, vm_id)
    assert not cuts
    assert after == noted(vmm, vm_id)
    assert (after == before) is (text == BOUND)
    document = json.loads(driver.launched[-1].shared_files[".sys-config.json"] or b"")["mr_config"]
    assert json.loads(document)["instance_id"] == after["instance_id"]

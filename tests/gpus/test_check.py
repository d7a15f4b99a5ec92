"""CheckVm of VMs that ask for GPUs: what CreateVm says, and no lease."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gpus.asking import ALL, ONE, OTHER, held, listed
from tests.in_process import InProcess


async def test_it_leases_nothing(vmm: InProcess) -> None:
    told = (await vmm.call("CheckVm", vmm.configuration(gpus=listed(ONE), pin_numa=True))).json()
    assert told["problems"] == []
    assert await held() == {}


@pytest.mark.parametrize("gpus", [listed(ONE), listed(OTHER, ONE), listed("66:00.0"), ALL])
@pytest.mark.parametrize("stopped", [False, True])
async def test_both_agree_where_another_vm_has_one(
    vmm: InProcess, gpus: dict[str, Any], stopped: bool
) -> None:
    holder = await vmm.create(gpus=listed(ONE), name="holder")
    asked = vmm.configuration(gpus=gpus, stopped=stopped)
    told = (await vmm.call("CheckVm", asked)).json()
    made = await vmm.call("CreateVm", asked)
    assert (made.status_code == 200) == (told["problems"] == [])
    if told["problems"]:
        assert told["problems"] == [{"field": "gpus", "message": made.json()["message"]}]
    else:
        (note,) = (note for note in told["notes"] if note["field"] == "gpus")
        assert note["message"].startswith(f"it could not be started now: gpus: {ONE} is taken by VM 'holder'")
    assert await held() == {ONE: holder}

"""CheckVm tells no more of others than CreateVm would, and leaves no trace."""

from __future__ import annotations

from typing import Any

from tests.access.people import with_login
from tests.access.team import join
from tests.in_process import InProcess
from vms.choices import Role
from vms.database import in_database
from vms.models import AuditEntry

PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}


async def test_of_others_vms_it_tells_what_create_tells(vmm: InProcess, settings: Any) -> None:
    settings.VMM = with_login()
    ada, eve, admin = await join(vmm, "ada"), await join(vmm, "eve"), await join(vmm, "root", Role.ADMIN)
    vm_id = await ada.create(name="secret-project", ports=[PORT])
    asked = vmm.configuration(name="secret-project", ports=[PORT])
    before = await in_database(AuditEntry.objects.count)

    told = (await eve.call("CheckVm", asked)).json()
    refused = (await eve.call("CreateVm", asked)).json()
    assert [problem["message"] for problem in told["problems"]] == [refused["message"]]
    assert "secret-project" not in str(told)
    assert vm_id not in str(told)
    assert "name" not in {note["field"] for note in told["notes"]}

    seen = (await admin.call("CheckVm", asked)).json()
    assert vm_id in seen["problems"][0]["message"]
    assert vm_id in next(note["message"] for note in seen["notes"] if note["field"] == "name")
    assert await in_database(AuditEntry.objects.count) == before


async def test_a_quota_is_named_as_create_names_it(vmm: InProcess, settings: Any) -> None:
    settings.VMM = with_login()
    ada = await join(vmm, "ada", max_vms=0, max_vcpu=1, max_memory=4096)
    asked = vmm.configuration(vcpu=2)
    told = (await ada.call("CheckVm", asked)).json()["problems"]
    refused = (await ada.call("CreateVm", asked)).json()
    assert [problem["field"] for problem in told] == ["", "vcpu"]
    assert told[0]["message"] == refused["message"]

"""Who did what: every change and every refusal, over the whole server."""

from __future__ import annotations

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from tests.access.people import person, token_of, with_login
from tests.in_process import InProcess
from vmm_site.asgi import application
from vms.access import audit
from vms.choices import Role
from vms.database import in_database
from vms.models import AuditEntry, Vm

Row = dict[str, Any]


@pytest.fixture
def login(settings: Any, vmm: InProcess) -> None:
    settings.VMM = settings.VMM.model_copy(update={"auth": with_login().auth})


async def told(vmm: InProcess, name: str, role: Role) -> dict[str, str]:
    """The headers of a new person with that role."""
    secret = await in_database(lambda: token_of(person(name, role)))
    return {"Authorization": f"Bearer {secret}"}


async def audited() -> list[Row]:
    """All entries, oldest first."""

    def read() -> list[Row]:
        audit.flush(everything=True)
        return [dict(row) for row in AuditEntry.objects.order_by("id").values()]

    return await in_database(read)


def of(rows: list[Row], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


@pytest.mark.usefixtures("login")
async def test_the_life_of_a_vm_is_told_with_who_where_and_how_it_ended(vmm: InProcess) -> None:
    ada = await told(vmm, "ada", Role.MEMBER)
    made = await vmm.client.post("/prpc/CreateVm", json=vmm.configuration(name="shop"), headers=ada)
    vm_id = made.json()["id"]
    for method in ("StopVm", "StartVm", "RemoveVm"):
        answer = await vmm.client.post(f"/prpc/{method}?json", json={"id": vm_id}, headers=ada)
        assert answer.status_code == 200
    rows = await audited()
    assert of(rows, "action", "who", "role", "credential", "vm_id", "vm_name", "result") == [
        (f"prpc.{method}", "ada", "member", "token", vm_id, "shop", 200)
        for method in ("CreateVm", "StopVm", "StartVm", "RemoveVm")
    ]
    assert rows[0]["request_id"] == made.headers["x-request-id"]
    assert rows[0]["address"] == "127.0.0.1"


async def test_what_is_asked_is_told_without_what_may_be_secret(vmm: InProcess) -> None:
    await vmm.create(name="shop", vcpu=2, encrypted_env="5ec2e7", user_config='{"password": "5ec2e7"}')
    [row] = await audited()
    assert row["detail"] == (
        f"name=shop, image={vmm.image}, compose_file given, vcpu=2, memory=512, disk_size=1, "
        "encrypted_env given, user_config given"
    )


async def test_a_launch_that_fails_is_told_with_why(vmm: InProcess) -> None:
    vmm.driver.refuse_launch(None, "QEMU says no")
    answer = await vmm.call("CreateVm", vmm.configuration(name="shop"))
    assert answer.status_code == 409
    [row] = await audited()
    assert (row["action"], row["result"], row["vm_name"]) == ("prpc.CreateVm", 409, "shop")
    assert row["detail"].startswith("QEMU says no")


async def test_a_change_and_its_entry_are_one(vmm: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the entry can't be written, nothing is done either."""

    def full(*args: Any) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(audit, "write", full)
    answer = await vmm.call("CreateVm", vmm.configuration())
    assert answer.status_code == 500
    assert await in_database(Vm.objects.count) == 0


async def test_what_was_accepted_stays_so_where_the_end_is_not_seen(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a server that was killed while somebody waited."""
    monkeypatch.setattr(AuditEntry.objects.__class__, "complete", lambda *args: None)
    await vmm.create()
    assert of(await audited(), "action", "result") == [("prpc.CreateVm", 202)]


async def test_a_change_that_fails_is_told_once_however_often_it_is_tried(vmm: InProcess) -> None:
    for _ in range(3):
        assert (await vmm.call("StartVm", {"id": "nobody"})).status_code == 404
    assert (await vmm.call("CreateVm", vmm.configuration(vcpu="two"))).status_code == 400
    rows = await audited()
    assert of(rows, "action", "vm_id", "result", "count") == [
        ("prpc.StartVm", "nobody", 404, 3),
        ("prpc.CreateVm", "", 400, 1),
    ]
    assert rows[1]["detail"].startswith("vcpu: ")


async def test_a_bug_is_told_too(vmm: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> Any:
        raise LookupError("the secret is 42")

    monkeypatch.setattr("vms.actions.vms.stop", broken)
    await vmm.call("StopVm", {"id": "x"})
    assert of(await audited(), "action", "vm_id", "result", "detail") == [("prpc.StopVm", "x", 500, "")]


async def test_reading_leaves_nothing(vmm: InProcess) -> None:
    for method in ("Status", "GetMeta", "ListImages", "GetComposeHash", "GetInfo", "None"):
        await vmm.call(method, {"id": "nobody", "compose_file": "{}"})
    assert (await vmm.client.get("/logs?id=nobody")).status_code == 404
    assert await audited() == []


@pytest.mark.usefixtures("login")
class TestRefusals:
    async def test_strangers_are_counted_by_what_they_tried(self, vmm: InProcess) -> None:
        for _ in range(4):
            answer = await vmm.client.get("/prpc/Status", headers={"X-Admin-Token": "vmm_wrong"})
            assert answer.status_code == 401
        await vmm.client.post("/guest/Info?token=vmm_wrong", json={"id": "x"})
        await vmm.client.get("/metrics")
        await vmm.client.get("/vms/x")
        rows = await audited()
        assert of(rows, "who", "role", "action", "result", "count", "address") == [
            ("nobody", "", "prpc.Status", 401, 4, "127.0.0.1"),
            ("nobody", "", "guest.Info", 401, 1, "127.0.0.1"),
            ("nobody", "", "metrics", 401, 1, "127.0.0.1"),
            ("nobody", "", "console", 401, 1, "127.0.0.1"),
        ]
        assert rows[0]["detail"] == "the credentials are wrong"

    async def test_who_may_not_is_named(self, vmm: InProcess) -> None:
        eve = await told(vmm, "eve", Role.VIEWER)
        answer = await vmm.client.post("/prpc/ReloadVms", json={}, headers=eve)
        assert answer.status_code == 403
        [row] = await audited()
        assert (row["who"], row["role"], row["action"], row["result"]) == (
            "eve",
            "viewer",
            "prpc.ReloadVms",
            403,
        )
        assert "needed: admin" in row["detail"]

    async def test_another_site_s_page_is_nobody(self, vmm: InProcess) -> None:
        await vmm.client.get("/prpc/Status", headers={"Origin": "http://evil.example"})
        assert of(await audited(), "who", "action", "result") == [("nobody", "prpc.Status", 403)]

    async def test_users_and_tokens_are_told_of_without_their_secrets(self, vmm: InProcess) -> None:
        root = await told(vmm, "root", Role.ADMIN)
        password = "a pass phrase of some length"

        async def asked(method: str, **values: Any) -> Any:
            answer = await vmm.client.post(f"/access/{method}?json", json=values, headers=root)
            assert answer.status_code == 200, answer.text
            return answer.json()

        await asked("SaveUser", name="ada", role="viewer", password=password)
        await asked("SaveUser", name="ada", active=False, update_quotas=True, max_vms=0)
        made = await asked("CreateToken", name="deploy", user="ada", scopes=["SEE_VM"])
        await asked("RevokeToken", id=made["id"])
        await asked("DeleteUser", name="ada")
        rows = await audited()
        assert of(rows, "who", "action", "result", "detail") == [
            ("root", "access.SaveUser", 200, "name=ada, role=viewer, password given"),
            ("root", "access.SaveUser", 200, "name=ada, active=False, update_quotas given, max_vms=0"),
            ("root", "access.CreateToken", 200, "name=deploy, user=ada, scopes=SEE_VM"),
            ("root", "access.RevokeToken", 200, f"id={made['id']}"),
            ("root", "access.DeleteUser", 200, "name=ada"),
        ]
        assert password not in str(rows)
        assert made["token"] not in str(rows)

    async def test_a_websocket_that_is_refused_is_told_of(self, vmm: InProcess) -> None:
        headers = [(b"host", b"localhost"), (b"x-admin-token", b"vmm_wrong")]
        socket = WebsocketCommunicator(application, "/ws/status?token=vmm_wrong", headers=headers)
        socket.scope["client"] = ["10.1.2.3", 40_000]
        await socket.connect()
        assert (await socket.receive_output())["code"] == 4401
        assert of(await audited(), "who", "action", "result", "address", "detail") == [
            ("nobody", "ws/status", 401, "10.1.2.3", "the credentials are wrong")
        ]

    async def test_who_reads_a_log_is_told_once_a_minute(self, vmm: InProcess) -> None:
        ada = await told(vmm, "ada", Role.ADMIN)
        vm_id = (await vmm.client.post("/prpc/CreateVm", json=vmm.configuration(), headers=ada)).json()["id"]
        for _ in range(3):
            assert (await vmm.client.get(f"/logs?id={vm_id}", headers=ada)).status_code == 200
        assert of((await audited())[1:], "who", "action", "vm_id", "result", "count") == [
            ("ada", "logs", vm_id, 200, 3)
        ]

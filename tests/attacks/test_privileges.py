"""Members who want more than is theirs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attacks.conftest import configuration
from tests.attacks.target import Target
from vms.prpc.methods import SERVICES

BY_ID = [
    (service.path, name)
    for service in SERVICES
    for name, method in service.methods.items()
    if "id" in method.request().fields and name not in ("DeleteImage", "RevokeToken")
]


@pytest.mark.parametrize("path, name", BY_ID, ids=lambda part: part)
def test_another_member_s_vm_is_not_there_by_any_method(target: Target, path: str, name: str) -> None:
    with target.client("max") as max_, target.client("mia") as mia:
        answer = max_.post(f"/{path}/{name}", json={"id": target.vm, "vcpu": 2, "user_config": "x"})
        if name == "GetInfo":
            assert answer.json() == {"found": False, "info": None}
        elif name in ("SvStop", "SvRemove", "GiveVm"):
            assert answer.status_code == 403
        else:
            assert answer.status_code == 404
        assert "secret-name" not in answer.text
        info = mia.post("/prpc/GetInfo", json={"id": target.vm}).json()["info"]
        assert info["status"] == "stopped"
        assert info["configuration"]["vcpu"] == 1


def test_lists_and_counts_leave_others_out(target: Target) -> None:
    with target.client("max") as max_:
        for request in ({}, {"ids": [target.vm]}, {"keyword": "secret"}, {"page": 1, "page_size": 1}):
            answer = max_.post("/prpc/Status", json=request).json()
            assert (answer["vms"], answer["total"]) == ([], 0)
        assert max_.get(f"/logs?id={target.vm}").status_code == 404
        for path in ("/prpc/SvList", "/metrics", "/admin/vms/vm/", "/access/ListUsers", "/access/audit.csv"):
            assert max_.get(path).status_code == 403, path


EXTRA: dict[str, Any] = {
    "owner": "max",
    "owner_id": 1,
    "user": "ada",
    "role": "admin",
    "is_superuser": True,
    "desired": "running",
    "cid": 3,
    "node_id": 1,
    "revision": 0,
    "prepared": True,
    "__class__": "x",
    "pk": "x",
}


def test_fields_that_are_not_asked_for_change_nothing(target: Target) -> None:
    with target.client("mia") as mia, target.client("max") as max_:
        request = {"id": target.vm, "user_config": "changed"}
        assert mia.post("/prpc/UpdateVm", json=EXTRA | request).status_code == 200
        assert mia.post("/prpc/GetInfo", json={"id": target.vm}).json()["found"]
        assert not max_.post("/prpc/GetInfo", json={"id": target.vm}).json()["found"]
        made = max_.post(
            "/prpc/CreateVm", json=EXTRA | {"owner": "mia"} | configuration(target.server)
        ).json()
        assert max_.post("/prpc/GetInfo", json={"id": made["id"]}).json()["info"]["status"] == "stopped"
        assert not mia.post("/prpc/GetInfo", json={"id": made["id"]}).json()["found"]
        assert max_.post("/prpc/RemoveVm", json={"id": made["id"]}).status_code == 204


def test_nobody_makes_themselves_more_than_they_are(target: Target) -> None:
    for who in ("mia", "vic", "olga"):
        with target.client(who) as client:
            before = client.get("/access/WhoAmI").json()
            for request in (
                {"name": who, "role": "admin"},
                {"name": "new", "role": "admin", "password": "x" * 12},
            ):
                assert client.post("/access/SaveUser", json=request).status_code == 403
            assert client.post("/access/DeleteUser", json={"name": "ada"}).status_code == 403
            assert client.post("/access/GiveVm", json={"id": target.vm, "owner": who}).status_code == 403
            assert client.get("/access/WhoAmI").json() == before


@pytest.mark.parametrize(
    "request_", [{"user": "ada"}, {"user": "max"}, {"role": "admin"}, {"user": "", "role": "viewer"}], ids=str
)
def test_a_member_gets_no_token_but_their_own(target: Target, request_: dict[str, str]) -> None:
    with target.client("mia") as mia:
        assert mia.post("/access/CreateToken", json={"name": "x"} | request_).status_code in (400, 403)


def test_a_limited_token_makes_no_wider_one(target: Target) -> None:
    with target.client("ada") as ada:
        limited = ada.post("/access/CreateToken", json={"name": "look", "scopes": ["LOOK"]}).json()
    with target.client(headers={"authorization": f"Bearer {limited['token']}"}) as client:
        for scopes in ([], ["LOOK", "MANAGE_ACCESS"], ["CHANGE_VM"]):
            answer = client.post("/access/CreateToken", json={"name": "wide", "scopes": scopes})
            if answer.status_code == 200:
                wide = {"authorization": f"Bearer {answer.json()['token']}"}
                assert client.get("/access/ListUsers", headers=wide).status_code == 403, scopes
                assert client.get("/prpc/Status", headers=wide).status_code == 403, scopes
        assert client.post(
            "/access/ChangePassword", json={"old_password": "", "new_password": "y" * 12}
        ).status_code in (400, 403)
        assert client.get("/access/ListUsers").status_code == 403
        assert client.get("/prpc/Status").status_code == 403


def test_nobody_sees_or_revokes_another_s_tokens(target: Target) -> None:
    with target.client("ada") as ada, target.client("mia") as mia:
        theirs = ada.post("/access/CreateToken", json={"name": "ada's own"}).json()
        assert "ada's own" not in mia.get("/access/ListTokens").text
        assert mia.post("/access/RevokeToken", json={"id": theirs["id"]}).status_code in (403, 404)
        theirs_works = {"authorization": f"Bearer {theirs['token']}"}
        assert mia.get("/access/ListUsers", headers=theirs_works).status_code == 200


def test_no_list_tells_a_token_or_a_password(target: Target) -> None:
    with target.client("ada") as ada:
        told = ada.get("/access/ListTokens").text + ada.get("/access/ListUsers").text
        told += ada.get("/access/audit.jsonl").text + ada.get("/admin/").text
    assert "argon2" not in told
    for token in target.tokens.values():
        assert token not in told


def test_the_last_admin_stays(target: Target) -> None:
    with target.client("ada") as ada:
        assert ada.post("/access/DeleteUser", json={"name": "ada"}).status_code == 409
        assert ada.post("/access/SaveUser", json={"name": "ada", "role": "viewer"}).status_code == 409
        assert ada.post("/access/SaveUser", json={"name": "ada", "active": False}).status_code == 409


@pytest.mark.parametrize("who", ["vic", "olga"])
def test_admin_pages_are_no_way_around(target: Target, who: str) -> None:
    with target.browser(who) as browser:
        csrf = {"x-csrftoken": browser.cookies["csrftoken"]}
        form = {"action": "start", "_selected_action": target.vm, "index": "0"}
        started = browser.post("/admin/vms/vm/", data=form, headers=csrf)
        assert started.status_code < 500
        if who == "vic":
            with target.client("mia") as mia:
                info = mia.post("/prpc/GetInfo", json={"id": target.vm}).json()["info"]
                assert info["status"] == "stopped"
        for path in (f"/admin/vms/vm/{target.vm}/delete/", "/admin/vms/vm/add/", "/admin/vms/event/add/"):
            assert browser.post(path, data={"post": "yes"}, headers=csrf).status_code == 403, path
        assert (
            browser.post(f"/admin/vms/vm/{target.vm}/change/", data={"name": "x"}, headers=csrf).status_code
            == 403
        )
    with target.client("ada") as ada:
        assert ada.post("/prpc/StopVm", json={"id": target.vm}).status_code == 204

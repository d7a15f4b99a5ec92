"""Values of people who are let in, and mean harm."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.attacks.conftest import configuration
from tests.attacks.target import Target

TRAVERSALS = [
    "../../../etc/passwd",
    "..",
    ".",
    "/etc/passwd",
    "a/../../b",
    "....//....//etc/passwd",
    "..\\..\\windows",
    "%2e%2e%2fetc%2fpasswd",
    "..%252f..",
    "\u2025/\u2025",
    "a\0/../b",
    "~root",
    "$HOME",
    "a\n../b",
    "file:///etc/passwd",
    "x" * 5000,
]
PLACES: dict[str, Any] = {
    "prpc/StartVm": lambda bad: {"id": bad},
    "prpc/StopVm": lambda bad: {"id": bad},
    "prpc/ShutdownVm": lambda bad: {"id": bad},
    "prpc/RemoveVm": lambda bad: {"id": bad},
    "prpc/UpdateVm": lambda bad: {"id": bad, "user_config": "x"},
    "prpc/ResizeVm": lambda bad: {"id": bad, "vcpu": 2},
    "prpc/DeleteImage": lambda bad: {"id": bad},
    "prpc/PullRegistryImage": lambda bad: {"tag": bad},
    "prpc/SvStop": lambda bad: {"id": bad},
    "prpc/SvRemove": lambda bad: {"id": bad},
    "guest/Info": lambda bad: {"id": bad},
    "guest/Shutdown": lambda bad: {"id": bad},
    "access/DeleteUser": lambda bad: {"name": bad},
    "access/GiveVm": lambda bad: {"id": bad, "owner": "mia"},
}
PORT = {"protocol": "tcp", "host_port": 1, "vm_port": 1}
FIELDS: dict[str, Any] = {
    "image": lambda bad: {"image": bad},
    "name": lambda bad: {"name": bad + "/"},
    "slot": lambda bad: {"gpus": {"attach_mode": "listed", "gpus": [{"slot": bad}]}},
    "bridge": lambda bad: {"networks": [{"mode": "bridge", "bridge_name": bad}]},
    "app_id": lambda bad: {"app_id": bad},
    "host_address": lambda bad: {
        "ports": [{"protocol": "tcp", "host_port": 1, "vm_port": 1, "host_address": bad}]
    },
    "protocol": lambda bad: {"ports": [{"protocol": bad, "host_port": 1, "vm_port": 1}]},
    "simulated_tee": lambda bad: {"simulated_tee": bad},
}


@pytest.mark.parametrize("place", PLACES)
def test_no_id_leads_out_of_its_folder(target: Target, place: str) -> None:
    with target.client("ada") as ada:
        for bad in TRAVERSALS:
            answer = ada.post(f"/{place}", json=PLACES[place](bad))
            assert answer.status_code in (400, 404), (bad, answer.text)
            assert "root:" not in answer.text


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_vm_leads_out_of_its_folder(target: Target, field: str) -> None:
    with target.client("ada") as ada:
        for bad in TRAVERSALS:
            request = configuration(target.server) | FIELDS[field](bad)
            answer = ada.post("/prpc/CreateVm", json=request)
            assert answer.status_code in (400, 404, 409), (bad, answer.text)


@pytest.mark.parametrize("bad", TRAVERSALS[:-1], ids=ascii)
def test_no_log_and_no_static_file_leads_out(target: Target, bad: str) -> None:
    with target.client("ada") as ada:
        assert ada.get("/logs", params={"id": bad}).status_code in (400, 404)
        assert ada.get("/logs", params={"id": target.vm, "ch": bad}).status_code == 400
    for path in (f"/static/{bad}", f"/static/admin/../../../{bad}", f"//etc/passwd?{bad}"):
        request = (
            f"GET {path} HTTP/1.1\r\n".encode("ascii", "replace").replace(b"\n../", b"").replace(b"\0", b"")
        )
        answer = target.raw(request + target.head("ada") + b"\r\n")
        assert b"root:" not in answer
        assert b"vmm.sqlite3" not in answer


INJECTIONS = [
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "1; DROP TABLE vms_vm;--",
    "' UNION SELECT username, password FROM auth_user --",
    "%' ESCAPE '",
    "%",
    "_",
    "\\",
    "x') OR ('1'='1",
]


@pytest.mark.parametrize("probe", INJECTIONS)
def test_no_value_becomes_sql(target: Target, probe: str) -> None:
    with target.client("ada") as ada:
        found = ada.post("/prpc/Status", json={"keyword": probe}).json()
        assert found["vms"] == [] or probe in ("%", "_"), found
        assert (found["total"] > 0) == any(probe in str(vm) for vm in found["vms"])
        assert ada.post("/prpc/Status", json={"ids": [probe]}).json()["vms"] == []
        assert ada.post("/access/ListAudit", json={"who": probe}).json()["entries"] == []
        for filters in ({"q": probe}, {"owner__id__exact": probe}, {"o": probe}, {"p": probe}):
            assert ada.get("/admin/vms/vm/", params=filters).status_code < 500
        assert ada.post("/prpc/Status", json={}).json()["total"] >= 1
    assert "argon2" not in str(found)


TEMPLATES = [
    "{{7*7}}",
    "{% debug %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{0.__class__}",
    "%(x)s%n%s",
    "{settings}",
]


@pytest.mark.parametrize("probe", TEMPLATES)
def test_no_value_becomes_a_template(target: Target, probe: str) -> None:
    with target.client("ada") as ada:
        for answer in (
            ada.post("/prpc/StartVm", json={"id": probe}),
            ada.post("/prpc/CreateVm", json=configuration(target.server) | {"name": probe}),
            ada.post(f"/prpc/{probe.replace('%', '')}", json={}),
            ada.post("/access/SaveUser", json={"name": probe, "role": probe}),
        ):
            assert answer.status_code in (400, 404), answer.text
            assert "49" not in answer.text
            assert "SECRET_KEY" not in answer.text
            assert "<class" not in answer.text


def test_no_value_writes_a_line_or_a_colour_into_the_log(target: Target) -> None:
    forged = '{"level": "info", "message": "forged"}'
    with target.client("ada") as ada:
        for probe in (f"x\n{forged}", f"x\r\n{forged}", "\x1b[2J\x1b[31mred", "\u2028" + forged, "\x9b31m"):
            ada.post("/prpc/StartVm", json={"id": probe})
            ada.post("/access/DeleteUser", json={"name": probe})
            ada.get("/nowhere/" + quote(probe))
            with target.client() as client:
                target.log_in(client, probe, probe)
    written = target.log()
    assert "\x1b" not in written
    assert "\x9b" not in written
    assert "\u2028" not in written
    lines = [line for line in written.split("\n") if line.startswith("{")]
    assert lines
    assert all(json.loads(line).get("message") != "forged" for line in lines)


DEEP = 100_000
BODIES: dict[str, bytes] = {
    "nested lists": b'{"ids": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "nested objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "unfinished nesting": b"[" * DEEP,
    "huge number": b'{"page": 1' + b"0" * 100_000 + b"}",
    "huge exponent": b'{"page": 1e999999999}',
    "NaN": b'{"page": NaN}',
    "lone surrogate": b'{"keyword": "\\ud800"}',
    "NUL": b'{"keyword": "a\\u0000b"}',
    "not UTF-8": b'{"keyword": "\xff"}',
    "UTF-16": '{"keyword": "x"}'.encode("utf-16"),
    "list": b"[]",
    "string": b'"x"',
    "null in a list": b'{"ids": [null]}',
    "numbers for strings": b'{"keyword": {"$gt": ""}}',
    "negative page": b'{"page": -1}',
}


@pytest.mark.parametrize("query", ["", "?json"])
@pytest.mark.parametrize("body", BODIES)
def test_a_hostile_body_is_a_bad_request(target: Target, body: str, query: str) -> None:
    with target.client("ada") as ada:
        headers = {"content-type": "application/json"}
        answer = ada.post(f"/prpc/Status{query}", content=BODIES[body], headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"]


@pytest.mark.parametrize(
    "body", [b"\xff" * 1000, b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 5000, b"{}", b"\x08" + b"\x80" * 20]
)
def test_a_hostile_message_is_a_bad_request(target: Target, body: bytes) -> None:
    with target.client("ada") as ada:
        headers = {"content-type": "application/octet-stream"}
        assert ada.post("/prpc/CreateVm", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_nothing_is_unpacked_that_nobody_asked_for(target: Target, coding: str) -> None:
    bomb = gzip.compress(b'{"keyword": "' + b"a" * (50 << 20) + b'"}')
    headers = {"content-type": "application/json", "content-encoding": coding}
    with target.client("ada") as ada:
        assert ada.post("/prpc/Status", content=bomb, headers=headers).status_code in (400, 415)


def test_ten_thousand_fields_are_no_burden(target: Target) -> None:
    with target.client("ada") as ada:
        fields = {f"field_{number}": number for number in range(10_000)}
        assert ada.post("/prpc/Status", json=fields).status_code == 200
        assert ada.get("/prpc/Status?" + "&".join(f"a{n}=1" for n in range(2000))).status_code in (200, 400)
        form = "&".join(f"a{number}=1" for number in range(5000))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert ada.post("/login/", content=form, headers=headers).status_code in (400, 403)

"""The API's document: complete, valid, true, and the same wherever it is made."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from tests.in_process import InProcess
from vms.prpc.messages import MESSAGES, response_message
from vms.prpc.methods import SERVICES
from vms.prpc.openapi.document import document
from vms.prpc.openapi.failures import FAILURES
from vms.prpc.openapi.words import FIELDS
from vms.prpc.openapi.words import METHODS as WORDS
from vms.prpc.serializers import Empty

ROOT = Path(__file__).resolve().parent.parent.parent
JSON = "application/json"


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return document()


def conforming(made: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value, by a schema of that document."""
    validator = Draft202012Validator(schema | {"components": made["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def operations(made: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, verb, operation) for path, verbs in made["paths"].items() for verb, operation in verbs.items()
    ]


def test_it_is_a_valid_document(made: dict[str, Any]) -> None:
    validate: Any = validate_schema  # it has no types
    validate(made)


def test_the_written_one_is_fresh(made: dict[str, Any]) -> None:
    written = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    assert written == made, "run script/openapi"


def test_every_method_and_verb_is_one_operation(made: dict[str, Any]) -> None:
    expected = {
        (verb, f"/{service.path}/{name}")
        for service in SERVICES
        for name, method in service.methods.items()
        for verb in (("GET", "POST") if method.allows_get else ("POST",))
    }
    others = {"/logs", "/healthz"}
    assert {(verb.upper(), path) for path, verb, _ in operations(made) if path not in others} == expected
    assert others <= set(made["paths"])


@pytest.mark.parametrize("name", [name for service in SERVICES for name in service.methods])
def test_every_method_has_words_and_every_answer_an_example(name: str) -> None:
    assert WORDS[name].summary
    assert WORDS[name].text
    assert bool(WORDS[name].answers) != (response_message(name) is Empty)


def test_words_are_about_fields_that_exist() -> None:
    for message, words in FIELDS.items():
        assert set(words) <= set(MESSAGES[message]().fields), message


def test_examples_are_what_the_schema_says(made: dict[str, Any]) -> None:
    checked = 0
    for path, verb, operation in operations(made):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in [*bodies, *made["components"]["responses"].values()]:
            for content in body.get("content", {}).values():
                for name, example in content.get("examples", {}).items():
                    wrong = conforming(made, content["schema"], example["value"])
                    assert not wrong, (path, verb, name, wrong)
                    checked += 1
    assert checked > 50


def test_failures_are_told_alike_everywhere(made: dict[str, Any]) -> None:
    for path, verb, operation in operations(made):
        if path.startswith(("/prpc/", "/guest/", "/access/")):
            codes = set(operation["responses"])
            assert {"400", "401", "403", "405", "429", "500"} <= codes, (path, verb)
            assert codes - {"200", "204"} <= {str(code) for code in FAILURES}, (path, verb)


async def test_requests_of_the_examples_work(vmm: InProcess) -> None:
    for request in WORDS["CreateVm"].requests.values():
        vm_id = (await vmm.call("CreateVm", request | {"image": vmm.image})).json()["id"]
        for method in ("StopVm", "UpdateVm", "UpgradeApp", "ResizeVm", "StartVm", "ShutdownVm", "GetInfo"):
            for example in WORDS[method].requests.values():
                response = await vmm.call(method, example | {"id": vm_id})
                assert response.status_code in (200, 204), (method, response.text)
        assert (await vmm.call("RemoveVm", {"id": vm_id})).status_code == 204
        await vmm.until(vm_id, lambda vm: vm is None)
    for method in ("GetComposeHash", "Status"):
        for example in WORDS[method].requests.values():
            assert (await vmm.call(method, example)).status_code == 200


async def test_the_messages_of_failures_are_real(vmm: InProcess, settings: Any) -> None:
    request = vmm.configuration()
    port = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}
    as_json = {"Content-Type": JSON}
    running = await vmm.create(ports=[port], name="my-app")
    for code, name, response in (
        (400, "WrongType", await vmm.call("CreateVm", request | {"vcpu": "2"})),
        (400, "WrongValue", await vmm.call("CreateVm", request | {"ports": [port | {"protocol": "sctp"}]})),
        (400, "NoJson", await vmm.client.post("/prpc/StartVm", content=b'{"id":"a', headers=as_json)),
        (403, "AnotherSite", await vmm.call("StartVm", headers={"Origin": "https://evil.example"})),
        (404, "UnknownVm", await vmm.call("StartVm", {"id": "nobody"})),
        (404, "UnknownImage", await vmm.call("CreateVm", request | {"image": "dstack-9.9.9"})),
        (405, "ByGet", await vmm.client.get("/prpc/StartVm")),
        (409, "PortTaken", await vmm.call("CreateVm", request | {"ports": [port]})),
        (409, "WrongState", await vmm.call("ResizeVm", {"id": running, "vcpu": 2})),
    ):
        assert response.status_code == code
        expected = FAILURES[code].messages[name]
        assert _shape(response.json()["message"]) == _shape(expected), name


def _shape(message: str) -> str:
    """A message without the names that differ from one server to the next."""
    for what in (r"[0-9a-f]{8}-[0-9a-f-]{27}", r"(?<=node ')[^']+", r"(?<=it has ).*"):
        message = re.sub(what, "…", message)
    return message


async def test_the_document_is_served_as_it_is(vmm: InProcess, made: dict[str, Any]) -> None:
    response = await vmm.client.get("/api-docs/openapi.json")
    assert (response.status_code, response.headers["content-type"]) == (200, JSON)
    assert response.json() == made


async def test_the_page_keeps_the_site_s_policy_and_loads_only_from_here(vmm: InProcess) -> None:
    response = await vmm.client.get("/api-docs/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    sources = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(sources) >= 5
    assert all(source.startswith(("/static/", "data:,", "openapi.json")) for source in sources)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", response.text)


async def test_unknown_methods_and_prefixes_are_as_before(vmm: InProcess) -> None:
    for name in ("Nonsense", "Vmm.Nonsense", "Vmm.Vmm.Version", "", "a/b", "Version/"):
        response = await vmm.client.post(f"/prpc/{name}", json={})
        assert response.status_code == 404
        assert name in response.json()["message"]
    assert (await vmm.client.get("/prpc/Teepod.Version")).status_code == 200


async def test_a_wrong_verb_is_told_which_are_right(vmm: InProcess) -> None:
    for verb, path, allowed in (
        ("GET", "StartVm", "POST"),
        ("HEAD", "StartVm", "POST"),
        ("DELETE", "StartVm", "POST"),
        ("OPTIONS", "Version", "GET, HEAD, POST"),
        ("PUT", "Vmm.Version", "GET, HEAD, POST"),
    ):
        response = await vmm.client.request(verb, f"/prpc/{path}")
        assert (response.status_code, response.headers["allow"]) == (405, allowed), (verb, path)


async def test_an_accept_header_or_format_changes_nothing(vmm: InProcess) -> None:
    for query, accept in (("", "application/octet-stream"), ("?format=xml", "*/*"), ("", "text/nonsense")):
        response = await vmm.client.get(f"/prpc/Version{query}", headers={"Accept": accept})
        assert (response.status_code, response.headers["content-type"]) == (200, JSON)
        assert "Accept" not in response.headers.get("vary", "")


async def test_head_is_get_without_its_body(vmm: InProcess) -> None:
    response = await vmm.client.head("/prpc/Version")
    assert (response.status_code, response.headers["content-type"]) == (200, JSON)

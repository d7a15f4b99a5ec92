"""Requests made from the API's own document: no bug, and no answer but those it describes."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import assume, given
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from tests.in_process import InProcess
from tests.prpc.drawing import examples, in_thread
from vms.prpc.openapi.document import document

load_all_checks()
API = schemathesis.openapi.from_dict(document())
_found: list[Any] = list(API.get_all_operations())
OPERATIONS = {operation.ok().label: operation.ok() for operation in _found}
CHECKS: list[Any] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
# These ask other servers (as all under /guest/), which a test has none of; all else has no excuse for a 5xx.
ASK_OTHERS = {"/prpc/GetAppEnvEncryptPubKey", "/prpc/ListRegistryImages", "/prpc/PullRegistryImage"}
REQUESTS, REQUESTS_IN_FULL = 1_000, 20_000
BASE = "http://localhost"
LONGEST_URL = 8_000


@pytest.mark.parametrize("label", OPERATIONS)
async def test_requests_of_the_document_get_answers_of_the_document(vmm: InProcess, label: str) -> None:
    await _send_many(vmm, label, REQUESTS // len(OPERATIONS) + 1, same_each_time=True)


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("label", OPERATIONS)
async def test_many_requests_of_the_document(vmm: InProcess, label: str) -> None:
    await _send_many(vmm, label, REQUESTS_IN_FULL // len(OPERATIONS) + 1, same_each_time=False)


def _checks(case: Any) -> list[Any]:
    """In a URL all is text: what was meant as a number for a list of ids is a list of one.

    And CheckVm answers what is wrong with values of any type.
    """
    ids = case.query.get("ids", []) if isinstance(case.query, dict) else []
    if isinstance(ids, list) and case.operation.path != "/prpc/CheckVm":
        return CHECKS
    return [c for c in CHECKS if c is not checks.negative_data_rejection]


async def _send_many(vmm: InProcess, label: str, count: int, *, same_each_time: bool) -> None:
    operation = OPERATIONS[label]
    port = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}
    known = [await vmm.create(ports=[port]), await vmm.create(stopped=True, name="other")]
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]

    def test(wait: Any) -> None:
        @examples(count, same_each_time=same_each_time)
        @given(st.data())
        def send(data: st.DataObject) -> None:
            mode = data.draw(st.sampled_from(modes))
            case = data.draw(operation.as_strategy(generation_mode=mode))
            if mode.is_positive:
                _make_likely(case, data, vmm.configuration(), known)
            if isinstance(case.query, dict):
                case.query.pop("follow", None)  # such an answer has no end
            prepared = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
            assume(len(prepared.url or "") < LONGEST_URL)
            if prepared.method == "POST":  # also where there is no body to say it
                prepared.headers.setdefault("Content-Type", "application/json")
            response = wait(_answer(vmm, prepared))
            case.validate_response(response, checks=_checks(case))
            asks_others = case.operation.path in ASK_OTHERS or case.operation.path.startswith("/guest/")
            assert response.status_code < (600 if asks_others else 500)
            assert response.status_code != 500

        send()

    await in_thread(test)


def _make_likely(case: Any, data: st.DataObject, valid: dict[str, Any], known: list[str]) -> None:
    """Let about half of the requests be about something that exists; the rest stay as they are."""
    if not data.draw(st.booleans()):
        return
    fields = case.body if isinstance(case.body, dict) else case.query
    if case.operation.path in ("/prpc/CreateVm", "/prpc/CheckVm") and isinstance(case.body, dict):
        kept = data.draw(st.sets(st.sampled_from([*case.body, "stopped"]), max_size=2))
        case.body = valid | {name: case.body[name] for name in kept if name in case.body}
    elif isinstance(fields, dict) and case.operation.path != "/prpc/Status":
        fields["id"] = data.draw(st.sampled_from(known))


async def _answer(vmm: InProcess, request: requests.PreparedRequest) -> Response:
    sent: Any = request  # as requests made it, byte for byte
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    answer = await vmm.client.request(sent.method, sent.url, headers=dict(sent.headers), content=body or b"")
    return Response(
        status_code=answer.status_code,
        headers={name: [value] for name, value in answer.headers.items()},
        content=answer.content,
        request=request,
        elapsed=0.0,
        verify=False,
    )

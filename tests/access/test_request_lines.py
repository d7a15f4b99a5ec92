"""Log lines of a request say which it is, who sent it and what VM it is about; each may have a line."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from tests.access.people import person, token_of, with_login
from tests.in_process import InProcess
from vmm_site.logging import logging_settings
from vms.actions import vms
from vms.choices import Role
from vms.database import in_database


@pytest.fixture
def written(settings: Any) -> Iterator[io.StringIO]:
    """What is logged, as JSON, with a line for each request."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    wanted: Any = logging_settings({}, terminal=False)
    stream = io.StringIO()
    wanted["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(wanted)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(written: io.StringIO, logger: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if line["logger"] == logger]


@pytest.fixture
async def ada(vmm: InProcess, settings: Any) -> dict[str, str]:
    settings.VMM = settings.VMM.model_copy(update={"auth": with_login().auth, "access_log": True})
    secret = await in_database(lambda: token_of(person("ada", Role.ADMIN)))
    return {"Authorization": f"Bearer {secret}"}


async def test_every_line_of_a_request_names_it_who_sent_it_and_its_vm(
    vmm: InProcess, ada: dict[str, str], written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await vmm.client.post("/prpc/CreateVm", json=vmm.configuration(), headers=ada)
    stop = vms.stop

    def talking(vm_id: str) -> Any:
        logging.getLogger("vmm.test").warning("stopping")
        return stop(vm_id)

    monkeypatch.setattr(vms, "stop", talking)
    vm_id = made.json()["id"]
    answer = await vmm.client.post("/prpc/StopVm", json={"id": vm_id}, headers=ada)
    [line] = lines(written, "vmm.test")
    assert (line["request_id"], line["who"], line["vm"]) == (answer.headers["x-request-id"], "ada", vm_id)


async def test_a_request_has_its_line_once_it_is_answered(
    vmm: InProcess, ada: dict[str, str], written: io.StringIO
) -> None:
    vmm.driver.refuse_launch(None, "QEMU says no")
    await vmm.client.post("/prpc/CreateVm?token=s3cret", json=vmm.configuration(), headers=ada)
    await vmm.client.get("/prpc/Status?token=s3cret")
    await vmm.client.get("/prpc/Version?keyword=s3cret", headers=ada)
    told = [
        (line["method"], line["path"], line["status"], line["who"]) for line in lines(written, "vmm.requests")
    ]
    assert told == [
        ("POST", "/prpc/CreateVm", 409, "ada"),
        ("GET", "/prpc/Status", 401, "nobody"),
        ("GET", "/prpc/Version", 200, "ada"),
    ]
    assert "s3cret" not in written.getvalue()
    assert all(line["ms"] > 0 for line in lines(written, "vmm.requests"))


async def test_it_has_none_where_nobody_asked_for_it(vmm: InProcess, written: io.StringIO) -> None:
    await vmm.client.get("/prpc/Version")
    assert lines(written, "vmm.requests") == []

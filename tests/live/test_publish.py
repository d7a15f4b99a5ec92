"""What is sent on commit is what a newcomer reads, and it costs few queries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.counting import counting
from tests.rows import make_node, make_vm
from vms.actions.change import change
from vms.live import bus, publish
from vms.models import Image, PortMapping, Vm
from vms.selectors import watch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(bus, "broadcast", messages.append)
    return messages


def with_everything(**changed: Any) -> Vm:
    vm = make_vm(
        gateway_enabled=True,
        gateway_urls=["https://gateway.example:9204"],
        instance_id="ab" * 20,
        boot_error="told again and again",
        actual="on",
        started_at_ms=5,
        prepared=False,
        **changed,
    )
    Image.objects.create(node=vm.node, name=vm.image, version="0.5.3")
    Image.objects.create(node=make_node("another"), name=vm.image, version="9.9.9")
    for position, port in enumerate((8080, 8081)):
        PortMapping.objects.create(
            vm=vm,
            node=vm.node,
            position=position,
            protocol="tcp",
            host_address="127.0.0.1",
            host_port=port,
            vm_port=80,
        )
    return vm


@pytest.mark.parametrize(
    "fields",
    [
        {"actual": "off", "exit_reason": "killed", "exit_code": 137, "exited_at_ms": 7, "pid": None},
        {"desired": "absent"},
        {"memory": 4096, "name": "another", "generation": 9},
        {"image": "one-that-is-not-there"},
        {"actual": "off", "restarts": 99, "next_retry_at_ms": None},
    ],
)
def test_the_row_that_is_sent_is_the_row_that_is_read(
    sent: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    vm = with_everything()
    change(vm.pk, lambda _: fields)
    read = watch.watch_row(vm.pk)
    assert read is not None
    assert read.revision == 2
    assert sent == [read.message()]


def test_a_new_vm_is_sent_as_it_is_read(sent: list[dict[str, Any]]) -> None:
    vm = with_everything(name="new")
    publish.changed(vm)
    read = watch.watch_row(vm.pk)
    assert read is not None
    assert sent == [read.message()]


def test_a_change_is_one_update_and_is_told_with_two_queries(sent: list[dict[str, Any]]) -> None:
    vm = with_everything()
    with counting() as counted:
        change(vm.pk, lambda _: {"boot_progress": "half way"})
    assert counted.commits == 1
    assert [statement.split()[0] for statement in counted.statements] == [
        *("BEGIN", "SELECT", "UPDATE"),
        *("SELECT", "SELECT"),  # its ports, and the version of its image
    ]
    assert len(sent) == 1

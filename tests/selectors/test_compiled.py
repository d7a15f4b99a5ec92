"""A query that was compiled once says what the ORM says, and follows what changes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from tests.rows import make_node, make_vm
from vms.models import Image, Vm
from vms.selectors import work
from vms.selectors.compiled import ONE, TWO, Objects, Rows

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = Rows(lambda: Vm.objects.filter(node=ONE, image=TWO).order_by("name").values_list("name"))
WITH_NODE = Objects(lambda: Vm.objects.filter(pk=ONE).select_related("node", "owner"))


def fields(one: Any) -> dict[str, Any]:
    return {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}


def test_an_object_is_the_one_that_the_orm_reads() -> None:
    vm = make_vm(
        encrypted_env=b"\x00\xff",
        gpus={"attach_mode": "listed", "gpus": [{"slot": "65:00.0"}]},
        gateway_urls=["https://a", "https://b"],
        manifest_extra={"kept": [1, None, True]},
        prepared=False,
        exit_code=-1,
    )
    make_vm()
    (read,) = WITH_NODE(vm.pk)
    expected = Vm.objects.select_related("node", "owner").get(pk=vm.pk)
    assert fields(read) == fields(expected)
    assert [type(value) for value in fields(read).values()] == [
        type(value) for value in fields(expected).values()
    ]
    assert read == expected
    assert not read.get_deferred_fields()
    with_node = connection.queries_log.copy()
    assert fields(read.node) == fields(expected.node)
    assert read.owner is None
    assert connection.queries_log == with_node
    read.memory += 1
    read.save()  # it is known to be in the database
    assert Vm.objects.get(pk=vm.pk).memory == read.memory


def test_columns_are_those_that_the_orm_reads_in_its_order() -> None:
    here, there = make_node(), make_node("there")
    for name in ("b", "a"):
        make_vm(name=name)
    make_vm(name="c", node=there)
    make_vm(name="d", image="another")
    assert NAMES(here.pk, "dstack-test-0.5.3") == [("a",), ("b",)]
    assert NAMES.first(there.pk, "dstack-test-0.5.3") == ("c",)
    assert NAMES(here.pk, "no such") == []
    assert NAMES.first(here.pk, "no such") is None


def test_values_are_never_part_of_the_statement() -> None:
    make_vm(name="a")
    assert NAMES(make_node().pk, "' OR 1=1 --") == []
    assert work.wanted("' OR 1=1 --") is None


def test_every_thread_reads_by_its_own_connection() -> None:
    vm = make_vm()
    found: list[Any] = []

    def read() -> None:
        found.extend(WITH_NODE(vm.pk))
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert found == [vm] == WITH_NODE(vm.pk)


def test_a_query_with_a_value_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="no other values"):
        Rows(lambda: Vm.objects.filter(image="7", name=ONE).values_list("id"))("x")


def test_as_many_values_are_given_as_asked_for() -> None:
    with pytest.raises(ValueError, match="2 values are to be given, not 1"):
        NAMES(1)


def test_what_a_vm_has_is_read_as_it_is_now() -> None:
    vm = make_vm()
    assert work.vm_with_node(vm.pk) == vm
    Image.objects.create(node=vm.node, name=vm.image, version="1.0.0")
    Vm.objects.filter(pk=vm.pk).update(memory=9999)
    again = work.vm_with_node(vm.pk)
    assert again is not None
    assert again.memory == 9999
    assert work.vm_with_node("gone") is None

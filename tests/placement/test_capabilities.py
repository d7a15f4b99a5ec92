"""What a node tells others of its settings: whole from row to row, and read with care from other versions."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pytest_django import DjangoAssertNumQueries

from tests.placement.conftest import make_up
from vms.capabilities import Capabilities, Gateway, PortMapping, of_settings
from vms.conf import conf
from vms.selectors.capabilities import by_name, known_of, of_node, own


def test_a_row_holds_all_of_it() -> None:
    told = of_settings(conf())
    assert Capabilities.of(orjson.loads(orjson.dumps(told.document()))) == told
    limited = conf().cvm.model_copy(update={"max_allocable_vcpu": 7})
    able = of_settings(conf().model_copy(update={"cvm": limited}))
    assert (able.max_vcpu, able.max_memory_mb) == (7, None)
    assert Capabilities.of(orjson.loads(orjson.dumps(able.document()))) == able


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"gpus": 1, "max_vcpu": "7", "cid_start": True, "registry": None, "new": {}},
        {"port_mapping": [], "gateway": "x", "max_restarts": 1.5},
        {"port_mapping": {"ranges": [["tcp", 1], ["tcp", "1", 2], 7]}, "gateway": {"port": "443"}},
    ],
)
def test_of_what_another_version_says_differently_the_careful_is_taken(document: dict[str, Any]) -> None:
    assert Capabilities.of(document) == Capabilities(port_mapping=PortMapping(), gateway=Gateway())
    assert not Capabilities.of(document).port_mapping.is_allowed("tcp", 1)


@pytest.mark.django_db
def test_one_s_own_settings_are_not_read_from_the_row(
    settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here, other = make_up(able={"max_disk_gb": 1}), make_up("b", able={"max_disk_gb": 2})
    assert known_of(here).max_disk_gb == conf().cvm.max_disk_size
    assert known_of(other).max_disk_gb == 2
    cvm = conf().cvm.model_copy(update={"max_disk_size": 3})
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    assert own().max_disk_gb == 3
    with django_assert_num_queries(0):
        assert by_name([here.name]) == {here.name: own()}
    with django_assert_num_queries(1):
        assert by_name([here.name, "b"])["b"].max_disk_gb == 2
    other.capabilities = {}
    assert of_node(other) is None

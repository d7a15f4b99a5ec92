"""What consoles are told of the node that they talk to."""

from __future__ import annotations

from typing import Any

import pytest

from vmm_site.config.cvm import PortMapping
from vms.conf import conf
from vms.selectors.node import PortRules, this_node

pytestmark = pytest.mark.django_db


def with_ports(settings: Any, mapping: dict[str, Any]) -> PortRules:
    section = PortMapping.model_validate(mapping)
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update={"port_mapping": section})})
    return this_node(with_findings=False).port_rules


def test_which_host_ports_vms_may_have_is_told(settings: Any) -> None:
    ranges = [{"protocol": "tcp", "from": 1, "to": 99}, {"protocol": "udp", "from": 7, "to": 7}]
    mapping = {"enabled": True, "address": "10.0.0.1", "range": ranges}
    assert with_ports(settings, mapping) == PortRules("10.0.0.1", (("tcp", 1, 99), ("udp", 7, 7)))


def test_no_range_is_told_where_port_mapping_is_off(settings: Any) -> None:
    assert with_ports(settings, {"enabled": False}).ranges == ()

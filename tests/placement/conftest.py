"""A second node beside this process's own: a row, with what its worker would have written into it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import make_node
from vms.capabilities import of_settings
from vms.choices import Platform
from vms.conf import conf
from vms.database import now_ms
from vms.models import Image, Node

IMAGE = "dstack-test-0.5.3"


def make_up(name: str = "", *, image: str = IMAGE, able: dict[str, Any] | None = None, **values: Any) -> Node:
    """A node whose worker is there: this one, or another that is set as this one but for ``able``."""
    node = make_node(name)
    known = of_settings(conf()).document() | (able or {})
    defaults = {"vcpus": 16, "memory_mb": 32768, "platform": Platform.NONE, "capabilities": known}
    Node.objects.filter(pk=node.pk).update(**{"heartbeat_at_ms": now_ms()} | defaults | values)
    if image:
        Image.objects.get_or_create(node=node, name=image)
    node.refresh_from_db()
    return node


@pytest.fixture
def here(db: None) -> Node:
    """This process's node."""
    return make_up()

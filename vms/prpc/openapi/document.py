"""The document as a whole: the same wherever it is made, for nothing of host, time or revision is in it."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from drf_spectacular.generators import SchemaGenerator

from vms.prpc.openapi.failures import ERROR_SCHEMA, components
from vms.prpc.openapi.pages import PATHS, TAG
from vms.prpc.openapi.words import METHODS, OVERVIEW
from vms.version import VERSION

TAGS = {
    "Virtual machines": "Create, run, change and list them.",
    "Images": "What VMs are made of.",
    "Guests": "What the VMs' own agents tell.",
    "Host": "What this host is, has and allows.",
    "Nodes": "All hosts that share one database, where there are several.",
    "Keys": "What the KMS answers on behalf of a deployer.",
    "Processes": "What runs behind the VMs.",
    "Access": "Who may use this server: users and their tokens.",
    TAG: "Paths outside /prpc/.",
}


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's last step: put in what no view of its kind can tell."""
    result["info"] |= {
        "version": VERSION,
        "description": OVERVIEW,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    result["servers"] = [{"url": "/", "description": "this server"}]
    used = {words.tag for words in METHODS.values()} | {TAG}
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
    result["paths"] |= PATHS
    result["components"].setdefault("schemas", {})["Error"] = ERROR_SCHEMA
    result["components"]["responses"] = components()
    return result


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    generator: Any = SchemaGenerator  # it has no types
    made: dict[str, Any] = generator().get_schema(request=None, public=True)
    return made


@cache
def document_json() -> bytes:
    """The document as it is served; it can't change while the process lives."""
    return orjson.dumps(document())

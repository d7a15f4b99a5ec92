"""What the API's document says in words, by method and by field. Shapes come from the serializers.

Method examples are used by tests: requests are sent to a server, answers are held against the schema.
"""

from __future__ import annotations

from vms.prpc.openapi.words import access, audit, guests, host, images, machines, nodes
from vms.prpc.openapi.words.base import MethodWords
from vms.prpc.openapi.words.fields import FIELDS as _FIELDS
from vms.prpc.openapi.words.fields import Words
from vms.prpc.openapi.words.overview import OVERVIEW

_ROOMS = (machines, images, host, nodes, guests, access, audit)
METHODS: dict[str, MethodWords] = {name: words for room in _ROOMS for name, words in room.METHODS.items()}

FIELDS: dict[str, dict[str, Words]] = {
    **_FIELDS,
    **nodes.FIELDS,
    **guests.FIELDS,
    **access.FIELDS,
    **audit.FIELDS,
}


def of_method(name: str) -> MethodWords:
    """The method's words; a method without any is still in the document."""
    return METHODS.get(name) or MethodWords("Other", name, "")


__all__ = ["FIELDS", "METHODS", "OVERVIEW", "MethodWords", "of_method"]

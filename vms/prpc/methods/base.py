"""What a method of the wire is, whatever the encoding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vms.access.policy import Permission
from vms.errors import Invalid
from vms.fleet.places import Place
from vms.prpc.fields import Message

Values = dict[str, Any]


@dataclass(frozen=True)
class Pending:
    """A result that is still to come: ``wait`` is awaited on the event loop and returns it.

    It raises our errors, sets its own bound, and reaches the database only through ``in_database``.
    """

    wait: Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Elsewhere:
    """That node answers the request as it was sent. For methods that change nothing: it has no entry."""

    place: Place


@dataclass(frozen=True)
class Method:
    """One method of the wire. ``call`` returns a result, None for Empty, a Pending or Elsewhere.

    Whoever has not ``permission`` never gets to call it; whether they have it for the VM that
    the request names is for the call to find out. ``lenient``: a value that can't be read is no
    failure; the call is told what is wrong, by field, as the value ``unread``.
    """

    name: str
    permission: Permission
    request: type[Message]
    call: Callable[[Values], Any]
    changes: bool = True
    flat: bool = False
    lenient: bool = False

    def values(self, data: Any) -> Values:
        """What ``call`` is given for the data of a request. Raises ValidationError."""
        if not self.lenient:
            given: Values = self.message.run_validation(data)
            return given
        values, errors = self.message.read(data)
        return values | {"unread": errors}

    @cached_property
    def message(self) -> Message:
        """The one that reads all requests: it keeps nothing of them, and making one is not free."""
        return self.request()

    @property
    def allows_get(self) -> bool:
        """Only what changes nothing, and whose request fits in a query."""
        return self.flat and not self.changes


@dataclass(frozen=True)
class Service:
    """Methods by their names, under the URL ``/<path>/``; a name may have one of the prefixes before it.

    ``operation_prefix`` tells its methods' names apart from other services' in the API's document.
    """

    path: str
    methods: Mapping[str, Method]
    prefixes: tuple[str, ...] = ()
    operation_prefix: str = ""

    def find(self, name: str) -> Method | None:
        """The method of that name."""
        for prefix in self.prefixes:
            if name.startswith(prefix):
                return self.methods.get(name.removeprefix(prefix))
        return self.methods.get(name)

    def permission(self, method: str) -> Permission:
        """What the method of that name needs; to be told that there is none, next to nothing."""
        found = self.find(method)
        return Permission.LOOK if found is None else found.permission


def required_id(values: Values) -> str:
    """The request's id. Raises Invalid where there is none."""
    if not values["id"]:
        raise Invalid("id: is missing; give the VM's id")
    return str(values["id"])

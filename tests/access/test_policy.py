"""The policy's table, and that everything that can be asked for names a row of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, path

from tests.access.people import person, token_of
from vms.access.policy import Permission, allows, require, require_for_vm, sight
from vms.access.principal import NOBODY, THE_PROGRAM, Credential, Principal, acting_as
from vms.access.public import is_open
from vms.access.routes import Authorize, needed, needs
from vms.choices import Role
from vms.errors import Forbidden, NotFound
from vms.live.guard import Guarded
from vms.live.routing import websocket_routes
from vms.prpc.methods import SERVICES
from vms.selectors.sight import EVERYTHING, Sight

EVERYBODY = set(Role)
SEERS = {Role.VIEWER, Role.OPERATOR, Role.ADMIN}
TABLE = {
    Permission.LOOK: (EVERYBODY, EVERYBODY),
    Permission.SEE_VM: (SEERS, EVERYBODY),
    Permission.STEER_VM: ({Role.OPERATOR, Role.ADMIN}, EVERYBODY),
    Permission.CREATE_VM: ({Role.MEMBER, Role.ADMIN}, {Role.MEMBER, Role.ADMIN}),
    Permission.CHANGE_VM: ({Role.ADMIN}, EVERYBODY),
    Permission.SEE_NODE: (SEERS, SEERS),
    Permission.STEER_NODE: ({Role.ADMIN}, {Role.ADMIN}),
    Permission.MANAGE_NODES: ({Role.ADMIN}, {Role.ADMIN}),
    Permission.MANAGE_ACCESS: ({Role.ADMIN}, {Role.ADMIN}),
}
"""Which roles may, of what is others', and of what is their own."""


def somebody(role: Role, user_id: int | None = 1, *scopes: Permission) -> Principal:
    limited = frozenset(scope.name for scope in scopes) if scopes else None
    return Principal("ada", role, Credential.TOKEN, user_id=user_id, scopes=limited)


def test_each_permission_is_one_of_its_own() -> None:
    assert [each.name for each in Permission] == list(Permission.__members__)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_the_table(permission: Permission, role: Role) -> None:
    others, own = TABLE[permission]
    assert allows(somebody(role), permission, owner_id=2) == (role in others)
    assert allows(somebody(role), permission, owner_id=None) == (role in others)
    assert allows(somebody(role), permission, owner_id=1) == (role in own)


@pytest.mark.parametrize("permission", Permission)
def test_scopes_take_away_and_never_give(permission: Permission) -> None:
    for role in Role:
        only_this = somebody(role, 1, permission)
        assert allows(only_this, permission, 1) == allows(somebody(role), permission, 1)
        for other in set(Permission) - {permission}:
            assert not allows(only_this, other, 1)
    assert not allows(NOBODY, permission, 1)
    assert allows(THE_PROGRAM, permission)


def test_nobody_owns_what_belongs_to_nobody() -> None:
    """A service has no account, and neither has a VM of before there were any."""
    service = somebody(Role.MEMBER, None)
    assert not allows(service, Permission.SEE_VM, None)
    assert sight(service) == Sight(everything=False, owner_id=None)
    assert not sight(service).includes(None)


def test_what_somebody_sees() -> None:
    assert sight(somebody(Role.MEMBER)) == Sight(everything=False, owner_id=1)
    for role in SEERS:
        assert sight(somebody(role)) == EVERYTHING
    blind = somebody(Role.ADMIN, 1, Permission.STEER_NODE)
    assert sight(blind) == Sight(everything=False, owner_id=None)


def test_a_vm_that_somebody_may_not_see_is_not_there() -> None:
    with acting_as(somebody(Role.MEMBER)):
        with pytest.raises(NotFound, match=r"^no VM has the id 'theirs'$"):
            require_for_vm(Permission.CHANGE_VM, "theirs", 2)
        require_for_vm(Permission.CHANGE_VM, "own", 1)
    with acting_as(somebody(Role.VIEWER)):
        with pytest.raises(Forbidden, match=r"ada \(viewer\) may not .* admin or the VM's owner"):
            require_for_vm(Permission.CHANGE_VM, "seen", 2)
        require_for_vm(Permission.CHANGE_VM, "own", 1)


def test_a_refusal_says_what_would_be_needed() -> None:
    with acting_as(somebody(Role.OPERATOR)), pytest.raises(Forbidden, match=r"needed: admin$"):
        require(Permission.STEER_NODE)
    limited = somebody(Role.ADMIN, 1, Permission.LOOK)
    with acting_as(limited), pytest.raises(Forbidden, match="the token of ada is limited to LOOK"):
        require(Permission.STEER_NODE)


def all_views(resolver: Any = None) -> Iterator[Any]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from all_views(entry)
        else:
            assert isinstance(entry, URLPattern)
            yield entry


def test_every_url_names_what_it_needs() -> None:
    for entry in all_views():
        arguments = {"method": "Status"} if "method" in str(entry.pattern) else entry.default_args
        named = needed(entry.callback, arguments)
        assert is_open(entry.callback) or isinstance(named, Permission), entry


def test_every_websocket_is_guarded() -> None:
    for _, application in websocket_routes():
        assert isinstance(application, Guarded)
        assert isinstance(application.permission, Permission)


def test_what_changes_something_needs_more_than_looking() -> None:
    reading = {Permission.LOOK, Permission.SEE_VM, Permission.SEE_NODE}
    for service in (service for service in SERVICES if service.path in ("prpc", "guest")):
        for method in service.methods.values():
            assert not (method.changes and method.permission in reading), method.name


def test_an_unknown_method_needs_next_to_nothing_and_a_prefixed_one_what_it_is() -> None:
    vmm = SERVICES[0]
    assert vmm.permission("Nothing") is Permission.LOOK
    assert vmm.permission("Teepod.RemoveVm") is Permission.CHANGE_VM


def test_a_view_that_names_nothing_is_closed_even_to_admins() -> None:
    def forgotten(request: HttpRequest) -> HttpResponse:
        raise AssertionError("nobody gets here")

    authorize = Authorize(forgotten)
    with acting_as(somebody(Role.ADMIN)):
        answer = authorize.process_view(RequestFactory().get("/forgotten"), forgotten, (), {})
        assert answer is not None
        assert answer.status_code == 403
        assert (
            authorize.process_view(RequestFactory().get("/"), needs(Permission.LOOK)(forgotten), (), {})
            is None
        )


urlpatterns = [path("forgotten", lambda request: HttpResponse("here"))]


@pytest.mark.django_db
@pytest.mark.urls("tests.access.test_policy")
def test_django_asks_before_the_view_is_called(login_on: Any) -> None:
    admin = Client(headers={"authorization": f"Bearer {token_of(person('root', Role.ADMIN))}"})
    answer = admin.get("/forgotten")
    assert answer.status_code == 403
    assert "what it needs is not declared" in answer.json()["message"]

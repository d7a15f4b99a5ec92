"""``/set-up/<token>/``: where the one-time link leads that makes the first admin."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.debug import sensitive_post_parameters

from vms.access import sessions
from vms.access.accounts import make_first_admin
from vms.access.passwords import Holder
from vms.access.presented import MAX_SECRET
from vms.access.principal import Credential
from vms.access.public import public
from vms.access.set_up import set_up_link
from vms.access.throttle import throttle
from vms.access.users import principal_of
from vms.errors import Invalid, NotFound, VmmError
from vms.pages.door import Field, address_of, page, refuse_method


@public
@sensitive_post_parameters("password", "again")
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """The form, and what it makes."""
    if request.method not in ("GET", "HEAD", "POST"):
        return refuse_method("GET, HEAD, POST")
    address = address_of(request)
    try:
        throttle.check(address, None)
        set_up_link.demand(token)
    except VmmError as error:
        if isinstance(error, NotFound):
            throttle.failed(address, None)
        return page(request, "set_up", (), error)
    return _make(request, token) if request.method == "POST" else _form(request, "")


def _make(request: HttpRequest, token: str) -> HttpResponse:
    name, password = request.POST.get("name", "").strip(), request.POST.get("password", "")
    try:
        if password != request.POST.get("again", ""):
            raise Invalid("again: is not the same as above")
        user = set_up_link.use(token, partial(_admin, name, password))
    except VmmError as error:
        return _form(request, name, error)
    sessions.begin(request, Holder(principal_of(user, Credential.PASSWORD), user))
    return HttpResponseRedirect("/")


def _admin(name: str, password: str) -> User:
    if not name:
        raise Invalid("name: choose one")
    if "\0" in password or len(password) > MAX_SECRET:
        raise Invalid("password: is too long, or holds a NUL character")
    return make_first_admin(name, password)


def _form(request: HttpRequest, name: str, error: VmmError | None = None) -> HttpResponse:
    fields = (
        Field("name", "User name", "text", "username", value=name[:150]),
        Field(
            "password", "Password", "password", "new-password", "At least 10 characters", maxlength=MAX_SECRET
        ),
        Field("again", "Password again", "password", "new-password", maxlength=MAX_SECRET),
    )
    return page(request, "set_up", fields, error)

"""``/login/`` and ``/logout/``: a session for a browser, by name and password."""

from __future__ import annotations

import threading

from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from vms.access import passwords, sessions
from vms.access.passwords import Holder, busy
from vms.access.presented import MAX_SECRET
from vms.access.principal import Credential, Principal
from vms.access.public import public
from vms.access.throttle import throttle
from vms.access.trail import trail
from vms.errors import Invalid, Unauthorized, VmmError
from vms.pages.door import Field, address_of, page, refuse_method

_one_at_a_time = threading.Semaphore(1)
"""Of two request threads, one stays free for everybody else while a password is checked."""


@public
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponse:
    """The form; ``next`` is the path on this server to go on to."""
    if request.method == "POST":
        return _log_in(request)
    if request.method not in ("GET", "HEAD"):
        return refuse_method("GET, HEAD, POST")
    principal: Principal = getattr(request, "principal")  # noqa: B009 (the middleware's; Django's types lack it)
    if principal.credential is Credential.SESSION and "next" not in request.GET:
        return HttpResponseRedirect("/")
    return _form(request, request.GET.get("next", ""), "")


@public
def logout(request: HttpRequest) -> HttpResponse:
    """End the browser's session. By POST only: a link on another page must not do it."""
    if request.method != "POST":
        return refuse_method("POST")
    sessions.end(request)
    return HttpResponseRedirect("/login/")


def _log_in(request: HttpRequest) -> HttpResponse:
    name, password = request.POST.get("name", "").strip(), request.POST.get("password", "")
    try:
        holder = _holder(address_of(request), name, password)
    except VmmError as error:
        user_login_failed.send(__name__, credentials={"username": name[:150]}, request=request, error=error)
        return _form(request, request.POST.get("next", ""), name, error)
    sessions.begin(request, holder)
    return HttpResponseRedirect(_local(request.POST.get("next", "")))


def _holder(address: str, name: str, password: str) -> Holder:
    """Raises Invalid, Unauthorized or Throttled; what is about a field begins with its name."""
    for field, text, what in (("name", name, "your user name"), ("password", password, "your password")):
        if not text:
            raise Invalid(f"{field}: enter {what}")
        if len(text) > MAX_SECRET or "\0" in text:
            raise Invalid(f"{field}: is too long, or holds a NUL character")
    throttle.check(address, name)
    if not _one_at_a_time.acquire(blocking=False):
        raise busy()
    try:
        holder = passwords.holder(name, password)
    finally:
        _one_at_a_time.release()
    if holder is None:
        throttle.failed(address, name)
        trail().detail = f"as {name}" if passwords.is_known(name) else ""
        raise Unauthorized("password: user name or password is wrong")
    throttle.succeeded(address, name)
    return holder


def _form(request: HttpRequest, goes_on: str, name: str, error: VmmError | None = None) -> HttpResponse:
    fields = (
        Field("name", "User name", "text", "username", value=name[:150]),
        Field("password", "Password", "password", "current-password", maxlength=MAX_SECRET),
    )
    return page(request, "login", fields, error, next=_local(goes_on))


def _local(path: str) -> str:
    """That path if it is one on this server, else the console."""
    is_local = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_local else "/"

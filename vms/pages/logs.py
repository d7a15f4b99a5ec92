"""``/logs``: one log of one VM as plain text."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from vms.access import audit
from vms.access.policy import Permission, require_for_known_vm
from vms.access.routes import needs
from vms.access.standing import while_allowed
from vms.access.trail import about_vm, trail
from vms.conf import conf
from vms.errors import Invalid, NotFound, VmmError
from vms.fleet import places, relay
from vms.fleet.places import Place
from vms.hypervisor.log_files import Boot
from vms.hypervisor.rundir import VM_ID_PATTERN
from vms.live.logs import MAX_LINES, LogChannel, boots_of, log_path, read_log
from vms.selectors.vms import unknown_vm

CONTENT_TYPE = "text/plain; charset=utf-8"
DEFAULT_LINES = 10_000
MAX_BOOTS = 100_000


@needs(Permission.STEER_VM)
def logs(request: HttpRequest) -> HttpResponseBase:
    """``?id=&follow=&ansi=&lines=&ch=&boot=&download=``; 404 for an unknown VM or a boot that is not kept.

    400 for an option that isn't one.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405)
    try:
        vm_id = request.GET.get("id", "")
        if not vm_id:
            raise Invalid("id: give the VM's id, as in /logs?id=…")
        channel = _channel(request.GET.get("ch", ""))
        lines = _number("lines", request.GET.get("lines", ""), MAX_LINES, default=DEFAULT_LINES)
        ansi = _flag("ansi", request.GET.get("ansi", ""), default=True)
        follow = _flag("follow", request.GET.get("follow", ""), default=False)
        download = _flag("download", request.GET.get("download", ""), default=False)
        age = _number("boot", request.GET.get("boot", ""), MAX_BOOTS, default=0)
        if not VM_ID_PATTERN.match(vm_id):
            raise unknown_vm(vm_id)
        about_vm(vm_id)
        require_for_known_vm(Permission.STEER_VM, vm_id)
        if (place := places.of_vm(vm_id)) is not None:
            return _of_another_node(request, place, vm_id)
        path = log_path(conf().run_path, vm_id, channel)
        boot = _boot(path, age)
    except VmmError as error:
        trail().failure = error.message
        return JsonResponse({"code": error.code, "message": error.message}, status=error.code)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(content_type=CONTENT_TYPE)
    else:
        audit.note(audit.OK, action="logs")
        parts = read_log(path, boot, lines=lines, ansi=ansi, follow=follow)
        seen = while_allowed(parts, request, Permission.STEER_VM, vm_id)
        response = StreamingHttpResponse(seen, content_type=CONTENT_TYPE)
    if download:
        response["Content-Disposition"] = f'attachment; filename="{vm_id}-{channel}-boot-{boot.number}.log"'
    return _as_it_comes(response)


def _of_another_node(request: HttpRequest, place: Place, vm_id: str) -> HttpResponseBase:
    """What the VM's own node answers to the same request. Raises VmmError."""
    asked = relay.of_request(place, request)
    return _as_it_comes(
        relay.Flowing(asked, lambda parts: while_allowed(parts, request, Permission.STEER_VM, vm_id))
    )


def _as_it_comes(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


def _channel(text: str) -> LogChannel:
    try:
        return LogChannel(text or LogChannel.SERIAL)
    except ValueError:
        raise Invalid(f"ch: must be serial, stdout or stderr, not {text[:40]!r}") from None


def _boot(path: Path, age: int) -> Boot:
    """The boot that was so many boots ago. Raises NotFound where nothing of it is kept."""
    boots = boots_of(path)
    if age >= len(boots):
        kept = f"{len(boots) - 1} earlier ones are" if len(boots) > 1 else "no earlier one is"
        raise NotFound(f"boot: 0 is the newest, and {kept} kept of this log, not {age}")
    return boots[-1 - age]


def _number(name: str, text: str, most: int, *, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Invalid(f"{name}: must be a number from 0 to {most}, not {text[:40]!r}")
    return min(int(text), most)


def _flag(name: str, text: str, *, default: bool) -> bool:
    match text.lower():
        case "":
            return default
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise Invalid(f"{name}: must be true or false, not {text[:40]!r}")

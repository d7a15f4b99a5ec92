"""``/prpc/<Method>`` and ``/guest/<Method>``: parse, call, render. The same for every method and encoding."""

from __future__ import annotations

import io
import time
from functools import partial
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from vms import telemetry
from vms.access.routes import needs
from vms.access.trail import trail
from vms.errors import MethodNotAllowed, NotFound, TookTooLong, VmmError
from vms.fleet import relay
from vms.fleet.outgoing import Outgoing
from vms.prpc import audited
from vms.prpc.codecs import DOCUMENTED_JSON, Answer, DocumentedJson, Encoding, encoding_of
from vms.prpc.errors import as_vmm_error
from vms.prpc.methods import SERVICES, VMM, Elsewhere, Method, Pending, Service
from vms.settling import ServerEnds, SettlingResponse, while_the_server_lasts

BY_QUERY = ("GET", "HEAD")


class NoNegotiation(BaseContentNegotiation):
    """How the request is written decides on the answer's form (``codecs``), never an Accept header."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class MethodView(APIView):
    """Answers every method of a service. ``wire_method`` is the one that a URL stands for, if one only."""

    http_method_names = ["get", "head", "post"]
    content_negotiation_class = NoNegotiation
    renderer_classes = (DocumentedJson,)  # one only, or DRF would say that answers vary by Accept
    service: ClassVar[Service] = VMM
    wire_method: ClassVar[Method | None] = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and count the answer once it is known."""
        count = partial(_count, self.service, kwargs["method"], time.perf_counter())
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except Exception:
            count(HttpResponse(status=500))
            raise
        if isinstance(response, SettlingResponse):
            response.on_settled.append(count)
        else:
            count(response)
        return response

    def get(self, request: Request, method: str) -> HttpResponse:
        return _answer(request._request, self.service, method)

    def post(self, request: Request, method: str) -> HttpResponse:
        return _answer(request._request, self.service, method)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Another HTTP verb, or a header that DRF can't read."""
        told = as_vmm_error(exc)
        if told is None:
            raise exc
        return _refusal(DOCUMENTED_JSON, told, self.service.find(self.kwargs["method"]))

    def _allowed_methods(self) -> list[str]:
        """What the API's document lists: GET only where the method takes it."""
        return _verbs(self.wire_method)


def _count(service: Service, name: str, began: float, response: HttpResponseBase) -> None:
    """Only names of ours become labels, whatever is asked for."""
    method = service.find(name)
    labels = (service.path, method.name if method else "unknown", str(response.status_code))
    telemetry.REQUESTS.labels(*labels).inc()
    telemetry.REQUEST_SECONDS.labels(*labels).observe(time.perf_counter() - began)


def method_urls() -> list[URLPattern]:
    """A path of its own for every method, and one for all other names: prefixed or unknown."""
    return [pattern for service in SERVICES for pattern in _urls(service)]


def _urls(service: Service) -> list[URLPattern]:
    one_by_one = [
        path(f"{service.path}/{name}", _view(service, method), {"method": name})
        for name, method in service.methods.items()
    ]
    return [*one_by_one, re_path(rf"^{service.path}/(?P<method>.*)$", _view(service, None))]


def _view(service: Service, method: Method | None) -> Any:
    name = f"{service.operation_prefix}{method.name if method else 'Any'}View"
    kind: Any = type(name, (MethodView,), {"service": service, "wire_method": method})
    return needs(service.permission)(kind.as_view())


def _answer(request: HttpRequest, service: Service, name: str) -> HttpResponse:
    encoding: Encoding = DOCUMENTED_JSON
    try:
        encoding = encoding_of(request)
        method = _method(request, service, name)
        audited.begin(service, method)
        values = method.values(_data(request, encoding, method))
        outcome = audited.call(method, values)
        if isinstance(outcome, Elsewhere):
            outcome = Pending(partial(_answered, relay.of_request(outcome.place, request)))
    except Exception as error:
        told = as_vmm_error(error)
        if told is None:
            raise
        return _refusal(encoding, told, service.find(name))
    if isinstance(outcome, Pending):
        return _settling(outcome, encoding, method.name)
    return _response(encoding.result(outcome, method.name))


def _method(request: HttpRequest, service: Service, name: str) -> Method:
    method = service.find(name)
    if method is None:
        raise NotFound(f"there is no method {name[:80]!r}; there are {', '.join(service.methods)}")
    if request.method in BY_QUERY and not method.allows_get:
        raise MethodNotAllowed(f"{method.name} changes something or takes a long request: use POST")
    return method


def _data(request: HttpRequest, encoding: Encoding, method: Method) -> Any:
    """The request's values before validation: of the query for GET, of the body for POST."""
    if request.method in BY_QUERY:
        return method.message.query_to_data({name: request.GET[name] for name in request.GET})
    return encoding.parse(io.BytesIO(request.body), parser_context={"method": method.name})


def _verbs(method: Method | None) -> list[str]:
    return ["POST"] if method is not None and not method.allows_get else ["GET", "HEAD", "POST"]


def _refusal(encoding: Encoding, error: VmmError, method: Method | None) -> HttpResponse:
    trail().failure = error.message
    response = _response(encoding.error(error))
    if isinstance(error, MethodNotAllowed):
        response["Allow"] = ", ".join(_verbs(method))
    return response


def _settling(pending: Pending, encoding: Encoding, method: str) -> SettlingResponse:
    async def settle(response: SettlingResponse) -> None:
        try:
            value = await _awaited(pending, method)
        except VmmError as error:
            _write(response, encoding.error(error))
        else:
            _write(response, value if isinstance(value, Answer) else encoding.result(value, method))

    return SettlingResponse(settle, content_type=encoding.media_type)


async def _answered(asked: Outgoing) -> Answer:
    """Another node's answer, in the encoding of the request, which went to it as it is."""
    return Answer(*await relay.answer(asked))


async def _awaited(pending: Pending, method: str) -> Any:
    try:
        return await while_the_server_lasts(pending.wait)
    except ServerEnds:
        raise TookTooLong(
            f"{method} is not done, and the server is ending now; what was asked of the host is recorded "
            "and goes on once it is back"
        ) from None


def _response(answer: Answer) -> HttpResponse:
    response = HttpResponse()
    _write(response, answer)
    return response


def _write(response: HttpResponse, answer: Answer) -> None:
    response.status_code = answer.status
    response.content = answer.body
    response["Content-Type"] = answer.content_type
    if answer.status == 204:
        del response["Content-Type"]

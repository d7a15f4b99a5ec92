"""``/prpc/<Method>``: parse, call, render. The same few lines for every method and encoding."""

from __future__ import annotations

import io
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from vms.errors import MethodNotAllowed, NotFound, VmmError
from vms.prpc.codecs import DOCUMENTED_JSON, Answer, Encoding, encoding_of
from vms.prpc.errors import as_vmm_error
from vms.prpc.fields import Message
from vms.prpc.methods import METHODS, Method, Pending, find_method
from vms.settling import SettlingResponse


class MethodView(APIView):
    """Answers every method of the service."""

    def get(self, request: Request, method: str) -> HttpResponse:
        return _answer(request._request, method)

    def post(self, request: Request, method: str) -> HttpResponse:
        return _answer(request._request, method)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Another HTTP verb, or a header that DRF can't read."""
        told = as_vmm_error(exc)
        if told is None:
            raise exc
        return _response(DOCUMENTED_JSON.error(told))


def _answer(request: HttpRequest, name: str) -> HttpResponse:
    encoding: Encoding = DOCUMENTED_JSON
    try:
        encoding = encoding_of(request)
        method = _method(request, name)
        message = method.request()
        values = message.run_validation(_data(request, encoding, method, message))
        outcome = method.call(values)
    except Exception as error:
        told = as_vmm_error(error)
        if told is None:
            raise
        return _response(encoding.error(told))
    if isinstance(outcome, Pending):
        return _settling(outcome, encoding, method.name)
    return _response(encoding.result(outcome, method.name))


def _method(request: HttpRequest, name: str) -> Method:
    method = find_method(name)
    if method is None:
        raise NotFound(f"there is no method {name[:80]!r}; there are {', '.join(METHODS)}")
    if request.method == "GET" and not method.allows_get:
        raise MethodNotAllowed(f"{method.name} changes something or takes a long request: use POST")
    return method


def _data(request: HttpRequest, encoding: Encoding, method: Method, message: Message) -> Any:
    """The request's values before validation: of the query for GET, of the body for POST."""
    if request.method == "GET":
        return message.query_to_data({name: request.GET[name] for name in request.GET})
    data = encoding.parse(io.BytesIO(request.body), parser_context={"method": method.name})
    return {} if data is None else data


def _settling(pending: Pending, encoding: Encoding, method: str) -> SettlingResponse:
    async def settle(response: SettlingResponse) -> None:
        try:
            value = await pending.wait()
        except VmmError as error:
            _write(response, encoding.error(error))
        else:
            _write(response, encoding.result(value, method))

    return SettlingResponse(settle, content_type=encoding.media_type)


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

"""One operation for each method and verb, all from the registry of methods."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    Direction,
    OpenApiExample,
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
)

from vms.prpc import fields
from vms.prpc.messages import response_message
from vms.prpc.methods import Method
from vms.prpc.openapi.extensions import QUERY_FLAG, shape
from vms.prpc.openapi.failures import references
from vms.prpc.openapi.words import FIELDS, MethodWords, of_method
from vms.prpc.serializers import Empty

JSON = "application/json"


class MethodSchema(AutoSchema):
    """drf-spectacular's view of a ``MethodView``."""

    view: Any

    @property
    def wire(self) -> Method:
        method: Method = self.view.wire_method
        return method

    @property
    def words(self) -> MethodWords:
        return of_method(self.wire.name)

    def is_excluded(self) -> bool:
        """The pattern for prefixed and unknown names is no operation of its own."""
        return self.view.wire_method is None

    def get_operation_id(self) -> str:
        name = f"{self.view.service.operation_prefix}{self.wire.name}"
        return name if self.method == "POST" else f"{name}ByGet"

    def get_summary(self) -> str:
        return self.words.summary

    def get_description(self) -> str:  # type: ignore[override]
        return self.words.text

    def get_tags(self) -> list[str]:
        return [self.words.tag]

    def get_override_parameters(self) -> list[Any]:
        """GET's: the request's fields. A list is written ``a,b``."""
        return [] if self.method == "POST" else list(map(self._parameter, self.wire.request().fields.items()))

    def get_request_serializer(self) -> Any:
        request = self.wire.request
        schema: Any = {"type": "object"} if request is Empty else request
        examples = [OpenApiExample(name, value) for name, value in self.words.requests.items()]
        return {JSON: OpenApiRequest(schema, examples=examples)}

    def get_response_serializers(self) -> Any:
        message = response_message(self.wire.name)
        if message is Empty:
            return {204: OpenApiResponse(description="Done.")}
        examples = [OpenApiExample(name, value) for name, value in self.words.answers.items()]
        return {(200, JSON): OpenApiResponse(message, "Done.", examples)}

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        return bodies | references(self.words.failures, has_body=self.method == "POST")

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def _parameter(self, named: tuple[str, Any]) -> OpenApiParameter:
        name, field = named
        schema = QUERY_FLAG if isinstance(field, fields.Bool) else shape(field, self, "request")
        schema = {key: value for key, value in schema.items() if key != "maxItems"}  # a URL ends sooner
        words = FIELDS.get(self.wire.request.__name__, {}).get(name, "")
        is_list = isinstance(field, fields.ListOf)
        return OpenApiParameter(
            name,
            schema,
            description=words if isinstance(words, str) else words[0],
            style="form" if is_list else None,
            explode=False if is_list else None,
        )

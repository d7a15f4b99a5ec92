"""Field types of the wire's messages, as DRF fields: proto3's meaning, strict types.

A missing or null field has its type's default; a wrong type is an error that names the
field. ``from_query`` reads the same field from a URL's query, where all is text.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from vms.octets import read_octets


class WireField(serializers.Field):  # type: ignore[type-arg]
    """A field with a proto3 default; ``optional`` ones default to None ("not given")."""

    proto_default: Any = None
    wanted = "a value"

    def __init__(self, *, optional: bool = False) -> None:
        default = None if optional else self.proto_default
        super().__init__(required=False, allow_null=True, default=default)
        self.null_value = default

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None or data is serializers.empty:
            return self.null_value
        return self.to_internal_value(data)

    def to_representation(self, value: Any) -> Any:
        return value

    def from_query(self, text: str) -> Any:
        """The field's JSON value for a text from the URL. Raises ValidationError."""
        return text

    def wrong(self) -> serializers.ValidationError:
        return serializers.ValidationError(f"must be {self.wanted}")


class Text(WireField):
    proto_default = ""
    wanted = "text"

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise self.wrong()
        if "\0" in data:
            raise serializers.ValidationError("must not hold NUL characters")
        try:
            data.encode()
        except UnicodeEncodeError:
            raise serializers.ValidationError("must not hold lone surrogates") from None
        return data


class UInt32(WireField):
    proto_default = 0
    wanted = "a whole number from 0 to 4294967295"
    minimum = 0
    maximum = 2**32 - 1

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int) or not self.minimum <= data <= self.maximum:
            raise self.wrong()
        return data

    def from_query(self, text: str) -> Any:
        if not (text.isascii() and text.isdigit()) or len(text) > len(str(self.maximum)):
            raise self.wrong()
        return int(text)


class UInt64(UInt32):
    wanted = "a whole number from 0 to 18446744073709551615"
    maximum = 2**64 - 1


class Int64(UInt32):
    """In answers only: a query's numbers have no sign."""

    wanted = "a whole number from -9223372036854775808 to 9223372036854775807"
    minimum = -(2**63)
    maximum = 2**63 - 1


class Bool(WireField):
    proto_default = False
    wanted = "true or false"

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise self.wrong()
        return data

    def from_query(self, text: str) -> Any:
        try:
            return {"true": True, "1": True, "": True, "false": False, "0": False}[text.lower()]
        except KeyError:
            raise self.wrong() from None


class Bytes(WireField):
    """Read as hex (with or without 0x) where it is valid hex of even length, else as base64."""

    proto_default = b""
    wanted = "bytes as hex or base64 text"

    def to_internal_value(self, data: Any) -> bytes:
        if isinstance(data, bytes):
            return data
        if not isinstance(data, str):
            raise self.wrong()
        try:
            return read_octets(data)
        except ValueError:
            raise self.wrong() from None


class ListOf(WireField):
    """A repeated field. In a query it is given as ``ids=a,b``."""

    wanted = "a list"
    max_length = 10_000

    def __init__(self, child: WireField | Message, *, optional: bool = False) -> None:
        self.proto_default = ()
        super().__init__(optional=optional)
        self.child = child

    def to_internal_value(self, data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise self.wrong()
        if len(data) > self.max_length:
            raise serializers.ValidationError(f"must have at most {self.max_length} entries")
        values, errors = [], {}
        for index, item in enumerate(data):
            try:
                if item is None:
                    raise self.child_wrong()
                values.append(self.child.run_validation(item))
            except serializers.ValidationError as error:
                errors[f"[{index}]"] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return tuple(values)

    def child_wrong(self) -> serializers.ValidationError:
        wanted = self.child.wanted if isinstance(self.child, WireField) else "an object"
        return serializers.ValidationError(f"must be {wanted}")

    def from_query(self, text: str) -> Any:
        return [item for item in text.split(",") if item]


class Message(serializers.Serializer):  # type: ignore[type-arg]
    """A message: unknown fields are ignored, absent ones take their default.

    As a field, ``optional`` (or a null) gives None instead of an empty message.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("allow_null", True)
        kwargs.setdefault("default", None)
        super().__init__(*args, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        values, errors = self.read(data)
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def read(self, data: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The values, the default for each that is wrong, and what is wrong with those, by field."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        values, errors = {}, {}
        for name, field in self.fields.items():
            try:
                values[name] = field.run_validation(data.get(name))
            except serializers.ValidationError as error:
                values[name], errors[name] = field.run_validation(None), error.detail
        return values, errors

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None or data is serializers.empty:
            return None
        return self.to_internal_value(data)

    def query_to_data(self, query: dict[str, str]) -> dict[str, Any]:
        """JSON values for a flat message from a URL's query."""
        data, errors = {}, {}
        for name, field in self.fields.items():
            if name in query and isinstance(field, WireField):
                try:
                    data[name] = field.from_query(query[name])
                except serializers.ValidationError as error:
                    errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return data

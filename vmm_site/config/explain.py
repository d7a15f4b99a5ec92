"""Pydantic's errors in the operator's words."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from vmm_site.config.environment import Key, section_of, settable
from vmm_site.config.errors import Problem
from vmm_site.config.model import Config

SECRETS = {key[-1] for key, field in settable(Config) if not field.repr}
"""Names of values that are never shown: the model says ``repr=False`` of them."""
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


def problem_of(error: ErrorDetails, sources: dict[Key, str], source: str) -> Problem:
    """Name the place, the value (unless it is a secret), the reason and what would be right."""
    key = _file_key(error["loc"])
    names = tuple(str(part) for part in error["loc"] if isinstance(part, str))
    return Problem(
        source=_source_of(names, sources, source),
        key=key,
        reason=_reason(error),
        value="" if SECRETS & set(names) else _shown(error["input"]),
        allowed=allowed(_field_at(names)),
    )


def _file_key(loc: tuple[int | str, ...]) -> str:
    key = ""
    for part in loc:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _source_of(names: Key, sources: dict[Key, str], source: str) -> str:
    for length in range(len(names), 0, -1):
        if names[:length] in sources:
            return sources[names[:length]]
    return source


def _shown(value: object) -> str:
    if isinstance(value, dict | list | tuple | BaseModel) or value is None:
        return ""
    text = without_credentials(str(value).lower() if isinstance(value, bool) else repr(value))
    return text if len(text) <= 120 else text[:117] + "…"


def without_credentials(text: str) -> str:
    """The same, with what stands before ``@`` in a URL masked."""
    return _CREDENTIALS.sub("***@", text)


def _reason(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context.get("error", error["msg"]))
    return {
        "missing": "must be given",
        "string_pattern_mismatch": "is not written as it must be",
        "enum": "no such choice",
        "model_type": "must be a section (a TOML table)",
        "model_attributes_type": "must be a section (a TOML table)",
    }.get(error["type"], error["msg"][0].lower() + error["msg"][1:])


def _field_at(names: Key) -> FieldInfo | None:
    model: type[BaseModel] | None = Config
    field: FieldInfo | None = None
    for name in names:
        if model is None:
            return None
        fields = {**model.model_fields, **{f.alias: f for f in model.model_fields.values() if f.alias}}
        field = fields.get(name)
        if field is None:
            return None
        model = section_of(field) or _item_section(field)
    return field


def _item_section(field: FieldInfo) -> type[BaseModel] | None:
    for kind in getattr(field.annotation, "__args__", ()):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def allowed(field: FieldInfo | None) -> str:
    """What may be written there, for people; empty where nothing short can be said."""
    if field is None or section_of(field):
        return ""
    if field.description:
        return field.description
    kind: Any = field.annotation
    if get_origin(kind) is tuple:
        return _item_description(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(str(member.value) for member in kind)
    if kind is bool:
        return "true, false"
    limits: dict[str, Any] = {}
    for rule in field.metadata:
        for name in ("ge", "gt", "le", "lt", "pattern"):
            if (value := getattr(rule, name, None)) is not None:
                limits[name] = value
    if kind in (int, float):
        return _range(limits, whole=kind is int)
    return str(limits.get("pattern", ""))


def _item_description(kind: Any) -> str:
    rules = getattr(get_args(kind)[0], "__metadata__", ())
    return next((r.description for r in rules if isinstance(r, FieldInfo) and r.description), "")


def _range(limits: dict[str, Any], *, whole: bool) -> str:
    low = limits["ge"] if "ge" in limits else limits.get("gt")
    high = limits["le"] if "le" in limits else limits.get("lt")
    if whole and "ge" not in limits and low is not None:
        low += 1
    if whole and "le" not in limits and high is not None:
        high -= 1
    word = "a whole number" if whole else "a number"
    parts = [f"from {low}" if low is not None else "", f"to {high}" if high is not None else ""]
    return " ".join([word, *filter(None, parts)])

"""Values that environment variables put over those of the file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vmm_site.config.errors import ConfigError, Problem
from vmm_site.config.model import Config

Key = tuple[str, ...]

PREFIX = "VMM_"
SHORT_NAMES: dict[str, Key] = {
    "VMM_HOST": ("address",),
    "VMM_DATA": ("data_dir",),
    "DATABASE_URL": ("database_url",),
    "REDIS_URL": ("redis_url",),
}
NOT_SET_FROM_OUTSIDE = {"from_file", "given", "notes"}


def overrides(environ: Mapping[str, str]) -> tuple[dict[Key, tuple[str, Any]], list[Problem]]:
    """(variable, value) for each key that a variable sets, the short names first.

    Beside them the problems: a ``…_FILE`` that can't be read, a list that can't be parsed.
    """
    found: dict[Key, tuple[str, Any]] = {}
    problems: list[Problem] = []
    named = [(key, variable_of(key), field) for key, field in settable(Config)]
    short = [(key, variable, Config.model_fields[key[0]]) for variable, key in SHORT_NAMES.items()]
    for key, variable, field in [*named, *short]:
        try:
            _take(found, environ, key, variable, field)
        except ConfigError as error:
            problems += error.problems
    return found, problems


def variable_of(key: Key) -> str:
    """The environment variable that sets a value: ``VMM_CVM__CID_START``."""
    return PREFIX + "__".join(key).upper()


def settable(model: type[BaseModel], prefix: Key = ()) -> Iterator[tuple[Key, FieldInfo]]:
    """Every single value of ``model`` and the tables in it, with the path to it."""
    for name, field in model.model_fields.items():
        if not prefix and name in NOT_SET_FROM_OUTSIDE:
            continue
        inner = section_of(field)
        if inner is None:
            yield (*prefix, name), field
        else:
            yield from settable(inner, (*prefix, name))


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The table that a field holds, ``None`` if it is a single value or a list."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and not _is_list(field):
            return kind
    return None


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def _take(
    found: dict[Key, tuple[str, Any]], environ: Mapping[str, str], key: Key, variable: str, field: FieldInfo
) -> None:
    text = environ.get(variable)
    if text or (text == "" and _may_be_empty(field) and variable not in SHORT_NAMES):
        found[key] = variable, _parse(text, variable, key, field)
    elif (named := environ.get(variable + "_FILE")) is not None:
        found[key] = variable + "_FILE", _parse(_read(named, variable + "_FILE", key), variable, key, field)


def _may_be_empty(field: FieldInfo) -> bool:
    """An empty variable says something about texts and lists; elsewhere it is as good as not set."""
    return field.annotation is str or _is_list(field) or Path in get_args(field.annotation)


def _read(path: str, variable: str, key: Key) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(Problem(variable, ".".join(key), f"can't read {path}: {error}")) from None


def _parse(text: str, variable: str, key: Key, field: FieldInfo) -> Any:
    if not _is_list(field) and get_origin(field.annotation) is not dict:
        return text
    stripped = text.strip()
    if stripped.startswith(("[", "{")):
        try:
            return tomllib.loads(f"value = {stripped}")["value"]
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(Problem(variable, ".".join(key), f"not a TOML value: {error}")) from None
    return [word.strip() for word in stripped.split(",") if word.strip()]

"""The configuration as people and programs read it: every value, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vmm_site.config.environment import Key, settable
from vmm_site.config.explain import without_credentials
from vmm_site.config.load import Examined
from vmm_site.config.model import Config

MASKED = "***"
DEFAULT = "default"


@dataclass(frozen=True)
class Setting:
    """One value in effect. ``value`` is what JSON can hold; secrets and credentials are masked."""

    key: str
    value: Any
    origin: str


def settings(config: Config, origins: Mapping[Key, str]) -> Iterator[Setting]:
    """Every value, in the order of the file's sections."""
    for key, field, value in values(config):
        shown = plain(value) if field.repr or not value else MASKED
        yield Setting(".".join(key), shown, origins.get(key, DEFAULT))


def values(config: Config) -> Iterator[tuple[Key, FieldInfo, Any]]:
    """The same as it is, secrets included; None where a section isn't there."""
    for key, field in settable(Config):
        value: Any = config
        for name in key:
            value = getattr(value, name, None)
        yield key, field, value


def missing_files(config: Config) -> Iterator[str]:
    """Files that the configuration names and that aren't there."""
    for key, path in (
        ("kms.ca_file", config.kms.ca_file),
        ("auth.htpasswd_file", config.auth.htpasswd_file),
        ("cvm.volumes_dir", config.cvm.volumes_dir),
        ("fleet.ca_file", config.fleet.ca_file),
    ):
        if path is not None and not path.exists():
            yield f"{key}: {path} does not exist"


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, BaseModel):
        return {name: plain(inner) for name, inner in value.model_dump(by_alias=True).items()}
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, str | Path):
        return without_credentials(str(value))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def as_toml(value: Any) -> str:
    """A plain value as the file would have it; ``-`` where nothing is set."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {as_toml(inner)}' for name, inner in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def as_json(found: Examined) -> dict[str, Any]:
    """Everything that was found, for programs."""
    shown = settings(found.config, found.origins) if found.config else ()
    return {
        "ok": found.config is not None,
        "file": str(found.file) if found.file else None,
        "settings": [asdict(setting) for setting in shown],
        "notes": list(found.notes),
        "problems": [asdict(problem) for problem in found.problems],
    }

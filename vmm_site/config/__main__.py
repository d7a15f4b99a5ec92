"""``python -m vmm_site.config FILE``: bring the tables of docs/configuration.md up to date.

Types, defaults and variables are the model's; the last column, what a value means, is
written by hand and kept. Prose between the tables is kept as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vmm_site.config.environment import SHORT_NAMES, Key, settable, variable_of
from vmm_site.config.explain import allowed
from vmm_site.config.model import Config
from vmm_site.config.reference import ROW, rows_of
from vmm_site.config.report import as_toml, plain

HEAD = ("| key | value | default | environment | meaning |", "| --- | --- | --- | --- | --- |")
DEPENDS = {
    ("data_dir",): "`$XDG_DATA_HOME/dstack-vmm`, else `~/.local/share/dstack-vmm`",
    ("run_path",): "`<data_dir>/vm`",
    ("image", "path"): "`<data_dir>/image`",
    ("cvm", "port_mapping", "enabled"): "`false`; without a file `true`",
}
"""Defaults that are made of something else."""


def up_to_date(text: str) -> str:
    """The document with every key's row as the model has it; a new one has no meaning yet."""
    rows = dict(rows_of(text))
    lines = [rows_line for rows_line in text.splitlines() if not ROW.match(rows_line)]
    for section, keys in _sections():
        table = [row(key, field, rows.get(".".join(key), "")) for key, field in keys]
        heading = f"## {section}"
        if heading not in lines:
            lines += ["", heading, *HEAD]
        at = lines.index(HEAD[1], lines.index(heading)) + 1
        lines[at:at] = table
    return "\n".join(lines).rstrip() + "\n"


def row(key: Key, field: FieldInfo, meaning: str) -> str:
    variables = [name for name, short in SHORT_NAMES.items() if short == key] or [variable_of(key)]
    cells = [f"`{'.'.join(key)}`", _kind(field), _default(key, field), f"`{variables[0]}`", meaning]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _sections() -> Iterator[tuple[str, list[tuple[Key, FieldInfo]]]]:
    found: dict[Key, list[tuple[Key, FieldInfo]]] = {}
    for key, field in settable(Config):
        found.setdefault(key[:-1], []).append((key, field))
    for section, keys in found.items():
        yield f"`[{'.'.join(section)}]`" if section else "Outside all sections", keys


def _kind(field: FieldInfo) -> str:
    if get_origin(field.annotation) is tuple:
        return _list_of(field)
    if get_origin(field.annotation) is dict:
        return "table of texts"
    kinds = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
    said = allowed(field)
    if said and not said.startswith("^"):
        return said
    return {bool: "true, false", str: "text", Path: "path"}.get(kinds[0], "text") if kinds else "text"


def _list_of(field: FieldInfo) -> str:
    item: Any = get_args(field.annotation)[0]
    if isinstance(item, type) and issubclass(item, BaseModel):
        names = ", ".join(inner.alias or name for name, inner in item.model_fields.items())
        return f"list of {{ {names} }}"
    return f"list of {said}" if (said := allowed(field)) else "list"


def _default(key: Key, field: FieldInfo) -> str:
    if key in DEPENDS:
        return DEPENDS[key]
    shown = as_toml(plain(field.get_default(call_default_factory=True, validated_data={})))
    return "" if shown == "-" else f"`{shown}`"


def main(path: Path) -> None:
    path.write_text(up_to_date(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""From the operator's file and the environment to a checked ``Config``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from vmm_site.config.environment import NOT_SET_FROM_OUTSIDE, Key, overrides, section_of
from vmm_site.config.errors import ConfigError, Problem
from vmm_site.config.explain import problem_of
from vmm_site.config.model import Config
from vmm_site.config.replaced import REPLACED, Table, bring_up_to_date
from vmm_site.config.values import resolve_path


@dataclass(frozen=True)
class Examined:
    """What file and environment say together.

    ``config`` is None where there are ``problems``, and those are all of them. ``origins``
    names, for every value that isn't a default, the file or the variable that set it.
    """

    file: Path | None
    config: Config | None
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    origins: Mapping[Key, str]


def load_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read, complete and check the configuration.

    Args:
        path: the operator's file; ``None`` takes the one that ``VMM_CONFIG`` names, if any.
        environ: the process's environment.

    Raises:
        ConfigError: the file can't be read, or values are wrong. All of them are named.
    """
    found = examine_config(path, environ)
    if found.config is None:
        raise ConfigError(*found.problems)
    return found.config


def examine_config(path: Path | None, environ: Mapping[str, str]) -> Examined:
    """The same, for somebody who wants to know where each value comes from. Raises nothing."""
    if path is None and environ.get("VMM_CONFIG"):
        path = Path(environ["VMM_CONFIG"])
    home = Path(environ.get("HOME") or Path("~").expanduser())
    problems: list[Problem] = []
    file, table = None, {}
    try:
        file = None if path is None else resolve_path(str(path), {"base": Path.cwd(), "home": home})
        table = {} if file is None else _read(file)
    except ConfigError as error:
        problems += error.problems
    except ValueError as error:
        problems.append(Problem(repr(str(path)), "", str(error)))
    source = "default" if path is None else str(file or path)
    notes = [*bring_up_to_date(table), *_drop_unknown(table, Config)]
    origins = dict.fromkeys(_keys_in(table, Config), source)

    sources: dict[Key, str] = {}
    changes, wrong = overrides(environ)
    problems += wrong
    for key, (variable, value) in changes.items():
        try:
            _put(table, key, value, variable)
        except ConfigError as error:
            problems += error.problems
        sources[key] = f"environment variable {variable}"
    origins |= sources

    context = {"base": file.parent if file else Path.cwd(), "home": home}
    _complete(table, context, environ, first_try=path is None)
    try:
        _read_fleet_secret(table, context, sources.get(("fleet", "secret_file"), source))
    except ConfigError as error:
        problems += error.problems
    try:
        _split_address(table, sources, source, origins)
    except ConfigError as error:
        problems += error.problems
        del table["address"]
    config = None
    try:
        found_out = {"from_file": file, "given": {".".join(key) for key in origins}, "notes": tuple(notes)}
        config = Config.model_validate({**table, **found_out}, context=context)
    except ValidationError as error:
        problems += [problem_of(e, sources, source) for e in error.errors(include_url=False)]
    return Examined(file, None if problems else config, tuple(problems), tuple(notes), origins)


def _keys_in(table: Table, model: type[BaseModel], prefix: Key = ()) -> Iterator[Key]:
    """The settings that a table of the file gives a value to, by their names of today."""
    for name, field in model.model_fields.items():
        inner = section_of(field)
        for alias in (name, *_aliases(field.validation_alias)):
            if inner is not None and isinstance(table.get(alias), dict):
                yield from _keys_in(table[alias], inner, (*prefix, name))
            elif alias in table:
                yield (*prefix, name)


def _read(file: Path) -> Table:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(Problem(str(file), "", f"not valid TOML: {error}")) from None
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(str(file), "", f"not UTF-8 text: {error}")) from None
    except OSError as error:
        raise ConfigError(Problem(str(file), "", f"can't be read: {error.strerror or error}")) from None


def _drop_unknown(table: Table, model: type[BaseModel], prefix: Key = ()) -> list[str]:
    """Take keys without a meaning out of ``table``; say for each why, or what it may have meant."""
    notes: list[str] = []
    fields = {name: field for name, field in model.model_fields.items() if name not in NOT_SET_FROM_OUTSIDE}
    known = {alias: field for field in fields.values() for alias in _aliases(field.validation_alias)}
    known |= fields
    for key in list(table):
        dotted = ".".join((*prefix, key))
        if dotted in REPLACED:
            notes.append(f"{dotted} is ignored: {REPLACED[dotted]}")
        elif key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            notes.append(f"{dotted} is ignored: no such setting{hint}")
        else:
            inner = section_of(known[key])
            if inner is not None and isinstance(table[key], dict):
                notes += _drop_unknown(table[key], inner, (*prefix, key))
            continue
        del table[key]
    return notes


def _aliases(alias: object) -> list[str]:
    choices = getattr(alias, "choices", [alias] if alias else [])
    return [choice for choice in choices if isinstance(choice, str)]


def _put(table: Table, key: Key, value: Any, variable: str) -> None:
    for name in key[:-1]:
        inner = table.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ConfigError(Problem(f"environment variable {variable}", name, "this is no section"))
        table = inner
    if key == ("cvm", "gateway_urls"):
        table.pop("tproxy_urls", None)
    table[key[-1]] = value


def _complete(
    table: Table, context: Mapping[str, Path], environ: Mapping[str, str], *, first_try: bool
) -> None:
    """Fill in what depends on something else: folders on the data folder, ports on having a file."""
    if not table.get("data_dir"):
        xdg = environ.get("XDG_DATA_HOME", "")
        share = Path(xdg) if xdg.startswith("/") else context["home"] / ".local" / "share"
        table["data_dir"] = str(share / "dstack-vmm")
    data_dir = table["data_dir"]
    if isinstance(data_dir, str):
        data = resolve_path(data_dir, context)
        if not table.get("run_path"):
            table["run_path"] = str(data / "vm")
        image = table.setdefault("image", {})
        if isinstance(image, dict) and not image.get("path"):
            image["path"] = str(data / "image")
    if first_try:
        cvm = table.setdefault("cvm", {})
        if isinstance(cvm, dict) and isinstance(cvm.setdefault("port_mapping", {}), dict):
            cvm["port_mapping"].setdefault("enabled", True)


def _read_fleet_secret(table: Table, context: Mapping[str, Path], source: str) -> None:
    """Put what ``secret_file`` holds where the secret is; one that is given itself wins."""
    fleet = table.get("fleet")
    if not isinstance(fleet, dict) or fleet.get("secret") or not isinstance(fleet.get("secret_file"), str):
        return
    if named := fleet["secret_file"]:
        path = resolve_path(named, context)
        try:
            fleet["secret"] = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(Problem(source, "fleet.secret_file", f"can't read {path}: {error}")) from None


def _split_address(table: Table, sources: Mapping[Key, str], source: str, origins: dict[Key, str]) -> None:
    """``unix:PATH``, ``tcp:HOST:PORT`` and ``HOST:PORT`` may all be written as ``address``.

    A Unix socket there stands alone unless a TCP port is named beside it by
    ``VMM_PORT``; to listen on both, write ``address`` and ``unix_socket``.
    """
    address = table.get("address")
    if not isinstance(address, str):
        return
    if address.startswith("unix:"):
        table.setdefault("unix_socket", address.removeprefix("unix:"))
        origins.setdefault(("unix_socket",), origins[("address",)])
        table["address"] = "127.0.0.1" if ("port",) in sources else ""
        return
    host, port = _host_and_port(address.removeprefix("tcp:"))
    if not host and address:
        where = sources.get(("address",), source)
        raise ConfigError(Problem(where, "address", "names no host", repr(address)))
    table["address"] = host
    if port and ("port",) not in sources:
        table["port"] = port
        origins[("port",)] = origins[("address",)]


def _host_and_port(text: str) -> tuple[str, str]:
    """The two parts; the port is empty where there is none. IPv6 has colons of its own."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = text.partition(":")
    return (host, port) if port.isdigit() else (text, "")

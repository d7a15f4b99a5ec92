"""``[fleet]``: how the nodes of one fleet reach and know each other; with ``database_url`` only."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field

from vmm_site.config.values import OptionalHttpUrl, OptionalPath, Section

SHORTEST_SECRET = 32


def _database(value: str) -> str:
    if not value:
        return value
    parts = _parts(value, ("postgres", "postgresql"))
    if not unquote(parts.path.lstrip("/")):
        raise ValueError("the URL names no database: postgres://user:password@host:5432/name")
    return value


def _redis(value: str) -> str:
    if value and not _parts(value, ("redis", "rediss")).hostname:
        raise ValueError("the URL names no host: redis://user:password@host:6379/0")
    return value


def _parts(value: str, schemes: tuple[str, ...]) -> Any:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("not a URL") from None
    if parts.scheme not in schemes:
        raise ValueError(f"the URL must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return parts


DatabaseUrl = Annotated[
    str,
    AfterValidator(_database),
    Field(description="a postgres:// URL, or nothing (a SQLite file in data_dir)"),
]
RedisUrl = Annotated[
    str, AfterValidator(_redis), Field(description="a redis:// or rediss:// URL, or nothing")
]


class Fleet(Section):
    """``address`` is where the other nodes reach this one; ``secret`` is the same on all of them."""

    secret: str = Field(
        default="", repr=False, description=f"at least {SHORTEST_SECRET} characters, the same on all nodes"
    )
    secret_file: OptionalPath = None
    address: OptionalHttpUrl = ""
    verify: bool = True
    ca_file: OptionalPath = None


def lacking(database_url: str, redis_url: str, fleet: Fleet) -> list[str]:
    """What a fleet's configuration lacks; nothing where this host works alone."""
    if redis_url and not database_url:
        return ["redis_url needs database_url (PostgreSQL): on SQLite a host works alone, and needs no Redis"]
    if not database_url:
        return []
    lacks = []
    if not redis_url:
        lacks.append("database_url needs redis_url: without it the nodes do not hear of each other's changes")
    if not fleet.secret:
        lacks.append("database_url needs [fleet] secret (or secret_file), the same on all nodes")
    elif len(fleet.secret) < SHORTEST_SECRET:
        lacks.append(f"[fleet] secret has {len(fleet.secret)} characters; it needs {SHORTEST_SECRET} or more")
    if not fleet.address:
        lacks.append("database_url needs [fleet] address, the URL by which the other nodes reach this one")
    return lacks

"""Where state and messages go: a file and this process alone, or PostgreSQL and Redis for a fleet."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from vmm_site.secret_key import derived

CHANNEL_CAPACITY = 2000
GROUP_EXPIRY_S = 300
"""Who listens says so every few seconds; who died is forgotten after so long."""
_PATIENCE = {
    "connect_timeout": "5",
    # A network that is cut without a word is noticed within seconds, not hours.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "dstack-vmm",
    # A request is answered sooner than its client gives up, whatever others hold.
    "options": "-c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s",
}
"""Of libpq; what the URL's query says wins."""


def sqlite(data_dir: Path) -> dict[str, Any]:
    """Django's settings of the file in that folder."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": data_dir / "vmm.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            # Intent must survive a power cut: FULL costs half the write rate, and is worth it.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
        "TEST": {"NAME": str(data_dir / "test.sqlite3")},
    }


def postgresql(url: str) -> dict[str, Any]:
    """Django's settings of a checked ``postgres://user:password@host:port/name?sslmode=…``.

    A server on a Unix socket is named in the query: ``postgres:///name?host=/run/postgresql``.
    """
    from psycopg import IsolationLevel

    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or "") or given.pop("user", ""),
        "PASSWORD": unquote(parts.password or "") or given.pop("password", ""),
        "HOST": unquote(parts.hostname or "") or given.pop("host", ""),
        "PORT": str(parts.port or given.pop("port", "")),
        "CONN_MAX_AGE": None,
        # A connection that died with its server is replaced before a request runs into it.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _PATIENCE | given | {"isolation_level": IsolationLevel.READ_COMMITTED},
    }


def in_this_process() -> dict[str, Any]:
    """The channel layer of a host that works alone."""
    return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CHANNEL_CAPACITY}}


def redis(url: str, secret: str) -> dict[str, Any]:
    """The channel layer of a fleet: messages tell rows, so they are sealed with its secret."""
    host = {
        "address": url,
        # A receiver waits 5 s at a time. redis-py's own bound is as short, and would end it just then;
        # without any bound a network that was cut is never noticed.
        "socket_timeout": 15,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "max_connections": 10_000,
    }
    return {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [host],
            "prefix": f"vmm-{derived(secret, 'channel names').hex()[:16]}",
            "symmetric_encryption_keys": [base64.urlsafe_b64encode(derived(secret, "channels"))],
            "capacity": CHANNEL_CAPACITY,
            "expiry": 10,
            "group_expiry": GROUP_EXPIRY_S,
        },
    }

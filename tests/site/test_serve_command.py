"""What ``manage.py serve`` listens on and says."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import connection

from vmm_site.config import Config, load_config
from vmm_site.endpoints import Tcp, Unix
from vms.management.commands import serve
from vms.management.commands.serve import banner, browser_url, endpoints

HOME = {"HOME": "/home/op"}


def config(**environ: str) -> Config:
    return load_config(None, HOME | environ)


@pytest.mark.parametrize(
    "environ, host, port, expected",
    [
        ({}, None, None, [Tcp("127.0.0.1", 12000)]),
        ({}, "0.0.0.0", 80, [Tcp("0.0.0.0", 80)]),
        ({"VMM_PORT": "13000"}, "::1", None, [Tcp("::1", 13000)]),
        ({"VMM_HOST": "unix:/run/v.sock"}, None, None, [Unix(Path("/run/v.sock"))]),
        (
            {"VMM_HOST": "unix:/run/v.sock"},
            None,
            0,
            [Tcp("127.0.0.1", 0), Unix(Path("/run/v.sock"))],
        ),
        (
            {"VMM_UNIX_SOCKET": "/run/v.sock"},
            None,
            None,
            [Tcp("127.0.0.1", 12000), Unix(Path("/run/v.sock"))],
        ),
    ],
)
def test_options_win_over_the_configuration(
    environ: dict[str, str], host: str | None, port: int | None, expected: list[object]
) -> None:
    assert endpoints(config(**environ), host, port) == expected


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="from 0 to 65535"):
        endpoints(config(), None, 65536)


@pytest.mark.parametrize(
    "endpoint, url",
    [
        (Tcp("0.0.0.0", 80), "http://127.0.0.1:80"),
        (Tcp("::", 80), "http://[::1]:80"),
        (Tcp("10.0.0.1", 12000), "http://10.0.0.1:12000"),
        (Unix(Path("/run/v.sock")), ""),
    ],
)
def test_urls_can_be_opened_in_a_browser(endpoint: Tcp | Unix, url: str) -> None:
    assert browser_url(endpoint) == url


def test_the_banner_names_what_a_person_needs() -> None:
    text = "\n".join(banner(config(), [Tcp("127.0.0.1", 12000)], ("no KVM here: plain VMs run slowly",)))
    for part in (
        "console   http://127.0.0.1:12000/",
        "http://127.0.0.1:12000/prpc/",
        "API docs  http://127.0.0.1:12000/api-docs/",
        "http://127.0.0.1:12000/admin/",
        "/home/op/.local/share/dstack-vmm",
        "no KVM here: plain VMs run slowly",
    ):
        assert part in text


@pytest.mark.django_db
def test_a_database_that_can_not_be_written_is_said_with_the_way_out() -> None:
    """As on a full disk: found by chaos, which saw a traceback instead."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            with pytest.raises(CommandError, match=r"the database can't be written: .* Make room in "):
                serve.forget_the_last()
        finally:
            cursor.execute("PRAGMA query_only = OFF")

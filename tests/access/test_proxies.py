"""Whose word counts about where a request comes from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.people import with_login
from vmm_site.config import ConfigError, load_config
from vmm_site.proxies import BehindProxies


async def seen(
    settings: Any, trusted: tuple[str, ...], client: str | None, **headers: str
) -> tuple[str, str]:
    """(address, scheme) that the application is told."""
    settings.VMM = with_login(trusted_proxies=trusted)
    found: list[tuple[str, str]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        found.append(((scope["client"] or [""])[0], scope["scheme"]))

    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "scheme": "http", "headers": sent, "client": [client, 1] if client else None}
    await BehindProxies(inner)(scope, None, None)
    return found[0]


@pytest.mark.parametrize(
    "trusted, client, forwarded, address",
    [
        ((), "10.0.0.1", "192.0.2.7", "10.0.0.1"),
        (("10.0.0.2",), "10.0.0.1", "192.0.2.7", "10.0.0.1"),
        (("10.0.0.1",), "10.0.0.1", "192.0.2.7", "192.0.2.7"),
        (("10.0.0.0/8",), "10.0.0.1", "192.0.2.7, 10.0.0.9", "192.0.2.7"),
        # What stands before the proxy's own entry, the client may have made up.
        (("10.0.0.1",), "10.0.0.1", "127.0.0.1, 192.0.2.7", "192.0.2.7"),
        (("10.0.0.1",), "10.0.0.1", "<script>", "10.0.0.1"),
        (("10.0.0.1",), "10.0.0.1", "", "10.0.0.1"),
        (("unix",), None, "192.0.2.7", "192.0.2.7"),
        (("10.0.0.1",), None, "192.0.2.7", ""),
        (("2001:db8::/32",), "2001:db8::1", "2001:db9::1", "2001:db9::1"),
    ],
)
async def test_an_address_is_believed_from_trusted_proxies_only(
    settings: Any, trusted: tuple[str, ...], client: str | None, forwarded: str, address: str
) -> None:
    assert (await seen(settings, trusted, client, x_forwarded_for=forwarded))[0] == address


@pytest.mark.parametrize(
    "trusted, told, scheme",
    [
        (("10.0.0.1",), "https", "https"),
        (("10.0.0.1",), "HTTPS", "https"),
        (("10.0.0.1",), "https, http", "http"),
        (("10.0.0.1",), "http, https", "https"),
        (("10.0.0.1",), "gopher", "http"),
        ((), "https", "http"),
        (("10.0.0.2",), "https", "http"),
    ],
)
async def test_so_is_tls(settings: Any, trusted: tuple[str, ...], told: str, scheme: str) -> None:
    assert (await seen(settings, trusted, "10.0.0.1", x_forwarded_proto=told))[1] == scheme


def test_a_proxy_that_is_none_is_refused() -> None:
    for wrong in ("10.0.0.300", "proxy.example", "10.0.0.1/8"):
        with pytest.raises(ConfigError, match="neither an IP address, nor a network"):
            load_config(None, {"HOME": "/", "VMM_AUTH__TRUSTED_PROXIES": wrong})

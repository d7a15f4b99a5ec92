"""The application that the server serves: HTTP, websockets, and this node's messages."""

from __future__ import annotations

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmm_site.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from vmm_site.handler import OneHopASGIHandler  # noqa: E402
from vmm_site.headers import Hardened  # noqa: E402
from vmm_site.origin import OwnOriginOnly, SiteRequest, no_such_websocket  # noqa: E402
from vmm_site.proxies import BehindProxies  # noqa: E402
from vms.access.turns import PasswordsInTurn  # noqa: E402
from vms.access.websocket import KnownOnly  # noqa: E402
from vms.live.routing import websocket_routes  # noqa: E402

http = OneHopASGIHandler()
http.request_class = SiteRequest

routes = ProtocolTypeRouter(
    {
        "http": Hardened(PasswordsInTurn(http)),
        "websocket": OwnOriginOnly(
            KnownOnly(
                URLRouter(
                    [
                        *(path(route, consumer) for route, consumer in websocket_routes()),
                        re_path("", no_such_websocket),
                    ]
                )
            )
        ),
    }
)

application: Any = BehindProxies(routes)

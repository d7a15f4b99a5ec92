"""CreateVm requests without end."""

from __future__ import annotations

import json
from itertools import count

from tests.bench.client import Request

COMPOSE = json.dumps(
    {
        "manifest_version": 2,
        "name": "bench",
        "runner": "docker-compose",
        "docker_compose_file": "services: {}\n" * 40,
    }
)


class Creating:
    """CreateVm requests, each of another stopped VM with a host port of its own."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._numbers = count()

    def request(self, encoding: str) -> Request:
        number = next(self._numbers)
        return Request.of(
            encoding,
            "CreateVm",
            {
                "name": f"bench-{number:05}",
                "image": self._image,
                "compose_file": COMPOSE,
                "vcpu": 1,
                "memory": 512,
                "disk_size": 10,
                "stopped": True,
                "ports": [{"protocol": "tcp", "host_port": 1 + number, "vm_port": 80}],
            },
        )

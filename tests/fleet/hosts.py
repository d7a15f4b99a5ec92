"""Nodes as three machines have them: each with an address of its own on a network that can be cut."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.fleet.network import Network
from tests.fleet.stores import SECRET
from tests.real.server import Server, wait_until

PORT = 12_000


class Host(Server):
    """A server on a host of the network."""

    def __init__(self, network: Network, folder: Path, name: str, database: str, redis: str) -> None:
        self.name = name
        self.network = network
        address = network.add_host(name)
        super().__init__(
            folder / name,
            {
                "DATABASE_URL": database,
                "REDIS_URL": redis,
                "VMM_FLEET__SECRET": SECRET,
                "VMM_FLEET__ADDRESS": f"http://{address}:{PORT}",
                "VMM_NODE_NAME": name,
                "VMM_HOST": address,
                "VMM_PORT": str(PORT),
                "VMM_INSECURE": "1",
            },
        )
        self.port = PORT
        self.url = f"http://{address}:{PORT}"

    def command(self, *words: str) -> list[str]:
        return [*self.network.inside(self.name), *super().command(*words)]

    def status_inside(self, method: str) -> int:
        """What it answers to somebody on that very host."""
        asking = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "40"]
        request = ["-H", "Content-Type: application/json", "-d", "{}", f"{self.url}/prpc/{method}"]
        done = subprocess.run(
            [*self.network.inside(self.name), *asking, *request], capture_output=True, text=True, check=False
        )
        return int(done.stdout)

    def states(self) -> dict[str, str]:
        """Of every node, as this one tells it."""
        return {node["name"]: node["state"] for node in self.post("ListNodes").json()["nodes"]}

    def statuses(self) -> dict[str, str]:
        """Of every VM by name, as this one tells it."""
        answer = self.post("Status")
        assert answer.status_code == 200, answer.text
        return {vm["name"]: vm["status"] for vm in answer.json()["vms"]}

    def until_states(self, timeout_s: float, **wanted: str) -> None:
        def look() -> bool:
            return wanted.items() <= self._or_nothing(self.states).items()

        wait_until(f"{self.name} tells {wanted}", look, timeout_s)

    def until_statuses(self, timeout_s: float, **wanted: str) -> None:
        def look() -> bool:
            return wanted.items() <= self._or_nothing(self.statuses).items()

        wait_until(f"{self.name} tells {wanted}", look, timeout_s)

    @staticmethod
    def _or_nothing(read: Any) -> dict[str, str]:
        """A 503 while things heal is no answer yet."""
        try:
            found: dict[str, str] = read()
        except (AssertionError, KeyError, json.JSONDecodeError):
            return {}
        return found

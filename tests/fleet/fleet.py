"""Nodes of one fleet: real server processes, each with a data folder and a port of its own."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.fleet.stores import SECRET, Postgresql, Redis
from tests.ports import a_free_port
from tests.real.server import Server

_numbers = itertools.count()


class Fleet:
    """``database`` is the URL that all of its nodes are given."""

    def __init__(self, folder: Path, postgresql: Postgresql, cache: Redis, database: str) -> None:
        self.postgresql = postgresql
        self.redis = cache
        self.database = database
        self._folder = folder
        self._nodes: list[Server] = []

    def node(self, name: str, **settings: str) -> Server:
        """A node of that name, not started yet; the first one makes the tables."""
        first_cid = 4000 + 1000 * next(_numbers)
        server = Server(
            self._folder / name,
            {
                "DATABASE_URL": self.database,
                "REDIS_URL": self.redis.url,
                "VMM_FLEET__SECRET": SECRET,
                # Overwritten below, once the port is known; a fleet's node is not read without it.
                "VMM_FLEET__ADDRESS": "http://127.0.0.1:1",
                "VMM_NODE_NAME": name,
                "VMM_CVM__CID_START": str(first_cid),
                **settings,
            },
        )
        # Not the one that it looked up, which another node may have found free, too.
        server.port = a_free_port()
        server.url = f"http://127.0.0.1:{server.port}"
        server.environment |= {"VMM_PORT": str(server.port), "VMM_FLEET__ADDRESS": server.url, **settings}
        self._nodes.append(server)
        return server

    def clean_up(self) -> None:
        for node in self._nodes:
            node.clean_up()

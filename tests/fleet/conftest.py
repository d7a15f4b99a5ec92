"""One PostgreSQL and one Redis for all tests of a fleet; each fleet has a database of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.fleet.fleet import Fleet
from tests.fleet.stores import Postgresql, Redis, stores

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[Postgresql, Redis]]:
    """Of the whole session: who ends one starts it again."""
    with stores() as both:
        yield both


@pytest.fixture
def fleet(servers: tuple[Postgresql, Redis], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet without nodes, on an empty database; its nodes and their guests are ended at the end."""
    postgresql, cache = servers
    database = postgresql.make_database(f"fleet{next(_numbers)}")
    this = Fleet(tmp_path_factory.mktemp("fleet"), postgresql, cache, database)
    try:
        yield this
    finally:
        this.clean_up()

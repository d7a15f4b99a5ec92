"""One server for all attacks: each has an address of its own, and leaves it well for the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.target import Target, unix_socket
from tests.real.people import populate
from tests.real.server import Server

CONFIGURED = "configured-" + "k" * 40


@pytest.fixture(scope="session")
def running_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    data = tmp_path_factory.mktemp("attacked") / "data"
    settings = {
        "VMM_AUTH__ENABLED": "true",
        "VMM_AUTH__TOKENS": f'["{CONFIGURED}"]',
        "VMM_UNIX_SOCKET": str(unix_socket(data)),
        "VMM_ACCESS_LOG": "true",
        "VMM_MAX_BODY_SIZE": "1M",
    }
    server = Server(data, settings)
    try:
        tokens = populate(server)
        server.start()
        target = Target(server, tokens | {"configured": CONFIGURED})
        with target.client("mia") as mia:
            made = mia.post("/prpc/CreateVm", json=configuration(server) | {"name": "secret-name"})
            assert made.status_code == 200, made.text
            target.vm = made.json()["id"]
        yield target
    finally:
        server.clean_up()


@pytest.fixture
def target(running_target: Target) -> Iterator[Target]:
    """The server; afterwards it must have survived, without a single bug in its log."""
    before = len(running_target.log())
    yield running_target
    assert running_target.is_well()
    written = running_target.log()[before:]
    assert "Traceback" not in written, written[-3000:]


def configuration(server: Server) -> dict[str, object]:
    """A VM that is never started."""
    return {
        "name": "attacked",
        "image": server.image,
        "compose_file": '{"manifest_version": 2, "name": "x", "runner": "docker-compose",'
        ' "docker_compose_file": ""}',
        "vcpu": 1,
        "memory": 256,
        "disk_size": 1,
        "stopped": True,
    }

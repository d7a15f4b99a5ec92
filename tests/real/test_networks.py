"""A real guest at a real bridge, by QEMU's helper: traffic both ways, and no bridge that isn't allowed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.inside import shell
from tests.real.namespace import Namespace, bridges
from tests.real.server import Server, real_server, wait_until

pytestmark = pytest.mark.real

HOST, GUEST = "10.99.0.1", "10.99.0.2"
BRIDGE, FORBIDDEN = "vmbr0", "vmbr1"
FROM_THE_HOST = "from the host, over the bridge"


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Namespace]:
    with bridges(tmp_path / "namespace", f"{HOST}/24", BRIDGE, FORBIDDEN) as made:
        yield made


@pytest.fixture
def bridged(namespace: Namespace, tmp_path: Path) -> Iterator[Server]:
    with real_server(tmp_path / "data", {"VMM_CVM__QEMU_PATH": str(namespace.qemu())}) as started:
        yield started


def test_a_guest_at_a_bridge_speaks_and_is_spoken_to(
    bridged: Server, namespace: Namespace, tmp_path: Path
) -> None:
    # The second interface has a DHCP server, which the boot waits for.
    vm_id = bridged.create(networks=[{"mode": "bridge", "bridge_name": BRIDGE}, {"mode": "user"}])
    bridged.until(vm_id, boot_progress="done")
    assert len(ports_of(namespace, BRIDGE)) == 1
    assert shell(bridged.run_dir(vm_id), f"ip addr add {GUEST}/24 dev eth0") == ""

    facts = json.loads(wait_until("the page", lambda: fetch(namespace, f"http://{GUEST}/info.json")))
    at_bridge, at_user = facts["interfaces"]
    assert f"{GUEST}/24" in at_bridge["addresses"]
    assert "10.0.2.10/24" in at_user["addresses"]
    assert at_bridge["mac"] in namespace.run("ip", "neighbour", "show", "dev", BRIDGE)

    with web_server(namespace, tmp_path / "www"):
        assert shell(bridged.run_dir(vm_id), f"wget -q -O - http://{HOST}:8000/words") == FROM_THE_HOST

    bridged.done("StopVm", vm_id)
    bridged.until(vm_id, status="stopped")
    assert ports_of(namespace, BRIDGE) == []


def test_a_bridge_that_the_host_does_not_allow_is_409_in_the_helpers_words(
    bridged: Server, namespace: Namespace
) -> None:
    request = {
        "name": "refused",
        "image": bridged.image,
        "compose_file": '{"manifest_version": 2, "name": "refused", "runner": "docker-compose"}',
        "vcpu": 1,
        "memory": 256,
        "disk_size": 1,
        "networks": [{"mode": "bridge", "bridge_name": FORBIDDEN}],
    }
    refused = bridged.post("CreateVm", request)
    assert refused.status_code == 409
    assert "access denied by acl file" in refused.json()["message"]
    assert ports_of(namespace, FORBIDDEN) == []
    assert bridged.post("Status").json()["total"] == 0


def fetch(namespace: Namespace, url: str) -> str:
    """A page, fetched from inside of the namespace; empty when nobody answers."""
    command = namespace.inside(["curl", "--silent", "--max-time", "10", url])
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def ports_of(namespace: Namespace, bridge: str) -> list[str]:
    return namespace.run("ip", "-oneline", "link", "show", "master", bridge).splitlines()


@contextlib.contextmanager
def web_server(namespace: Namespace, folder: Path) -> Iterator[None]:
    """Serves ``/words`` at the bridge's address, port 8000."""
    folder.mkdir()
    (folder / "words").write_text(FROM_THE_HOST)
    serve = [sys.executable, "-m", "http.server", "--bind", HOST, "8000", "--directory", str(folder)]
    with subprocess.Popen(namespace.inside(serve), stderr=subprocess.DEVNULL) as process:
        try:
            wait_until("the web server", lambda: fetch(namespace, f"http://{HOST}:8000/words"))
            yield
        finally:
            process.kill()

"""``manage.py launch --dry-run`` beside a real server: what it says is what the server runs and writes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.oneshot.command import Host, Told
from tests.real.server import Server, free_port, real_server
from tests.real.test_reference import example_of

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real_server(tmp_path_factory.mktemp("launch") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def request_(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The request of the reference's CreateVm example, adapted as a reader would."""
    work = tmp_path_factory.mktemp("reader")
    script = example_of(1).split("curl")[0].replace("dstack-0.5.2", server.image)
    script = script.replace('"host_port":8080', f'"host_port":{free_port()}')
    script = script.replace('{ "slot": "65:00.0" }', "")
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=work, check=True)
    request: dict[str, Any] = json.loads((work / "request.json").read_bytes())
    return request


@pytest.fixture(scope="module")
def vm_id(server: Server, request_: dict[str, Any]) -> str:
    vm_id = server.create(**request_)
    server.until(vm_id, boot_progress="done")
    return vm_id


def rehearsed(server: Server, request: dict[str, Any]) -> Told:
    return Host(server.data).rehearse(json.dumps(request).encode(), "--json")


def written(server: Server, vm_id: str) -> tuple[list[str], dict[str, bytes]]:
    """The command line and the files of the last launch, as the server left them."""
    folder = server.run_dir(vm_id)
    shared = {f"shared/{path.name}": path.read_bytes() for path in (folder / "shared").iterdir()}
    own = {name: (folder / name).read_bytes() for name in ("vm-manifest.json", "vm-state.json")}
    return json.loads((folder / "qemu.argv.json").read_bytes()), own | shared


def assert_same(told: dict[str, Any], argv: list[str], files: dict[str, bytes]) -> None:
    """Nothing is left out, and nothing set aside."""
    assert told["argv"] == argv
    assert {name: content.encode() for name, content in told["files"].items()} == files


def test_it_says_what_a_first_launch_is(
    server: Server, request_: dict[str, Any], vm_id: str, tmp_path: Path
) -> None:
    """Before any start, with another data folder: only what the server chose must be named."""
    argv, files = written(server, vm_id)
    created_at_ms = json.loads(files["vm-manifest.json"])["created_at_ms"]
    named = {"id": vm_id, "cid": 1000, "created_at_ms": created_at_ms}
    told = Host.make(tmp_path / "data").rehearse(
        json.dumps(request_ | named).encode(), "--json", VMM_IMAGE__PATH=str(server.data / "image")
    )
    assert (told.status, told.err) == (0, "")
    assert_same(told.json(), argv, files)


def test_it_says_what_the_next_launch_of_a_server_s_vm_is(
    server: Server, request_: dict[str, Any], vm_id: str
) -> None:
    """Its id suffices: the rest, what its guest told of itself included, is in the database."""
    server.done("StopVm", vm_id)
    server.done("StartVm", vm_id)
    told = rehearsed(server, request_ | {"id": vm_id})
    assert (told.status, told.err) == (0, "")
    assert_same(told.json(), *written(server, vm_id))
    assert not any("database" in note for note in told.json()["notes"])


def test_what_get_info_answers_is_a_request(server: Server, vm_id: str) -> None:
    configuration = server.info(vm_id)["configuration"]
    assert_same(rehearsed(server, configuration | {"id": vm_id}).json(), *written(server, vm_id))


def test_what_the_server_s_vms_hold_is_refused_to_others(
    server: Server, request_: dict[str, Any], vm_id: str
) -> None:
    told = rehearsed(server, request_ | {"cid": 1000})
    document = told.json()
    assert told.status == 1
    assert re.match(rf"ports\[0\]\.host_port: tcp port \d+ is taken by VM 'my-app' \({vm_id}, running\)",
                    document["refused"][0])  # fmt: skip
    assert document["refused"][1:] == [f"cid: 1000 is of VM 'my-app' ({vm_id}, running)"]
    free = rehearsed(server, request_ | {"ports": []})
    assert (free.status, free.json()["cid"]) == (0, 1001)


def test_a_vm_of_the_server_is_not_launched_beside_it(
    server: Server, request_: dict[str, Any], vm_id: str
) -> None:
    told = Host(server.data).launch("-", stdin=json.dumps(request_ | {"id": vm_id}).encode())
    assert (told.status, told.out) == (1, "")
    assert f"refused: id: {vm_id} is a VM of this host's server" in told.err


def test_its_database_is_read_when_the_server_is_gone_too(
    server: Server, request_: dict[str, Any], vm_id: str
) -> None:
    """After an orderly end, and after a kill that leaves a write-ahead log."""
    for end in (server.kill, server.end):
        end()
        files = sorted(path.name for path in server.data.iterdir())
        told = rehearsed(server, request_ | {"cid": 1000})
        assert f"({vm_id}, running)" in told.json()["refused"][0]
        assert sorted(path.name for path in server.data.iterdir()) == files
        server.start()

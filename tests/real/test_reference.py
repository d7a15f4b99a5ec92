"""The API reference's own examples, run as a reader would run them: bash, curl and jq.

They are taken from ``tests/reference/api-reference.md``. Only what depends on the reader's
machine is put in: the server's address, the image's name, the host port, the GPU list, and
VM ids where the text has a placeholder.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.real.server import Server, free_port, real_server

pytestmark = pytest.mark.real

REFERENCE = Path(__file__).parent.parent / "reference" / "api-reference.md"
EXAMPLE_ID = "63f3177b-bae6-..."
NOTE_STATUS = 'curl() { command curl -D "$WORK/headers" "$@"; }\n'


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Reader:
    """Somebody with a shell, in a folder of their own, who goes through the reference."""

    def __init__(self, server: Server, work: Path) -> None:
        self.server = server
        self.work = work
        self.port = free_port()

    def run(self, script: str) -> Answer:
        """Run a script; the status is that of its last curl."""
        environment = self.server.environment | {"VMM_URL": self.server.url, "WORK": str(self.work)}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", NOTE_STATUS + script],
            cwd=self.work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        statuses = re.findall(r"^HTTP/1\.1 (\d{3})", (self.work / "headers").read_text(), re.MULTILINE)
        return Answer(int(statuses[-1]), done.stdout)

    def example(self, section: int, vm_id: str = "") -> str:
        """The section's example, adapted to this machine."""
        script = example_of(section).replace(EXAMPLE_ID, vm_id).replace("<vm-id>", vm_id)
        script = script.replace("dstack-0.5.2", self.server.image).replace(
            '"host_port":8080', f'"host_port":{self.port}'
        )
        return script.replace('{ "slot": "65:00.0" }', "")


def example_of(section: int) -> str:
    """The last bash block of a numbered section."""
    chapter = re.split(r"^(?=\d+\. )", REFERENCE.read_text(), flags=re.MULTILINE)[section]
    assert chapter.startswith(f"{section}. ")
    blocks: list[str] = re.findall(r"```bash\n(.*?)```", chapter, re.DOTALL)
    return blocks[-1]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    work = tmp_path_factory.mktemp("reader")
    with real_server(work / "data") as server:
        yield Reader(server, work)


@pytest.fixture(scope="module")
def created(reader: Reader) -> Answer:
    return reader.run(reader.example(1))


@pytest.fixture(scope="module")
def vm_id(created: Answer) -> str:
    found: str = created.json()["id"]
    return found


def test_section_1_creates_a_vm(reader: Reader, created: Answer) -> None:
    assert created.status == 200
    assert list(created.json()) == ["id"]
    info = reader.server.until(created.json()["id"], boot_progress="done")
    assert info["configuration"]["compose_file"] == (reader.work / "app-compose.json").read_text()
    assert info["app_url"] == f"https://{info['instance_id']}-8090.localhost:8082"
    assert httpx.get(f"http://127.0.0.1:{reader.port}/", timeout=30).status_code == 200


def test_section_5_lists_vms(reader: Reader, vm_id: str) -> None:
    answer = reader.run(reader.example(5))
    assert answer.status == 200
    assert answer.json() == {"vms": [], "port_mapping_enabled": True, "total": 0}
    found = reader.run(reader.example(5).replace("dstack-attestation-example", "my-app")).json()
    assert [vm["id"] for vm in found["vms"]] == [vm_id]
    assert found["total"] == 1


def test_section_6_gets_one_vm(reader: Reader, vm_id: str) -> None:
    answer = reader.run(reader.example(6, vm_id))
    assert answer.status == 200
    assert answer.json()["found"] is True
    assert answer.json()["info"]["name"] == "my-app"


def test_section_7_lists_images(reader: Reader) -> None:
    answer = reader.run(reader.example(7))
    assert answer.status == 200
    image = answer.json()
    assert {"name", "description", "version", "is_dev"} == set(image)
    assert (image["name"], image["version"], image["is_dev"]) == (reader.server.image, "0.5.0", False)


def test_section_8_tells_the_version(reader: Reader) -> None:
    answer = reader.run(reader.example(8))
    assert answer.status == 200
    assert set(answer.json()) == {"version", "rev"}


def test_section_9_tells_the_settings(reader: Reader) -> None:
    answer = reader.run(reader.example(9))
    assert answer.status == 200
    assert set(answer.json()) == {"kms", "gateway", "resources", "networking"}


def test_section_3_upgrades_the_app(reader: Reader, vm_id: str) -> None:
    new_compose = json.dumps({"manifest_version": 2, "name": "new", "runner": "docker-compose"})
    script = reader.example(3, vm_id)
    script = re.sub(r" *//.*", "", script)
    script = script.replace('"<JSON-escaped new-compose.yml>"', json.dumps(new_compose))
    script = script.replace('"encrypted_env": "..."', '"encrypted_env": "00ff"')
    port = {"protocol": "tcp", "host_port": free_port(), "vm_port": 80}
    script = script.replace("[ { ... } ]", json.dumps([port])).replace("{ ... }", '{"gpus": []}')
    answer = reader.run(script)
    assert (answer.status, answer.json()) == (200, {"id": vm_id})
    configuration = reader.server.info(vm_id)["configuration"]
    assert configuration["compose_file"] == new_compose
    assert configuration["encrypted_env"] == "00ff"
    assert [p["host_port"] for p in configuration["ports"]] == [port["host_port"]]


def test_sections_2_and_4_shut_down_resize_start_stop_and_remove(reader: Reader, vm_id: str) -> None:
    answer = reader.run(reader.example(2, vm_id))
    assert (answer.status, answer.text) == (204, "")
    reader.server.until(vm_id, status="stopped")

    answer = reader.run(reader.example(4, vm_id).replace("4096", "1024"))
    assert (answer.status, answer.text) == (204, "")
    configuration = reader.server.info(vm_id)["configuration"]
    assert (configuration["vcpu"], configuration["memory"]) == (4, 1024)

    for method, status in (("StartVm", "running"), ("StopVm", "stopped")):
        answer = reader.run(reader.example(2, vm_id).replace("ShutdownVm", method))
        assert (answer.status, answer.text) == (204, "")
        assert reader.server.info(vm_id)["status"] == status
    answer = reader.run(reader.example(2, vm_id).replace("ShutdownVm", "RemoveVm"))
    assert (answer.status, answer.text) == (204, "")


def test_failures_are_json_with_code_and_message(reader: Reader) -> None:
    answer = reader.run(reader.example(2, "no-such-vm"))
    assert answer.status == 404
    assert answer.json() == {"code": 404, "message": "no VM has the id 'no-such-vm'"}

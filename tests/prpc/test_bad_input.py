"""Bad input: a clear 4xx that names the field, and nothing left behind."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from tests.in_process import COMPOSE, InProcess
from vms.conf import conf

PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}
TOO_LONG = "x" * 129

WRONG_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name: "),
    ({"name": "a,b"}, "name: "),
    ({"name": "a\nb"}, "name: "),
    ({"name": "a\n"}, "name: "),
    ({"name": TOO_LONG}, "name: "),
    ({"name": "a\0b"}, "name: must not hold NUL"),
    ({"name": 7}, "name: must be text"),
    ({"image": "../dstack-test-0.5.3"}, "image: "),
    ({"image": "a..b"}, "image: "),
    ({"image": ""}, "image: "),
    ({"vcpu": 0}, "vcpu: "),
    ({"vcpu": -1}, "vcpu: must be a whole number"),
    ({"vcpu": 1.5}, "vcpu: must be a whole number"),
    ({"vcpu": "2"}, "vcpu: must be a whole number"),
    ({"vcpu": True}, "vcpu: must be a whole number"),
    ({"vcpu": 2**32}, "vcpu: must be a whole number"),
    ({"memory": 0}, "memory: "),
    ({"disk_size": 0}, "disk_size: "),
    ({"disk_size": 10_000_000}, "disk_size: "),
    ({"compose_file": ""}, "compose_file: is missing"),
    ({"compose_file": "services: {}"}, "compose_file: is not JSON"),
    ({"compose_file": "[" * 100_000}, "compose_file: "),
    ({"compose_file": "[]"}, "compose_file: must be a JSON object"),
    ({"compose_file": '{"name":"a","runner":"b"}'}, "compose_file: manifest_version"),
    ({"compose_file": '{"manifest_version":2,"runner":"b"}'}, "compose_file: name"),
    ({"encrypted_env": "zz!"}, "encrypted_env: must be bytes"),
    ({"app_id": "12"}, "app_id: "),
    ({"stopped": "yes"}, "stopped: must be true or false"),
    ({"ports": {}}, "ports: must be a list"),
    ({"ports": [None]}, "ports[0]: must be an object"),
    ({"ports": [7]}, "ports[0]: must be an object"),
    ({"ports": [PORT | {"protocol": "sctp"}]}, "ports[0].protocol: "),
    ({"ports": [PORT | {"host_port": 0}]}, "ports[0].host_port: "),
    ({"ports": [PORT | {"host_port": 65536}]}, "ports[0].host_port: "),
    ({"ports": [PORT | {"host_port": 30000}]}, "ports[0].host_port: tcp port 30000 is not allowed"),
    ({"ports": [PORT | {"protocol": "udp"}]}, "ports[0].host_port: udp port 8080 is not allowed"),
    ({"ports": [PORT | {"vm_port": 0}]}, "ports[0].vm_port: "),
    ({"ports": [PORT | {"host_address": "localhost"}]}, "ports[0].host_address: "),
    ({"ports": [PORT | {"host_address": "127.0.0.1,id=x"}]}, "ports[0].host_address: "),
    ({"ports": [PORT, PORT | {"host_address": "0.0.0.0"}]}, "ports[1]: tcp port 8080 is already ports[0]"),
    ({"ports": [PORT], "networks": [{"mode": "bridge", "bridge_name": "br0"}]}, "ports: need a network"),
    ({"networks": [{"mode": "macvtap"}]}, "networks[0].mode: "),
    ({"networks": [{"mode": "bridge", "bridge_name": "br0,helper=/x"}]}, "networks[0].bridge_name: "),
    ({"networks": [{"mode": "user", "bridge_name": "br0"}]}, "networks[0].bridge_name: "),
    ({"kms_urls": ["file:///etc/passwd"]}, "kms_urls[0]: "),
    ({"gateway_urls": ["http://a\nb"]}, "gateway_urls[0]: "),
    ({"gpus": {"attach_mode": "some"}}, "gpus.attach_mode: "),
    ({"gpus": {"gpus": [{"slot": "/dev/null"}]}}, "gpus.gpus[0].slot: "),
    ({"simulated_tee": "sgx"}, "simulated_tee: "),
]


@pytest.mark.parametrize("changed, begins", WRONG_VALUES, ids=[f"{b} {str(c)[:30]}" for c, b in WRONG_VALUES])
async def test_a_wrong_value_is_400_and_names_the_field(
    vmm: InProcess, changed: dict[str, Any], begins: str
) -> None:
    response = await vmm.call("CreateVm", vmm.configuration(**changed))
    assert response.status_code == 400, response.text
    answer = response.json()
    assert answer["code"] == 400
    assert answer["message"].startswith(begins), answer
    await vmm.nothing_left()


async def test_several_wrong_fields_are_all_named(vmm: InProcess) -> None:
    response = await vmm.call("CreateVm", vmm.configuration(vcpu="x", ports=[{"vm_port": []}], memory=None))
    message = response.json()["message"]
    assert "vcpu: must be a whole number" in message
    assert "ports[0].vm_port: must be a whole number" in message


async def test_an_unknown_image_is_404_and_names_those_there_are(vmm: InProcess) -> None:
    response = await vmm.call("CreateVm", vmm.configuration(image="dstack-9.9.9"))
    assert response.status_code == 404
    assert response.json()["message"].startswith("image: no image 'dstack-9.9.9'")
    assert vmm.image in response.json()["message"]
    await vmm.nothing_left()


async def test_a_gpu_that_nobody_found_is_refused(vmm: InProcess) -> None:
    gpus = {"attach_mode": "listed", "gpus": [{"slot": "65:00.0"}]}
    response = await vmm.call("CreateVm", vmm.configuration(gpus=gpus))
    assert response.status_code == 409
    assert response.json()["message"].startswith("gpus: ")
    await vmm.nothing_left()


@pytest.mark.parametrize("held_address", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("wanted_address", ["127.0.0.1", "0.0.0.0"])
async def test_a_port_of_another_vm_even_a_stopped_one_is_409_and_names_it(
    vmm: InProcess, held_address: str, wanted_address: str
) -> None:
    holder = await vmm.create(name="holder", stopped=True, ports=[PORT | {"host_address": held_address}])
    response = await vmm.call("CreateVm", vmm.configuration(ports=[PORT | {"host_address": wanted_address}]))
    assert response.status_code == 409
    assert f"taken by VM 'holder' ({holder}, stopped)" in response.json()["message"]
    assert await vmm.driver.scan() == [holder]


async def test_the_same_port_on_two_addresses_is_no_conflict(vmm: InProcess) -> None:
    await vmm.create(ports=[PORT | {"host_address": "127.0.0.1"}])
    await vmm.create(ports=[PORT | {"host_address": "127.0.0.2"}])


BROKEN_BODIES = [b"{", b"nonsense", b'{"name": "\xff"}', b'{"name": "\\ud800"}', b'{"vcpu": NaN}', b"\0" * 64]


@pytest.mark.parametrize("body", BROKEN_BODIES)
async def test_broken_json_is_400(vmm: InProcess, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = await vmm.client.post("/prpc/CreateVm", content=body, headers=headers)
    assert response.status_code == 400
    assert "not valid JSON" in response.json()["message"]


@pytest.mark.parametrize("body", [b"[]", b"7", b'"text"', b"true"])
async def test_json_that_is_no_object_is_400(vmm: InProcess, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = await vmm.client.post("/prpc/CreateVm", content=body, headers=headers)
    assert (response.status_code, response.json()["message"]) == (400, "request: must be an object")


async def test_ten_megabytes_of_garbage_are_400(vmm: InProcess) -> None:
    headers = {"Content-Type": "application/json"}
    response = await vmm.client.post("/prpc/CreateVm", content=b"\xa5" * 10_000_000, headers=headers)
    assert response.status_code == 400
    assert len(response.content) < 1000
    await vmm.nothing_left()


async def test_a_body_over_the_limit_is_413(vmm: InProcess, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = await vmm.call("CreateVm", vmm.configuration(user_config="x" * 2000))
    assert (response.status_code, response.json()["code"]) == (413, 413)


async def test_an_unknown_method_is_404_and_names_those_there_are(vmm: InProcess) -> None:
    response = await vmm.call("DestroyEverything")
    assert response.status_code == 404
    assert "CreateVm" in response.json()["message"]


async def test_a_missing_id_is_400(vmm: InProcess) -> None:
    response = await vmm.call("StartVm")
    assert (response.status_code, response.json()["message"]) == (400, "id: is missing; give the VM's id")


async def test_get_of_a_changing_method_is_405(vmm: InProcess) -> None:
    response = await vmm.client.get("/prpc/StopVm?id=x")
    assert (response.status_code, response.json()["code"]) == (405, 405)


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH"])
async def test_other_verbs_are_405_in_json(vmm: InProcess, verb: str) -> None:
    response = await vmm.client.request(verb, "/prpc/Status")
    assert (response.status_code, response.json()["code"]) == (405, 405)


async def test_the_last_cid_taken_is_a_clear_409(vmm: InProcess, settings: Any) -> None:
    cvm = settings.VMM.cvm.model_copy(update={"cid_pool_size": 1})
    settings.VMM = settings.VMM.model_copy(update={"cvm": cvm})
    await vmm.create(stopped=True)
    response = await vmm.call("CreateVm", vmm.configuration(stopped=True))
    assert response.status_code == 409
    assert "cid_pool_size" in response.json()["message"]


async def test_limits_count_what_should_run_and_say_what_is_left(vmm: InProcess, settings: Any) -> None:
    limits = {"max_allocable_vcpu": 3, "max_allocable_memory_in_mb": 100_000}
    cvm = type(settings.VMM.cvm).model_validate(limits)
    settings.VMM = settings.VMM.model_copy(
        update={"cvm": cvm.model_copy(update={"port_mapping": settings.VMM.cvm.port_mapping})}
    )
    await vmm.create(vcpu=2)
    stopped = await vmm.create(vcpu=2, stopped=True)
    for method, request in (("CreateVm", vmm.configuration(vcpu=2)), ("StartVm", {"id": stopped})):
        response = await vmm.call(method, request)
        assert response.status_code == 409
        assert response.json()["message"] == "vcpu: 2 vCPUs asked for, 1 of 3 left on this node"


async def test_without_a_worker_nothing_is_recorded(vmm: InProcess, settings: Any) -> None:
    from vms.actions import nodes
    from vms.database import in_database
    from vms.models import Node

    vm_id = await vmm.create(stopped=True)
    node = await in_database(Node.objects.get)
    await in_database(nodes.retire, node.pk)
    for method, request in (("CreateVm", vmm.configuration()), ("StartVm", {"id": vm_id})):
        response = await vmm.call(method, request)
        assert response.status_code == 503
        assert "worker" in response.json()["message"]
    vm = await vmm.row(vm_id)
    assert vm is not None
    assert vm.generation == 1


async def test_compose_is_kept_byte_for_byte(vmm: InProcess) -> None:
    compose = COMPOSE.replace(",", " ,\r\n\t") + "\n\n é€😀 ".strip(" é€😀") + "\n"
    vm_id = await vmm.create(compose_file=compose, user_config="ü\r\n", stopped=True)
    configuration = (await vmm.info(vm_id))["configuration"]
    assert configuration["compose_file"] == compose
    assert configuration["user_config"] == "ü\r\n"
    assert (vmm.run_path / vm_id / "shared" / "app-compose.json").read_bytes() == compose.encode()


async def test_a_name_of_spaces_only_is_none(vmm: InProcess) -> None:
    response = await vmm.call("CreateVm", vmm.configuration(name="   "))
    assert response.status_code == 400
    assert response.json()["message"].startswith("name: ")


async def test_a_start_without_its_image_names_the_image_and_the_way_out(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    folder = conf().image.path / vmm.image
    folder.rename(folder.with_name("elsewhere"))
    try:
        response = await vmm.call("StartVm", {"id": vm_id})
    finally:
        folder.with_name("elsewhere").rename(folder)
    assert response.status_code == 409
    assert response.json()["message"] == (
        f"image: {vmm.image!r} can't be used: there is no metadata.json; "
        "put it back, or choose another image with UpdateVm"
    )


async def test_a_database_that_can_t_be_written_is_503_not_a_bug(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("vms.actions.vms.reserve.free_cid", full)
    response = await vmm.call("CreateVm", vmm.configuration())
    assert response.status_code == 503
    assert "database or disk is full" in response.json()["message"]
    await vmm.nothing_left()

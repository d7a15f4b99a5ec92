"""Every method of the service, in every encoding, by every verb: its success and its failures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import configure
from tests.images.real_registry import real_registry
from tests.images.tiny import tiny_layer
from tests.in_process import COMPOSE, InProcess
from tests.kms.server import certificate, serving
from tests.prpc.test_encodings import CLIENTS, SERVICE, Told, field
from tests.rows import make_node
from tests.waiting import eventually
from vms.conf import conf
from vms.database import in_database
from vms.prpc.methods import METHODS

APP_ID = "e0" * 20
TAG, IMAGE = "tiny-0.5.3", "dstack-tiny-0.5.3"
PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}

# In the order of a story: method, request ({vm} is the VM's id), and what the answer must hold.
STORY: list[tuple[str, dict[str, Any], str]] = [
    ("Version", {}, "version"),
    ("GetMeta", {}, "resources"),
    ("ListGpus", {}, "gpus"),
    ("ListGpuDevices", {}, "devices"),
    ("GetHost", {}, "settings"),
    ("ListNodes", {}, "nodes"),
    ("CordonNode", {"name": "{node}"}, ""),
    ("DrainNode", {"name": "{node}", "how": "wait"}, "running"),
    ("UncordonNode", {"name": "{node}"}, ""),
    ("RemoveNode", {"name": "gone"}, ""),
    ("CheckVm", {"compose_file": COMPOSE}, "problems"),
    ("GetAppEnvEncryptPubKey", {"app_id": APP_ID}, "public_key"),
    ("GetComposeHash", {"compose_file": COMPOSE}, "hash"),
    ("ListRegistryImages", {}, "images"),
    ("PullRegistryImage", {"tag": TAG}, ""),
    ("ListImages", {}, "images"),
    ("DeleteImage", {"id": IMAGE}, ""),
    ("Status", {"ids": ["{vm}"]}, "vms"),
    ("GetInfo", {"id": "{vm}"}, "info"),
    ("ListEvents", {"id": "{vm}"}, "events"),
    ("SvList", {}, "processes"),
    ("UpdateVm", {"id": "{vm}", "user_config": "a"}, "id"),
    ("UpgradeApp", {"id": "{vm}", "user_config": "b"}, "id"),
    ("ShutdownVm", {"id": "{vm}"}, ""),
    ("StopVm", {"id": "{vm}"}, ""),
    ("ResizeVm", {"id": "{vm}", "vcpu": 2}, ""),
    ("StartVm", {"id": "{vm}"}, ""),
    ("SvStop", {"id": "{vm}"}, ""),
    ("SvRemove", {"id": "{vm}"}, ""),
    ("ReloadVms", {}, "loaded"),
    ("RemoveVm", {"id": "{vm}"}, ""),
]

FAILURES: list[tuple[str, dict[str, Any], int]] = [
    ("CreateVm", {"name": "a,b"}, 400),
    ("CreateVm", {"image": "no-such-image"}, 404),
    ("CreateVm", {"ports": [PORT]}, 409),
    ("GetComposeHash", {"compose_file": "x"}, 400),
    ("GetAppEnvEncryptPubKey", {"app_id": "00"}, 400),
    ("GetInfo", {"id": ""}, 400),
    ("PullRegistryImage", {"tag": "../x"}, 400),
    ("DeleteImage", {"id": "no-such-image"}, 404),
    ("ResizeVm", {"id": "{vm}"}, 400),
    ("ListImages", {"node": "nowhere"}, 404),
    ("PullRegistryImage", {"tag": "0.1", "nodes": ["nowhere"]}, 404),
    ("CordonNode", {"name": "nowhere"}, 404),
    ("CordonNode", {"name": ""}, 400),
    ("DrainNode", {"name": "{node}", "how": "fast"}, 400),
    ("RemoveNode", {"name": "{node}"}, 409),
    ("ResizeVm", {"id": "{vm}", "vcpu": 2}, 409),
    ("SvRemove", {"id": "{vm}"}, 409),
    *((method, {"id": "nobody"}, 404) for method in ("StartVm", "StopVm", "ShutdownVm", "RemoveVm")),
    *(
        (method, {"id": "nobody"}, 404)
        for method in ("UpdateVm", "UpgradeApp", "SvStop", "SvRemove", "ListEvents")
    ),
    *((method, {"id": ""}, 400) for method in ("StartVm", "StopVm", "ShutdownVm", "RemoveVm", "SvStop")),
]


@pytest.fixture
async def whole(vmm: InProcess, tmp_path: Path, settings: Any) -> AsyncIterator[InProcess]:
    """The server with a KMS and a registry behind it, both real."""
    async with serving(certificate(tmp_path)) as kms:
        kms.answers({"public_key": "ab" * 32, "signature": "cd" * 65, "timestamp": 1, "signature_v1": ""})
        settings.VMM = conf().model_copy(update={"kms_url": kms.url})
        with real_registry(tmp_path / "registry") as registry:
            registry.pusher.layers(TAG, tiny_layer())
            configure(settings, registry=registry.registry, keep_free=0)
            yield vmm


@pytest.mark.parametrize("encoding", CLIENTS)
async def test_every_method_succeeds(whole: InProcess, encoding: str) -> None:
    async def ask(method: str, request: dict[str, Any]) -> Told:
        filled = {name: _filled(value, vm_id) for name, value in request.items()}
        return await CLIENTS[encoding](whole, method, _in(encoding, method, filled))

    await in_database(make_node, "gone")
    vm_id = ""
    vm_id = field((await ask("CreateVm", whole.configuration())).value, "id")
    for method, request, holds in STORY:
        told = await ask(method, request)
        empty = 204 if encoding == "documented" else 200
        assert told.status == (200 if holds else empty), (method, told)
        if holds:
            assert field(told.value, holds) is not None, method
        if method == "PullRegistryImage":
            await eventually(lambda: _is_local(whole), 20)
    told_of = {"CreateVm", *(method for method, _, _ in STORY)}
    assert told_of == set(METHODS) == set(SERVICE.methods_by_name)
    await whole.until(vm_id, lambda vm: vm is None)


@pytest.mark.parametrize("encoding", CLIENTS)
async def test_every_failure_has_its_status_and_a_message(vmm: InProcess, encoding: str) -> None:
    vm_id = await vmm.create(ports=[PORT])
    for method, request, status in FAILURES:
        filled = {name: _filled(value, vm_id) for name, value in request.items()}
        if method == "CreateVm":
            filled = vmm.configuration(**filled)
        told = await CLIENTS[encoding](vmm, method, _in(encoding, method, filled))
        assert told.status == status, (method, request, told)
        assert told.value["message"], (method, request)


async def test_get_is_for_what_changes_nothing(whole: InProcess) -> None:
    vm_id = await whole.create()
    for name, method in METHODS.items():
        query = f"?id={vm_id}" if name in ("GetInfo", "ListEvents") else ""
        query = f"?app_id={APP_ID}" if name == "GetAppEnvEncryptPubKey" else query
        for suffix in ("", "&json" if query else "?json"):
            response = await whole.client.get(f"/prpc/{name}{query}{suffix}")
            assert response.status_code == (200 if method.allows_get else 405), (name, response.text)


def _filled(value: Any, vm_id: str) -> Any:
    if not isinstance(value, str | list):
        return value
    if isinstance(value, list):
        return [_filled(item, vm_id) for item in value]
    return {"{vm}": vm_id, "{node}": conf().effective_node_name}.get(value, value)


def _in(encoding: str, method: str, request: dict[str, Any]) -> dict[str, Any]:
    """The one request whose bytes the shared binary client doesn't know of."""
    if encoding == "binary" and method == "GetAppEnvEncryptPubKey":
        return request | {"app_id": bytes.fromhex(request["app_id"])}
    return request


async def _is_local(vmm: InProcess) -> bool:
    images = (await vmm.call("ListImages")).json()["images"]
    return IMAGE in {image["name"] for image in images}

"""What a deployer gave is what is answered, byte for byte, in every encoding and in the VM's files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.in_process import InProcess
from tests.prpc.drawing import examples, in_thread
from tests.prpc.wire import ENCODINGS, ask
from vms.compose import default_app_id

EXAMPLES = 60

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
urls = st.lists(st.sampled_from(["https://kms.example", "http://10.0.0.1:8080/a?b=c"]), max_size=2)
names = st.text("abcXYZ019-_.@~!$^()", min_size=1, max_size=128)
blanks = st.text(" \t\r\n", max_size=4)
ports = st.lists(
    st.fixed_dictionaries(
        {
            "protocol": st.just("tcp"),
            "host_port": st.integers(1, 20_000),
            "vm_port": st.integers(1, 65_535),
            "host_address": st.sampled_from(["127.0.0.1", "0.0.0.0", "10.1.2.3"]),
        }
    ),
    max_size=4,
    unique_by=lambda port: port["host_port"],
)


@st.composite
def composes(draw: st.DrawFn) -> str:
    """A valid app-compose file, written in any way that JSON allows."""
    document = {"manifest_version": 2, "name": draw(texts), "runner": "docker-compose"}
    document |= draw(st.dictionaries(texts.filter(lambda key: key not in document), texts, max_size=3))
    written = json.dumps(
        document,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 1, "\t"])),
        sort_keys=draw(st.booleans()),
    )
    return draw(blanks) + written + draw(blanks)


configurations = st.fixed_dictionaries(
    {
        "name": names,
        "compose_file": composes(),
        "vcpu": st.integers(1, 8),
        "memory": st.integers(1, 4096),
        "disk_size": st.integers(1, 100),
        "encrypted_env": st.binary(max_size=200),
        "user_config": texts,
    },
    optional={
        "app_id": st.sampled_from(["", "0x" + "AB" * 20, "cd" * 20]),
        "ports": ports,
        "kms_urls": urls,
        "gateway_urls": urls,
        "no_tee": st.just(True),
        "networks": st.just([{"mode": "user", "bridge_name": ""}]),
    },
)


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_configuration_is_answered_as_it_was_given(vmm: InProcess, encoding: str) -> None:
    def test(wait: Any) -> None:
        @examples(EXAMPLES)
        @given(configurations)
        def create_and_look(given_values: dict[str, Any]) -> None:
            wait(_create_and_look(vmm, encoding, given_values))

        create_and_look()

    await in_thread(test)


async def _create_and_look(vmm: InProcess, encoding: str, asked: dict[str, Any]) -> None:
    request = asked | {"image": vmm.image, "stopped": True}
    vm_id = (await ask(vmm, encoding, "CreateVm", request))["id"]
    expected = _as_answered(request)
    for other in ENCODINGS:
        info = (await ask(vmm, other, "GetInfo", {"id": vm_id}))["info"]
        configuration = info["configuration"]
        if other != "binary":
            configuration["encrypted_env"] = bytes.fromhex(configuration["encrypted_env"])
        assert configuration == expected, other
    shared = vmm.run_path / vm_id / "shared"
    assert (shared / "app-compose.json").read_bytes() == request["compose_file"].encode()
    await vmm.call("RemoveVm", {"id": vm_id})
    await vmm.until(vm_id, lambda vm: vm is None)


def _as_answered(request: dict[str, Any]) -> dict[str, Any]:
    """The request with what the server puts where nothing was said."""
    app_id = request.get("app_id", "").lower().removeprefix("0x")
    network = {"mode": "user", "bridge_name": ""}
    return {
        "node": "",
        "hugepages": False,
        "pin_numa": False,
        "gpus": {"gpus": [], "attach_mode": "listed"},
        "ports": [],
        "kms_urls": [],
        "gateway_urls": [],
        "simulated_tee": None,
        **request,
        "app_id": app_id or default_app_id(request["compose_file"]),
        "networking": network,
        "networks": [network],
        # Without a TEE and without an operator's file, VMs are plain ones.
        "no_tee": True,
    }

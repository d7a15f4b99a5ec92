"""CheckVm says what CreateVm would say, all of it at once, and does nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from tests.in_process import COMPOSE, InProcess
from tests.prpc.drawing import examples, in_thread
from tests.waiting import eventually
from vms.actions.check import MAX_TOLD
from vms.compose import compose_hash, default_app_id
from vms.conf import conf
from vms.database import in_database, writing
from vms.models import Image

PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}
ELSEWHERE = PORT | {"host_port": 8081}
VOLUME = COMPOSE[:-1] + ', "verity_volumes": [{"source": "v.img", "verity_root": "%s", "target": "/v"}]}' % (
    "ab" * 32
)
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("name", {"name": ""}),
    ("name", {"name": "   "}),
    ("name", {"name": "a,b"}),
    ("name", {"name": "n" * 129}),
    ("image", {"image": ""}),
    ("image", {"image": ".."}),
    ("image", {"image": "a/b"}),
    ("image", {"image": "no-such-image"}),
    ("image", {"image": "dstack-broken"}),
    ("compose_file", {"compose_file": ""}),
    ("compose_file", {"compose_file": "x"}),
    ("compose_file", {"compose_file": "[]"}),
    ("compose_file", {"compose_file": "{}"}),
    ("compose_file", {"compose_file": COMPOSE.replace('"runner"', '"walker"')}),
    ("compose_file", {"compose_file": VOLUME}),
    ("vcpu", {"vcpu": 0}),
    ("vcpu", {"vcpu": 256}),
    ("vcpu", {"vcpu": 9}),
    ("memory", {"memory": 0}),
    ("memory", {"memory": (1 << 24) + 1}),
    ("memory", {"memory": 8193}),
    ("memory", {"memory": 512, "hugepages": True}),
    ("disk_size", {"disk_size": 0}),
    ("disk_size", {"disk_size": 10_001}),
    ("encrypted_env", {"encrypted_env": "00" * ((1 << 20) + 1)}),
    ("user_config", {"user_config": "é" * (2 << 20) + "x"}),
    ("simulated_tee", {"simulated_tee": "sgx"}),
    ("simulated_tee", {"simulated_tee": "dstack-tdx"}),
    ("kms_urls", {"kms_urls": ["ftp://kms"]}),
    ("kms_urls", {"kms_urls": ["https://kms"] * 65}),
    ("gateway_urls", {"gateway_urls": ["https://a", "https://[::1"]}),
    ("networks", {"networks": [{"mode": "wifi"}]}),
    ("networks", {"networks": [{"mode": "bridge", "bridge_name": "../br"}]}),
    ("networks", {"networks": [{"mode": "user"}] * 65}),
    ("ports", {"ports": [PORT], "networks": [{"mode": "bridge", "bridge_name": "br0"}]}),
    ("ports", {"ports": [PORT | {"protocol": "sctp"}]}),
    ("ports", {"ports": [PORT | {"vm_port": 0}]}),
    ("ports", {"ports": [PORT | {"host_port": 20_001}]}),
    ("ports", {"ports": [ELSEWHERE | {"host_address": "::1"}]}),
    ("ports", {"ports": [ELSEWHERE, ELSEWHERE | {"host_address": "0.0.0.0"}]}),
    ("ports", {"ports": [ELSEWHERE | {"host_port": 1000 + i} for i in range(65)]}),
    ("ports", {"ports": [PORT]}),
    ("ports", {"ports": [PORT | {"host_address": "0.0.0.0"}]}),
    ("gpus", {"gpus": {"attach_mode": "some"}}),
    ("gpus", {"gpus": {"gpus": [{"slot": "65:00"}]}}),
    ("gpus", {"gpus": {"gpus": [{"slot": "65:00.0"}]}}),
    ("app_id", {"app_id": "00"}),
    ("app_id", {"app_id": "x" * 40}),
    ("vcpu", {"vcpu": "two"}),
    ("memory", {"memory": 1 << 40}),
    ("ports", {"ports": [PORT | {"host_port": -1}]}),
    ("ports", {"ports": [None]}),
    ("networks", {"networks": "user"}),
    ("encrypted_env", {"encrypted_env": "z"}),
    ("name", {"name": "a\0b"}),
    ("stopped", {"stopped": 1}),
]
RIGHT: list[dict[str, Any]] = [
    {},
    {"stopped": True},
    {"stopped": True, "vcpu": 200, "memory": 100_000},
    {"ports": [ELSEWHERE], "app_id": "0x" + "AB" * 20},
    {"networks": [{"mode": "user"}, {"mode": "bridge", "bridge_name": "br0"}], "user_config": "{}"},
    {"hugepages": True, "memory": 2048, "pin_numa": False, "kms_urls": ["https://kms.example.com:8081"]},
    {"gpus": {"gpus": [], "attach_mode": "listed"}, "no_tee": True, "disk_size": 10_000},
]


@pytest.fixture
async def held(vmm: InProcess, settings: Any) -> InProcess:
    """The server, where port 8080 is taken, two vCPUs and 1 GB are left, and one image is broken."""
    await vmm.create(ports=[PORT], name="holder")
    cvm = conf().cvm.model_copy(update={"max_allocable_vcpu": 9, "max_allocable_memory_in_mb": 8192})
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    broken = conf().image.path / "dstack-broken"
    broken.mkdir(parents=True, exist_ok=True)
    (broken / "metadata.json").write_text("{}")

    await eventually(lambda: in_database(Image.objects.filter(name="dstack-broken").exists), 20)
    return vmm


async def check(vmm: InProcess, **changed: Any) -> dict[str, Any]:
    answer = await vmm.call("CheckVm", vmm.configuration(**changed))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def everything(run_path: Path) -> tuple[dict[str, list[Any]], list[Path]]:
    """Every row but the worker's own sign of life, and every file below the run path."""
    rows = {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("vms").get_models()
        if model.__name__ != "Node"
    }
    return rows, sorted(run_path.rglob("*")) if run_path.exists() else []


@pytest.mark.parametrize("field, changed", WRONG, ids=range(len(WRONG)))
async def test_it_names_what_create_refuses(held: InProcess, field: str, changed: dict[str, Any]) -> None:
    before = await in_database(everything, held.run_path)
    told = await check(held, **changed)
    assert await in_database(everything, held.run_path) == before
    refused = await held.call("CreateVm", held.configuration(**changed))
    assert refused.status_code in (400, 404, 409)
    assert told["problems"][0] == {"field": field, "message": refused.json()["message"]}


@pytest.mark.parametrize("changed", RIGHT, ids=range(len(RIGHT)))
async def test_where_it_finds_nothing_create_succeeds(held: InProcess, changed: dict[str, Any]) -> None:
    told = await check(held, **changed)
    assert told["problems"] == []
    vm_id = await held.create(**changed)
    configuration = (await held.info(vm_id))["configuration"]
    assert told["app_id"] == configuration["app_id"]
    assert told["compose_hash"] == compose_hash(configuration["compose_file"])


async def test_whatever_is_asked_for_both_agree(held: InProcess) -> None:
    changes = st.lists(
        st.sampled_from([*(changed for _, changed in WRONG), *RIGHT, *RIGHT, *RIGHT]), min_size=1, max_size=3
    )

    def test(wait: Any) -> None:
        @examples(60, same_each_time=True)
        @given(changes)
        def agree(drawn: list[dict[str, Any]]) -> None:
            merged = {name: value for changed in drawn for name, value in changed.items()}
            asked = held.configuration(**merged)
            told = wait(held.call("CheckVm", asked)).json()["problems"]
            made = wait(held.call("CreateVm", asked))
            assert (made.status_code == 200) == (not told), (merged, told, made.text)
            if told and not _of_types(made.json()["message"]):
                assert told[0]["message"] == made.json()["message"]
            if made.status_code == 200:
                wait(held.call("RemoveVm", made.json()))
                wait(held.until(made.json()["id"], lambda vm: vm is None))

        agree()

    await in_thread(test)


def _of_types(message: str) -> bool:
    """Of what can't be read CreateVm names several in one line."""
    return "; " in message or "must be a whole number" in message


async def test_all_that_is_wrong_is_told_at_once(held: InProcess) -> None:
    told = await check(
        held,
        name="a,b",
        vcpu=0,
        memory="much",
        disk_size=0,
        image="no-such-image",
        compose_file="{",
        ports=[PORT | {"vm_port": 0}, PORT | {"protocol": "sctp"}],
        kms_urls=["x"],
    )
    fields = [problem["field"] for problem in told["problems"]]
    assert set(fields) == {
        *("name", "vcpu", "memory", "disk_size", "image", "compose_file", "ports", "kms_urls")
    }
    assert fields.count("ports") == 2
    assert [fields.count(name) for name in ("memory", "vcpu", "image")] == [1, 1, 1]
    assert told["app_id"] == told["compose_hash"] == ""


async def test_each_port_that_is_taken_is_named_with_its_holder(held: InProcess) -> None:
    await held.create(ports=[ELSEWHERE], name="other", stopped=True)
    told = await check(held, ports=[ELSEWHERE, PORT, PORT | {"host_port": 8082}])
    assert [problem["message"].split(" is taken by VM ")[0] for problem in told["problems"]] == [
        "ports[1].host_port: tcp port 8080",
        "ports[0].host_port: tcp port 8081",
    ]


async def test_an_app_id_that_is_wrong_is_none(held: InProcess) -> None:
    told = await check(held, app_id="00")
    assert (told["app_id"], told["compose_hash"]) == ("", compose_hash(COMPOSE))
    told = await check(held, name="")
    assert (told["app_id"], told["compose_hash"]) == (default_app_id(COMPOSE), compose_hash(COMPOSE))


async def test_notes_forbid_nothing(held: InProcess) -> None:
    told = await check(held, name="holder", stopped=True, vcpu=100)
    assert told["problems"] == []
    notes = {note["field"]: note["message"] for note in told["notes"]}
    assert notes["name"].endswith("has the same name")
    assert notes["vcpu"].startswith("it could not be started now: vcpu: 100 vCPUs asked for, ")
    assert notes["no_tee"].startswith("this host makes it a plain VM")


async def test_it_waits_for_no_writer(held: InProcess) -> None:
    """A page that checks with every key must not stand in the way of who creates, nor wait for them."""
    with somebody_writing():
        async with asyncio.timeout(10):
            assert (await check(held, ports=[PORT]))["problems"]


async def test_however_much_is_asked_little_is_told(held: InProcess) -> None:
    many = [PORT | {"vm_port": 0} for _ in range(10_000)]
    urls = ["x" * 1000] * 10_000
    told = await check(held, ports=many, kms_urls=urls, gateway_urls=urls, networks=[{"mode": "x"}] * 10_000)
    assert len(told["problems"]) == 4
    told = await check(held, ports=many[:64], kms_urls=[None] * 10_000)
    assert len(told["problems"]) <= MAX_TOLD
    assert all(len(problem["message"]) < 1000 for problem in told["problems"])


@contextmanager
def somebody_writing() -> Iterator[None]:
    """Somebody holds the writers' lock and SQLite's own."""
    holds, done = threading.Event(), threading.Event()

    def write() -> None:
        with writing():
            Image.objects.filter(name="nothing").update(size=1)
            holds.set()
            done.wait(60)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert holds.wait(10)
        yield
    finally:
        done.set()
        thread.join()

"""What the configuration names on the network, asked for real."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.images.real_registry import real_registry
from tests.kms.server import FakeKms, certificate, serving
from tests.ports import a_free_port
from tests.preflight.machine import Machine
from vms.preflight.checks import services
from vms.preflight.finding import Level

KEY = {"public_key": "ab" * 32, "signature": "cd"}


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("kms"))


async def ask_kms(machine: Machine, pem: Path, answer: object, status: int = 200) -> tuple[Level, str]:
    async with serving(pem) as server:
        kms: FakeKms = server
        kms.answers(answer, status)
        found = await asyncio.to_thread(services.kms, machine.host(f'kms_url = "{kms.url}"\n'))
        return found.level, found.found.replace(kms.url, "URL")


async def test_a_kms_that_gives_keys_is_well(machine: Machine, pem: Path) -> None:
    assert await ask_kms(machine, pem, KEY) == (Level.OK, "the KMS at URL answers")


async def test_a_kms_that_refuses_is_quoted(machine: Machine, pem: Path) -> None:
    level, found = await ask_kms(machine, pem, {"error": "not today"}, 400)
    assert (level, found) == (Level.WARNING, "the KMS at URL answered 400: not today")


async def test_a_kms_that_hangs_is_not_waited_for(
    machine: Machine, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "KMS_S", 0.2)
    async with serving(pem) as kms:
        gone = asyncio.Event()

        async def hang(writer: asyncio.StreamWriter) -> None:
            await gone.wait()

        kms.behave = hang
        found = await asyncio.to_thread(services.kms, machine.host(f'kms_url = "{kms.url}"\n'))
        gone.set()
    assert found.found == f"the KMS at {kms.url} does not answer within 0.2 s"


def test_a_kms_that_nobody_named_is_worth_a_note_only(machine: Machine) -> None:
    url = f"http://127.0.0.1:{a_free_port()}"
    named = services.kms(machine.host(f'kms_url = "{url}"\n'))
    assert (named.level, named.prevents) == (Level.WARNING, True)
    assert named.found == f"the KMS at {url} can't be asked: Connection refused"
    assert services.kms(machine.host('kms_url = ""\n')).skipped


def test_credentials_are_not_told(machine: Machine) -> None:
    port = a_free_port()
    found = services.kms(machine.host(f'kms_url = "http://me:secret@127.0.0.1:{port}"\n'))
    assert "secret" not in str(found)


def provider(port: int) -> str:
    return f"[key_provider]\nport = {port}\n"


def test_a_key_provider_listens_or_not(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert services.key_provider(machine.host(provider(port))).level is Level.OK
    gone = services.key_provider(machine.host(provider(port)))
    assert (gone.level, gone.prevents) == (Level.WARNING, True)
    assert gone.found == f"nobody answers at 127.0.0.1:{port} (Connection refused)"
    assert services.key_provider(machine.host("[key_provider]\nenabled = false\n")).skipped


@pytest.mark.real
def test_a_registry_lists_its_tags(machine: Machine, tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.mkdir()
    (image / "metadata.json").write_text("{}")
    with real_registry(tmp_path / "registry") as registry:
        registry.pusher.folder("0.5.4", image)
        well = services.registry(machine.host(f'[image]\nregistry = "{registry.registry}"\n'))
        other = f"127.0.0.1:{registry.port}/dstack/none"
        found = services.registry(machine.host(f'[image]\nregistry = "{other}"\n'))
    assert (well.level, well.found) == (Level.OK, f"{registry.registry} has 1 tag")
    assert (found.level, found.prevents) == (Level.WARNING, True)
    assert "(404)" in found.found


def test_a_registry_that_is_not_there_or_no_registry(machine: Machine) -> None:
    port = a_free_port()
    gone = services.registry(machine.host(f'[image]\nregistry = "127.0.0.1:{port}/a/b"\n'))
    assert (gone.level, gone.prevents) == (Level.WARNING, True)
    wrong = services.registry(machine.host('[image]\nregistry = "ftp://somewhere/a"\n'))
    assert (wrong.level, wrong.remedy) == (Level.PROBLEM, "set registry in [image] right")
    assert services.registry(machine.host()).skipped

"""``/logs``: one log of one VM, for scripts and browsers."""

from __future__ import annotations

import asyncio

import pytest

from tests.in_process import InProcess


async def test_the_serial_log_of_a_running_vm(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    response = await vmm.client.get(f"/logs?id={vm_id}")
    assert response.status_code == 200
    assert response.text == f"fake guest {vm_id} generation 1 booted\n"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize("channel", ["serial", "stdout", "stderr"])
async def test_each_channel_is_its_own_file(vmm: InProcess, channel: str) -> None:
    vm_id = await vmm.create(stopped=True)
    (vmm.run_path / vm_id / f"{channel}.log").write_text(f"this is {channel}\n")
    response = await vmm.client.get(f"/logs?id={vm_id}&ch={channel}")
    assert response.text == f"this is {channel}\n"


async def test_options_choose_lines_and_escapes(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    (vmm.run_path / vm_id / "serial.log").write_bytes(b"1\n\x1b[31m2\xff\x1b[0m\n")
    for query, text in (
        ("", "1\n\x1b[31m2�\x1b[0m\n"),
        ("&lines=1", "\x1b[31m2�\x1b[0m\n"),
        ("&lines=1&ansi=false", "2�\n"),
        ("&lines=1&ansi=0", "2�\n"),
        ("&lines=0", ""),
        ("&lines=", "1\n\x1b[31m2�\x1b[0m\n"),
    ):
        assert (await vmm.client.get(f"/logs?id={vm_id}{query}")).text == text, query


async def test_a_vm_that_never_ran_has_an_empty_log(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    response = await vmm.client.get(f"/logs?id={vm_id}")
    assert (response.status_code, response.text) == (200, "")


@pytest.mark.parametrize(
    "query, begins",
    [
        ("", "id: give the VM's id"),
        ("id=x&ch=qemu", "ch: must be serial, stdout or stderr, not 'qemu'"),
        ("id=x&ch=../serial", "ch: must be"),
        ("id=x&lines=-1", "lines: must be a number"),
        ("id=x&lines=1e3", "lines: must be a number"),
        ("id=x&lines=%D9%A3", "lines: must be a number"),
        ("id=x&lines=" + "9" * 5000, "lines: must be a number"),
        ("id=x&follow=maybe", "follow: must be true or false"),
        ("id=x&ansi=2", "ansi: must be true or false"),
        ("id=x&boot=-1", "boot: must be a number"),
        ("id=x&boot=last", "boot: must be a number"),
        ("id=x&download=yes", "download: must be true or false"),
    ],
)
async def test_an_option_that_is_none_is_400_and_named(vmm: InProcess, query: str, begins: str) -> None:
    response = await vmm.client.get(f"/logs?{query}")
    assert (response.status_code, response.json()["code"]) == (400, 400)
    assert response.json()["message"].startswith(begins)


@pytest.mark.parametrize(
    "vm_id", ["no-such-vm", "..", "../../etc", "%00", "a%00b", "a/b", "%ff", "x" * 5000, "%2e%2e%2f", "%0a"]
)
async def test_an_id_that_no_vm_has_is_404_and_leads_nowhere(vmm: InProcess, vm_id: str) -> None:
    (vmm.run_path.parent / "serial.log").write_text("secret")
    response = await vmm.client.get(f"/logs?id={vm_id}")
    assert (response.status_code, response.json()["code"]) == (404, 404)
    assert len(response.content) < 300


async def test_head_has_the_headers_and_ends_even_when_following(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    response = await vmm.client.head(f"/logs?id={vm_id}&follow=true", timeout=5)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert (await vmm.client.head("/logs?id=none")).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_log_can_only_be_read(vmm: InProcess, method: str) -> None:
    assert (await vmm.client.request(method, "/logs?id=x")).status_code in (403, 405)


async def test_following_ends_with_the_vm(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    # This client hands a response over only once it is complete.
    following = asyncio.create_task(vmm.client.get(f"/logs?id={vm_id}&follow=true"))
    await asyncio.sleep(0.1)
    await vmm.call("RemoveVm", {"id": vm_id})
    assert (await following).text == f"fake guest {vm_id} generation 1 booted\n"


async def test_earlier_boots_can_be_read_as_long_as_they_are_kept(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    for method in ("StopVm", "StartVm"):
        await vmm.call(method, {"id": vm_id})
    texts = [(await vmm.client.get(f"/logs?id={vm_id}&boot={boot}")).text for boot in (0, 1)]
    assert texts == [f"fake guest {vm_id} generation {generation} booted\n" for generation in (3, 1)]
    none = await vmm.client.get(f"/logs?id={vm_id}&boot=2")
    assert (none.status_code, none.json()["message"]) == (
        404,
        "boot: 0 is the newest, and 1 earlier ones are kept of this log, not 2",
    )


async def test_a_log_can_be_saved_under_a_name_of_its_own(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    response = await vmm.client.get(f"/logs?id={vm_id}&ch=stderr&download=true")
    assert response.headers["content-disposition"] == f'attachment; filename="{vm_id}-stderr-boot-1.log"'
    assert "content-disposition" not in (await vmm.client.get(f"/logs?id={vm_id}")).headers

"""The key provider's client against real TCP servers: an honest one, and every other kind."""

from __future__ import annotations

import asyncio
import struct

import pytest

from tests.guest.provider import answering, asked, framed, provider
from tests.waiting import eventually
from vms.errors import Invalid, TookTooLong, Unavailable, UpstreamFailed
from vms.guest import key_provider
from vms.guest.key_provider import MAX_IN_FLIGHT, MAX_QUOTE, KeyProvider, SealingKey


@pytest.mark.parametrize("quote", [b"\x00", bytes(range(256)) * 20, b"\xff" * MAX_QUOTE])
async def test_the_quote_is_shown_and_the_key_brought_back(quote: bytes) -> None:
    shown = b""

    async def honest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal shown
        shown = await asked(reader)
        writer.write(framed(b'{"encrypted_key": [1, 2, 255], "provider_quote": [0], "more": null}'))

    async with provider(honest) as client:
        assert await client.sealing_key(quote) == SealingKey(b"\x01\x02\xff", b"\x00")
    assert shown == quote


@pytest.mark.parametrize("quote", [b"", b"x" * (MAX_QUOTE + 1)], ids=len)
async def test_a_quote_of_the_wrong_size_is_not_shown(quote: bytes) -> None:
    with pytest.raises(Invalid, match=f"quote: has {len(quote)} bytes; it must have 1 to 1048576"):
        await KeyProvider("127.0.0.1", 1).sealing_key(quote)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"null",
        b"[]",
        b"{}",
        b'{"encrypted_key": "00", "provider_quote": []}',
        b'{"encrypted_key": [256], "provider_quote": []}',
        b'{"encrypted_key": [-1], "provider_quote": []}',
        b'{"encrypted_key": [1.5], "provider_quote": []}',
        b'{"encrypted_key": [true], "provider_quote": []}',
        b'{"encrypted_key": [1e400], "provider_quote": []}',
        b'{"encrypted_key": [], "provider_quote": {}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:30]),
)
async def test_a_wrong_answer_is_a_failure_with_words(body: bytes) -> None:
    async with provider(answering(body)) as client:
        with pytest.raises(UpstreamFailed, match=r"key provider at 127\.0\.0\.1 port \d+ answered wrongly: "):
            await client.sealing_key(b"quote")


async def test_an_answer_that_announces_too_much_is_not_read() -> None:
    async def announces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(struct.pack(">I", 2**32 - 1))
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with provider(announces) as client:
        with pytest.raises(
            UpstreamFailed, match="wants to answer 4294967295 bytes; at most 1048576 are read"
        ):
            await client.sealing_key(b"quote")


@pytest.mark.parametrize("answer", [b"", b"\x00\x00", framed(b'{"encrypted_key": [1]}')[:-3]])
async def test_an_answer_that_is_cut_off_is_a_failure(answer: bytes) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(answer)

    async with provider(hangs_up) as client:
        with pytest.raises(UpstreamFailed, match="hung up in the middle of its answer"):
            await client.sealing_key(b"quote")


async def test_a_provider_that_is_not_there_is_a_failure() -> None:
    async with provider(answering(b"{}")) as client:
        gone = client
    with pytest.raises(UpstreamFailed, match=r"can't be asked: .*(refused|[Cc]onnect)"):
        await gone.sealing_key(b"quote")


async def test_silence_is_given_up_and_no_more_wait_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_provider, "DEADLINE_S", 0.5)
    arrived = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        await asked(reader)
        arrived += 1
        await asyncio.Event().wait()

    async with provider(silent) as client:
        waiting = [asyncio.create_task(client.sealing_key(b"quote")) for _ in range(MAX_IN_FLIGHT)]
        await eventually(lambda: arrived == MAX_IN_FLIGHT)
        with pytest.raises(Unavailable, match=f"{MAX_IN_FLIGHT} requests wait for the key provider"):
            await client.sealing_key(b"quote")
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(each) for each in told} == {TookTooLong}
        with pytest.raises(TookTooLong, match="did not answer within"):  # there is room again
            await client.sealing_key(b"quote")

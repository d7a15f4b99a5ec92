"""Registries that lie, lead elsewhere or never end: a clear error, and no file but the pull's own."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.images.hostile import NAME, Hostile, answer, hostile, redirect
from tests.images.push import digest_of
from tests.images.tiny import FILES, tar, tiny_layer, with_checksums
from vms.images import download
from vms.images import pull as pulling
from vms.images.errors import BadArchive, NoSpace, PullError, RegistryFailed, TryAgain
from vms.images.registry import Registry
from vms.images.unpack import Limits

LIMITS = Limits(max_size=1 << 20, max_files=100, keep_free=0)
LAYER = tiny_layer()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(pulling, "FIRST_PAUSE_S", 0.001)


@pytest.fixture
async def evil() -> AsyncIterator[Hostile]:
    async with hostile() as registry:
        yield registry


async def pull(registry: Hostile, images: Path, limits: Limits = LIMITS, login: Path | None = None) -> None:
    async with asyncio.timeout(20), Registry(registry.repository, login or images / "no-login") as client:
        await pulling.pull(client, "t", "dstack-t", images, limits, lambda _: None)


async def refused(registry: Hostile, tmp_path: Path, *, kind: type[PullError] = RegistryFailed) -> str:
    """The error's words; nothing but the lock, and what a later pull goes on with, may be there."""
    images = tmp_path / "images"
    with pytest.raises(kind) as caught:
        await pull(registry, images)
    allowed = {".pull-dstack-t.lock"} | ({".pull-dstack-t"} if isinstance(caught.value, TryAgain) else set())
    assert {path.name for path in images.iterdir()} <= allowed
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    return str(caught.value)


async def test_a_good_one_is_pulled(evil: Hostile, tmp_path: Path) -> None:
    evil.layer(LAYER)
    await pull(evil, tmp_path / "images")
    assert (tmp_path / "images" / "dstack-t" / "bzImage").read_bytes() == FILES["bzImage"]
    assert not (tmp_path / "images" / ".pull-dstack-t").exists()


async def test_a_blob_of_another_digest(evil: Hostile, tmp_path: Path) -> None:
    evil.layer(LAYER, answer(LAYER[:-1] + b"x"))
    assert "another digest" in await refused(evil, tmp_path)


@pytest.mark.parametrize("more", [1, 1000, 1 << 20])
async def test_a_blob_that_is_too_large(evil: Hostile, tmp_path: Path, more: int) -> None:
    evil.layer(LAYER, answer(LAYER + bytes(more)))
    assert "larger than it should be" in await refused(evil, tmp_path)


async def test_a_blob_that_never_ends(evil: Hostile, tmp_path: Path) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(bytes(64 << 10))
            sent += 64 << 10
            await writer.drain()

    evil.layer(LAYER, endless)
    assert "larger than it should be" in await refused(evil, tmp_path)
    assert sent < 64 << 20


async def test_a_blob_that_is_always_too_short(evil: Hostile, tmp_path: Path) -> None:
    evil.layer(LAYER, answer(LAYER[:100]))
    assert "ended at 100 of" in await refused(evil, tmp_path, kind=TryAgain)


async def test_a_blob_that_only_drips(evil: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SLOW_WINDOW_S", 0.05)
    monkeypatch.setattr(download, "TRIES", 2)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(Content_Length=str(len(LAYER))))
        while not writer.is_closing():
            writer.write(b"\0")
            await writer.drain()
            await asyncio.sleep(0.02)

    monkeypatch.setattr(download, "PIECE", 1)
    evil.layer(LAYER, drip)
    assert await refused(evil, tmp_path, kind=RegistryFailed)


async def test_a_blob_packed_for_the_way(evil: Hostile, tmp_path: Path) -> None:
    evil.layer(LAYER, answer(gzip.compress(LAYER), Content_Encoding="gzip"))
    assert "encoding that nobody asked for" in await refused(evil, tmp_path)


@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/passwd",
        "http://192.0.2.1/blob",
        "http://registry.example/blob",
        "ftp://127.0.0.1/blob",
        "gopher://x",
        "//registry.example/blob",
        "http://127.0.0.1@registry.example/",
        "http://127.0.0.1.registry.example/",
        "javascript:0",
        "http://[::1",
        "http://\x00",
        "",
    ],
)
async def test_being_sent_elsewhere(evil: Hostile, tmp_path: Path, to: str) -> None:
    evil.layer(LAYER, redirect(to))
    words = await refused(evil, tmp_path)  # what is no URL at all, or no header, is found by httpx
    assert (
        "redirects to" in words
        or "status 307" in words
        or "its answer can't" in words
        or "can't be reached" in words
    )


async def test_a_registry_elsewhere_can_not_send_us_to_this_machine() -> None:
    from vms.images.oci.reference import parse_repository

    registry = Registry(parse_repository("registry.example/user/image"))
    for to in ("http://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "http://other.example/x"):
        with pytest.raises(RegistryFailed, match="may not send us"):
            registry._allowed("https://registry.example/v2/", to, "it redirects to")
    assert (
        registry._allowed("https://registry.example/v2/", "https://cdn.example/x", "")
        == "https://cdn.example/x"
    )


async def test_a_redirect_in_circles(evil: Hostile, tmp_path: Path) -> None:
    evil.layer(LAYER, redirect(""))
    assert "307" in await refused(evil, tmp_path)


async def test_a_login_is_not_given_to_where_we_are_sent(evil: Hostile, tmp_path: Path) -> None:
    login = tmp_path / "config.json"
    host = f"127.0.0.1:{evil.port}"
    login.write_text(json.dumps({"auths": {host: {"username": "me", "password": "secret"}}}))
    async with hostile() as other:
        evil.layer(LAYER, redirect(f"http://127.0.0.1:{other.port}/blob"))
        other.routes["/blob"] = answer(LAYER)
        manifest = evil.routes[f"/v2/{NAME}/manifests/t"]
        assert isinstance(manifest, bytes)

        async def after_login(writer: asyncio.StreamWriter) -> None:
            given = evil.requests[-1][1].get("authorization", "").startswith("Basic ")
            wanted = answer(status=401, WWW_Authenticate='Basic realm="x"')
            writer.write(manifest if given else wanted)

        evil.routes[f"/v2/{NAME}/manifests/t"] = after_login
        await pull(evil, tmp_path / "images", login=login)
        assert [path for path, headers in other.requests if "authorization" in headers] == []
        assert len(other.requests) == 1


REALMS = [
    "http://tokens.example/",
    "file:///etc/passwd",
    "",
    "ftp://127.0.0.1/",
    "http://192.0.2.7/",
    "http://[::",
]


@pytest.mark.parametrize("realm", REALMS)
async def test_tokens_of_elsewhere(evil: Hostile, tmp_path: Path, realm: str) -> None:
    challenge = f'Bearer realm="{realm}",service="s"'
    evil.routes[f"/v2/{NAME}/manifests/t"] = answer(status=401, WWW_Authenticate=challenge)
    assert "its tokens are to be had at" in await refused(evil, tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        answer(b"no"),
        answer(b"[]"),
        answer(b'{"token": ""}'),
        answer(b'{"token": 7}'),
        answer(b'{"token": "a\\r\\nX-Evil: 1"}'),
        answer(b'{"token": "ok"}'),
        answer(b"x" * (5 << 20)),
        answer(status=403),
        redirect("http://evil.example/"),
    ],
)
async def test_tokens_that_are_none(evil: Hostile, tmp_path: Path, said: bytes) -> None:
    challenge = f'Bearer realm="http://127.0.0.1:{evil.port}/token",service="s"'
    evil.routes[f"/v2/{NAME}/manifests/t"] = answer(status=401, WWW_Authenticate=challenge)
    evil.routes["/token"] = said
    assert await refused(evil, tmp_path)
    assert len(evil.requests) <= 3


MANIFESTS: dict[str, Any] = {
    "html": b"<html><body>Welcome to the hotel's Wi-Fi</body></html>",
    "no object": [],
    "nothing": {},
    "deep": b"[" * 100_000,
    "huge": b'{"a": "' + b"x" * (5 << 20) + b'"}',
    "layers of words": {"layers": "all"},
    "no layers": {"layers": []},
    "too many": {"layers": [{"digest": digest_of(b""), "size": 0}] * 129},
    "path for a digest": {"layers": [{"digest": "sha256:../../../etc/passwd", "size": 1}]},
    "digest with a line": {"layers": [{"digest": digest_of(b"") + "\n", "size": 1}]},
    "another digest": {"layers": [{"digest": "md5:" + "0" * 32, "size": 1}]},
    "negative": {"layers": [{"digest": digest_of(b""), "size": -1}]},
    "truth for a size": {"layers": [{"digest": digest_of(b""), "size": True}]},
    "a fraction": {"layers": [{"digest": digest_of(b""), "size": 1.5}]},
    "layer is no object": {"layers": [7]},
    "index of words": {"manifests": "all"},
    "index of others": {
        "manifests": [{"digest": digest_of(b""), "platform": {"os": "linux", "architecture": "arm64"}}]
    },
    "index of nothing": {"manifests": []},
    "index of itself": {"manifests": [{"digest": digest_of(b"x")}]},
}


@pytest.mark.parametrize("name", MANIFESTS)
async def test_manifests_that_are_none(evil: Hostile, tmp_path: Path, name: str) -> None:
    evil.manifest(MANIFESTS[name])
    evil.manifest(MANIFESTS["index of itself"], digest_of(b"x"))
    assert "tag 't'" in await refused(evil, tmp_path)


async def test_more_than_is_allowed_is_not_begun(evil: Hostile, tmp_path: Path) -> None:
    evil.layer(LAYER, size=2 << 20)
    assert "max_size" in await refused(evil, tmp_path, kind=BadArchive)
    assert len(evil.requests) == 1


async def test_more_than_fits_is_not_begun(evil: Hostile, tmp_path: Path) -> None:
    evil.layer(LAYER)
    with pytest.raises(NoSpace):
        await pull(evil, tmp_path, Limits(1 << 20, 100, keep_free=1 << 60))
    assert len(evil.requests) == 1


ELSEWHERE = b'{"kernel": "/etc/passwd", "initrd": "bzImage", "version": "0.5.3"}'
OLD = b'{"kernel": "k", "initrd": "k", "version": "0.4.9"}'
SPOILT = {
    "a file that isn't what its checksum says": (tiny_layer(bzImage=b"evil"), "not what sha256sum.txt says"),
    "another digest": (tiny_layer(**{"digest.txt": b"0" * 64}), "digest.txt is not"),
    "no checksums": (gzip.compress(tar(FILES)), "no sha256sum.txt"),
    "no metadata": (gzip.compress(tar(with_checksums({"a": b"b"}))), "metadata.json"),
    "a kernel elsewhere": (
        gzip.compress(tar(with_checksums(FILES | {"metadata.json": ELSEWHERE}))),
        "leads out",
    ),
    "an old version": (
        gzip.compress(tar(with_checksums({"k": b"", "metadata.json": OLD}))),
        "too old",
    ),
    "no archive": (b"hello" * 1000, "none"),
}


@pytest.mark.parametrize("name", SPOILT)
async def test_images_that_are_none(evil: Hostile, tmp_path: Path, name: str) -> None:
    layer, words = SPOILT[name]
    evil.layer(layer)
    assert words in await refused(evil, tmp_path, kind=BadArchive)


@pytest.mark.parametrize(
    "said",
    [
        answer(b'{"tags": "all"}'),
        answer(b"<html>"),
        answer(b"[]"),
        answer(b'{"tags": []}', Link='<http://evil.example/v2/>; rel="next"'),
        answer(status=500),
        answer(status=302, Location="http://evil.example/"),
        b"nonsense\r\n\r\n",
        b"",
    ],
)
async def test_lists_of_tags_that_are_none(evil: Hostile, said: bytes) -> None:
    evil.routes[f"/v2/{NAME}/tags/list"] = said if said else _hang_up
    async with Registry(evil.repository) as registry:
        with pytest.raises(RegistryFailed, match=f"127.0.0.1:{evil.port}/{NAME}"):
            await registry.tags()


async def test_pages_of_tags_end(evil: Hostile) -> None:
    body = json.dumps({"tags": ["1.0", "../x", 7, "1.1"]}).encode()
    evil.routes[f"/v2/{NAME}/tags/list"] = answer(body, Link=f'</v2/{NAME}/tags/list?last=x>; rel="next"')
    async with Registry(evil.repository) as registry:
        assert set(await registry.tags()) == {"1.0", "1.1"}
    assert len(evil.requests) == 50


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()

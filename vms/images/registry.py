"""An OCI registry's client: tags, manifests and blobs of one repository, over httpx.

Written here because no library does it: oras-py and its kin are synchronous, and the few
asynchronous ones (docker-registry-client-async) know neither resumed downloads nor bounds
on what is read, and follow a redirect or a token's realm wherever it leads. What a registry
says is not trusted: every answer has a size limit, and it can send us to https only; or,
where the registry itself is on this machine, to this machine.
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import certifi
import httpx

from vms.images.errors import RegistryFailed, RegistryTimeout, TryAgain
from vms.images.oci import login, manifest
from vms.images.oci.manifest import Layer
from vms.images.oci.reference import Repository, is_loopback, is_tag

MAX_REDIRECTS = 5
MAX_DOCUMENT_BYTES = 4 << 20
MAX_TAGS = 10_000
MAX_PAGES = 50
CONNECT_S = 10.0
READ_S = 30.0
_NEXT = re.compile(r'<([^>]{1,4096})>\s*;\s*rel="?next"?')


@cache
def _trust() -> ssl.SSLContext:
    """The certificates that the system trusts (``SSL_CERT_FILE`` is honoured), and the usual ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Registry:
    """One repository, for as long as an ``async with`` lasts. Every method raises RegistryFailed."""

    def __init__(self, repository: Repository, docker_config: Path | None = None) -> None:
        self.repository = repository
        self._docker_config = docker_config or login.docker_config()
        self._authorization = ""
        self._client: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(
            # Redirects are followed here, where each one is looked at.
            follow_redirects=False,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            # No encoding: sizes and digests are those of the bytes sent.
            headers={"User-Agent": "dstack-vmm", "Accept-Encoding": "identity"},
            # Whom the host trusts, so that a company's own registry can be used. Read in a thread:
            # the first time takes tens of milliseconds, in which nobody else would be answered.
            verify=await asyncio.to_thread(_trust),
            # Proxies of the environment; none leads to this machine.
            trust_env=not self.repository.is_loopback,
        )
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def tags(self) -> list[str]:
        """All tags, in the registry's order; what is no tag is left out."""
        url = f"{self.repository.base}/v2/{self.repository.name}/tags/list?n=1000"
        found: list[str] = []
        for _ in range(MAX_PAGES):
            document, headers, _ = await self._document(url)
            tags = document.get("tags") or []
            if not isinstance(tags, list):
                raise self._failed("its list of tags is none")
            found += [tag for tag in tags if isinstance(tag, str) and is_tag(tag)]
            following = _NEXT.search(headers.get("Link", ""))
            if following is None or len(found) >= MAX_TAGS:
                break
            url = self._allowed(url, following[1], "its next page of tags is")
            if not url.startswith(f"{self.repository.base}/"):
                raise self._failed(f"its next page of tags is elsewhere ({url[:200]})")
        return found[:MAX_TAGS]

    async def layers(self, tag: str) -> tuple[Layer, ...]:
        """The layers of that tag's image for this platform, lowest first."""
        try:
            document = await self._manifest(tag)
            if manifest.is_index(document):
                document = await self._manifest(manifest.choose(document))
            return manifest.layers_of(document)
        except TryAgain:
            raise
        except RegistryFailed as error:
            raise RegistryFailed(f"tag {tag!r}: {error}") from error

    @asynccontextmanager
    async def blob(self, digest: str, offset: int = 0) -> AsyncIterator[httpx.Response]:
        """The blob's bytes, from ``offset`` on where the answer is 206, else all: ``aiter_raw``."""
        url = f"{self.repository.base}/v2/{self.repository.name}/blobs/{digest}"
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        async with self._get(url, headers) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise self._failed("it sends a blob in an encoding that nobody asked for")
            yield response

    async def _manifest(self, reference: str) -> dict[str, Any]:
        url = f"{self.repository.base}/v2/{self.repository.name}/manifests/{reference}"
        document, _, digest = await self._document(url, {"Accept": manifest.ACCEPT})
        if reference.startswith("sha256:") and digest != reference:
            raise self._failed(f"its manifest {reference} has another digest, {digest}")
        return document

    async def _document(
        self, url: str, headers: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], httpx.Headers, str]:
        """(JSON object, headers, digest of the body)."""
        async with self._get(url, headers or {}) as response:
            body = await self._body(response)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "something")[:60]
            raise self._failed(f"it answers {kind}, not a registry's JSON") from None
        if not isinstance(document, dict):
            raise self._failed("its JSON is no object")
        return document, response.headers, f"sha256:{hashlib.sha256(body).hexdigest()}"

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_DOCUMENT_BYTES:
                raise self._failed(f"its answer is larger than {MAX_DOCUMENT_BYTES >> 20} MiB")
        return bytes(body)

    @asynccontextmanager
    async def _get(self, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """A streamed answer of status 200 or 206, after a login and redirects where it needs them."""
        asked_to_log_in = False
        redirects = 0
        while True:
            sent = dict(headers)
            if self._authorization and url.startswith(f"{self.repository.base}/"):
                sent["Authorization"] = self._authorization
            async with self._stream(url, sent) as response:
                if response.status_code in (200, 206):
                    yield response
                    return
                if response.status_code == 401 and not asked_to_log_in:
                    asked_to_log_in = True
                    self._authorization = await self._log_in(response)
                elif response.status_code in (301, 302, 303, 307, 308) and redirects < MAX_REDIRECTS:
                    redirects += 1
                    url = self._allowed(url, response.headers.get("Location", ""), "it redirects to")
                else:
                    raise self._refusal(response.status_code, url)

    @asynccontextmanager
    async def _stream(self, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """As httpx has it, with our errors, also while the body is read."""
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                yield response
        except httpx.TimeoutException as error:
            raise RegistryTimeout(f"registry {self.repository}: it doesn't answer in time") from error
        except httpx.TransportError as error:
            words = str(error) or type(error).__name__
            raise TryAgain(f"registry {self.repository} can't be reached: {words}") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise self._failed(f"its answer can't be read: {error}") from error

    async def _log_in(self, response: httpx.Response) -> str:
        """The Authorization header that the registry asks for."""
        known = login.find_login(self.repository.host, self._docker_config)
        challenge = login.parse_challenge(response.headers.get_list("WWW-Authenticate"))
        if challenge is None:
            raise self._failed("it wants a login of a kind that isn't known")
        if challenge.kind == "basic":
            if known is None:
                raise self._failed(f"it wants a login, and {self._docker_config} has none for it")
            return known.basic()
        realm = self._allowed("", challenge.realm, "its tokens are to be had at")
        asked = {"service": challenge.service, "scope": f"repository:{self.repository.name}:pull"}
        headers = {"Authorization": known.basic()} if known else {}
        async with self._stream(str(httpx.URL(realm).copy_merge_params(asked)), headers) as answer:
            if answer.status_code != 200:
                raise self._failed(
                    f"its token server refuses ({answer.status_code}){self._login_hint(known)}"
                )
            try:
                document = json.loads(await self._body(answer))
                token = document.get("token") or document.get("access_token")
            except (ValueError, AttributeError, RecursionError):
                token = None
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]{1,16384}", token):
            raise self._failed("its token server gives no token")
        return f"Bearer {token}"

    def _allowed(self, base: str, reference: str, what: str) -> str:
        """The URL that is meant, if a registry may send us there. Raises RegistryFailed."""
        try:
            url = str(httpx.URL(urljoin(base, reference)))
        except (ValueError, httpx.InvalidURL):
            raise self._failed(f"{what} {reference[:200]!r}, which is no URL") from None
        local = is_loopback(url)
        fits = url.startswith("https://") and (not local or self.repository.is_loopback)
        if not fits and not (local and self.repository.is_loopback and url.startswith("http://")):
            raise self._failed(f"{what} {url[:200]!r}, where it may not send us")
        return url

    def _refusal(self, status: int, url: str) -> RegistryFailed:
        if status in (401, 403):
            known = login.find_login(self.repository.host, self._docker_config)
            return self._failed(f"it refuses access ({status}){self._login_hint(known)}")
        if status == 404:
            return self._failed(f"there is no {url.partition('/v2/')[2].partition('?')[0]!r} (404)")
        if status == 429 or status >= 500:
            return TryAgain(f"registry {self.repository}: it is out of order now ({status})")
        return self._failed(f"it answers with status {status}")

    def _login_hint(self, known: login.Login | None) -> str:
        whose = f"the login of user {known.user!r}" if known else "no login for it"
        return f"; {self._docker_config} has {whose}"

    def _failed(self, what: str) -> RegistryFailed:
        return RegistryFailed(f"registry {self.repository}: {what}")

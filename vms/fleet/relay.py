"""Answers over HTTP that another node gives: whole ones, and those that flow."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import httpx
import orjson
from django.http import HttpRequest, StreamingHttpResponse

from vms.errors import UpstreamFailed, VmmError
from vms.fleet import client
from vms.fleet.outgoing import Outgoing, outgoing
from vms.fleet.places import Place
from vms.said import cause_of

MAX_ANSWER = 32 << 20
"""Bytes of a whole answer."""
ANSWER_S = 15.0
"""A guest may take ten seconds, which is waited for at its node."""
PASSED_ON = ("Content-Type", "Content-Disposition")


def of_request(place: Place, request: HttpRequest) -> Outgoing:
    """The request that whoever acts now sent, for that node. Raises as ``outgoing`` does."""
    assert request.method is not None
    return outgoing(
        place,
        request.method,
        request.path_info,
        request.META.get("QUERY_STRING", ""),
        body=request.body,
        content_type=request.headers.get("Content-Type", ""),
    )


async def answer(asked: Outgoing) -> tuple[int, bytes, str]:
    """Status, body and content type of what the node answers.

    Raises:
        Unavailable: it can't be asked.
        UpstreamFailed: its answer broke off, or is larger than any of ours.
    """
    peer, headers = asked.signed()
    async with client.asked(
        peer, asked.method, asked.target, headers=headers, body=asked.body, first_byte_s=ANSWER_S
    ) as given:
        body = bytearray()
        async for part in _parts(asked, given):
            body += part
            if len(body) > MAX_ANSWER:
                raise UpstreamFailed(f"{asked.place} answered more than {MAX_ANSWER} bytes")
        return given.status_code, bytes(body), given.headers.get("Content-Type", "")


class Flowing(StreamingHttpResponse):
    """What another node tells, as it comes. Its status and headers are known once it is ``opened``.

    ``watched`` goes between: it ends what is told when whoever asked may not hear it any more.
    """

    def __init__(
        self, asked: Outgoing, watched: Callable[[AsyncGenerator[bytes, None]], AsyncIterator[bytes]]
    ) -> None:
        super().__init__(watched(self._told()))
        self._asked = asked
        self._given: httpx.Response | None = None
        self._refusal = b""

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Ask the node. Never fails: what it can't be asked is the answer then."""
        async with contextlib.AsyncExitStack() as open_yet:
            try:
                peer, headers = self._asked.signed()
                self._given = await open_yet.enter_async_context(
                    client.asked(peer, self._asked.method, self._asked.target, headers=headers)
                )
            except VmmError as error:
                self.status_code = error.code
                self["Content-Type"] = "application/json"
                self._refusal = orjson.dumps({"code": error.code, "message": error.message})
            else:
                self.status_code = self._given.status_code
                for name in PASSED_ON:
                    if name in self._given.headers:
                        self[name] = self._given.headers[name]
            yield

    async def _told(self) -> AsyncGenerator[bytes, None]:
        if self._given is None:
            yield self._refusal
            return
        async for part in _parts(self._asked, self._given):
            yield part


async def _parts(asked: Outgoing, given: Any) -> AsyncIterator[bytes]:
    """Raw, for a small answer may unpack to an endless one. Raises UpstreamFailed."""
    try:
        async for part in given.aiter_raw():
            yield part
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise UpstreamFailed(f"what {asked.place} said broke off: {cause_of(error)}") from error

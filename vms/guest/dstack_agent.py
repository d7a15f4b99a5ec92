"""dstack's guest agent: pRPC over HTTP/1.1 on the guest's vsock CID, port 8000."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import httpcore
import orjson

from vms.guest.interface import (
    AgentFailed,
    GuestInfo,
    ListContainersResponse,
    NetworkInformation,
    SystemInfo,
)
from vms.guest.proto import host_api_pb2
from vms.guest.reading import read_json, read_protobuf
from vms.guest.sockets import Sockets
from vms.said import one_line

PORT = 8000
CONNECT_S = 3.0
MAX_HEAD = 16 << 10
"""Bytes before an answer's body begins."""
MAX_ANSWER = 512 << 10
"""Bytes of its body, framing included."""
MAX_PARTS = 512
"""Pieces that it may come in: each costs time, however small it is."""
PIECE = 4096
"""Read at once: what a guest makes of it (a thousand tiny chunks) holds the loop up only briefly."""
HEADERS = [("Content-Type", "application/json"), ("Accept-Encoding", "identity"), ("Connection", "close")]
T = TypeVar("T")


class DstackAgent:
    """One guest's agent. A connection is made for each call, so a guest holds nothing of ours between."""

    concurrency: ClassVar[int] = 4

    def __init__(self, sockets: Sockets, cid: int) -> None:
        self._sockets = sockets
        self._cid = cid

    async def info(self) -> GuestInfo:
        return await self._get("Info", GuestInfo)

    async def sys_info(self) -> SystemInfo:
        return await self._get("SysInfo", SystemInfo)

    async def network_info(self) -> NetworkInformation:
        return await self._get("NetworkInfo", NetworkInformation)

    async def list_containers(self) -> ListContainersResponse:
        return await self._get("ListContainers", ListContainersResponse)

    async def shutdown(self) -> None:
        await self._call("Shutdown")

    async def _get(self, method: str, kind: type[T]) -> T:
        is_json, body = await self._call(method)
        read: Callable[[type[T], bytes], T] = read_json if is_json else read_protobuf
        try:
            return read(kind, body)
        except ValueError as error:
            raise AgentFailed(f"the guest agent answered {method} wrongly: {error}") from None

    async def _call(self, method: str) -> tuple[bool, bytes]:
        """The body of a successful answer, and whether it is JSON. Raises AgentFailed."""
        try:
            status, is_json, body = await self._post(method)
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise AgentFailed(f"the guest agent can't be asked: {_why(error)}") from error
        if status not in (200, 204):
            raise AgentFailed(f"the guest agent answered {method} with {status}{_reason(is_json, body)}")
        return is_json, body

    async def _post(self, method: str) -> tuple[int, bool, bytes]:
        url = f"http://{self._cid}:{PORT}/api/{method}?json"
        backend = _Backend(self._sockets, self._cid)
        told: dict[str, Any] = {"trace": backend.told}
        async with (
            httpcore.AsyncConnectionPool(network_backend=backend) as pool,
            pool.stream("POST", url, headers=HEADERS, content=b"{}", extensions=told) as response,
        ):
            body = await _body(response)
            named = {name.lower(): value for name, value in response.headers}
            # An agent may answer in binary what was asked in JSON; it says so.
            kind = named.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
            return response.status, kind not in (b"application/octet-stream", b"application/x-protobuf"), body


async def _body(response: httpcore.Response) -> bytes:
    parts: list[bytes] = []
    async for part in response.aiter_stream():
        parts.append(part)
        if len(parts) > MAX_PARTS:
            raise AgentFailed(f"the guest agent answered in more than {MAX_PARTS} pieces")
    return b"".join(parts)


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to one CID, whatever the URL's host says."""

    def __init__(self, sockets: Sockets, cid: int) -> None:
        self._sockets = sockets
        self._cid = cid
        self._stream: _Stream | None = None

    async def told(self, event: str, _: Any) -> None:
        """httpcore's own word of how far a request is."""
        if event == "http11.receive_response_headers.complete" and self._stream is not None:
            self._stream.allow(MAX_ANSWER)

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(CONNECT_S):
                self._stream = _Stream(await self._sockets.connect(self._cid, port))
                return self._stream
        except TimeoutError:
            raise AgentFailed(f"the guest agent took no connection within {CONNECT_S:g} s") from None


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that gives up on a guest that says too much."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.allow(MAX_HEAD)

    def allow(self, most: int) -> None:
        """From now on, so many bytes may come."""
        self._left = self._most = most

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await asyncio.get_running_loop().sock_recv(self._connection, min(max_bytes, PIECE))
        self._left -= len(data)
        if self._left < 0:
            raise AgentFailed(f"the guest agent answered more than {self._most} bytes")
        # Data that is there is received without a turn of the loop: an endless answer must not own it.
        await asyncio.sleep(0)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # A request ends with a write of nothing, when its answer may have come and the guest be gone.
        if buffer:
            await asyncio.get_running_loop().sock_sendall(self._connection, buffer)

    async def aclose(self) -> None:
        self._connection.close()

    def get_extra_info(self, info: str) -> Any:
        return None


def _reason(is_json: bool, body: bytes) -> str:
    """The message of a pRPC error, with a colon before it; empty where there is none."""
    try:
        if is_json:
            answer = orjson.loads(body)
            said = (answer.get("error") or answer.get("message")) if isinstance(answer, dict) else None
        else:
            said = host_api_pb2.PrpcError.FromString(body).message
    except Exception:
        return ""
    return f": {one_line(said)}" if isinstance(said, str) and said.strip() else ""


def _why(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return one_line(str(error)) or type(error).__name__

"""One HTTP connection, which a client can neither keep open for nothing nor fill up.

Whatever is refused before there is a request (RFC 9112 says what one is) is answered like any
other refusal, in JSON; the rest of what the client sends is dropped, for a reset would hide
the answer. Bounds of time are absolute: a byte now and then buys none.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from twisted.web import http

from vmm_site.headers import SECURITY_HEADERS

HTTPChannel: Any = http.HTTPChannel  # typed in parts only

HEAD_S = 30.0
"""From a request's first byte to the end of its headers; of a new connection, from its beginning."""
BODY_PERIOD_S = 30.0
BODY_PER_PERIOD = 64 << 10
"""A body goes on by so many bytes in each period, or ends."""
LINGER_S = 5.0
"""How long what follows a refusal is read and dropped."""
_NOT_HTTP = "this is no HTTP/1.1 request: see RFC 9112 for its lines, lengths and headers"


class Connection(HTTPChannel):
    """Twisted's, with answers where it hangs up, and an end to waiting."""

    def __init__(self) -> None:
        super().__init__()
        self._refused = False
        self._deadline: Any = None
        self._body_bytes = 0
        self._body_seen = 0

    def connectionMade(self) -> None:  # noqa: N802 (Twisted's names)
        super().connectionMade()
        self._wait_for_head()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._refused:
            return
        if self._deadline is None and not self._handlingRequest:
            self._wait_for_head()
        super().dataReceived(data)

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._refused:
            return
        if not self._handlingRequest:
            self._body_bytes += len(data)
        super().rawDataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802
        self._body_bytes = self._body_seen = 0
        self._wait(BODY_PERIOD_S, self._look_at_body)
        super().allHeadersReceived()

    def allContentReceived(self) -> None:  # noqa: N802
        if not self._refused:
            self._wait_no_more()
            super().allContentReceived()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._wait_no_more()
        super().connectionLost(reason)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        self._head_is_too_large()

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802
        too_many = self._receivedHeaderCount > self.maxHeaders
        if too_many or self._receivedHeaderSize > self.totalHeadersSize:
            self._head_is_too_large()
        else:
            self.refuse(HTTPStatus.BAD_REQUEST, _NOT_HTTP)

    def checkPersistence(self, request: Any, version: bytes) -> bool:  # noqa: N802
        if self.factory is not None and self.factory.ending:
            request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            return False
        goes_on: bool = super().checkPersistence(request, version)
        return goes_on

    def refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer so, and end the connection."""
        if self._refused or self.transport is None:
            return
        self._refused = True
        self._wait_no_more()
        self.setTimeout(None)
        self.setRawMode()
        body = json.dumps({"code": status.value, "message": message}).encode()
        headers = SECURITY_HEADERS | {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode() + body)
        self._wait(LINGER_S, self.transport.abortConnection)
        self.transport.loseWriteConnection()

    def _head_is_too_large(self) -> None:
        bound = f"{self.totalHeadersSize} bytes and {self.maxHeaders} lines"
        if not self.requests or not getattr(self, "_command", None):
            self.refuse(HTTPStatus.REQUEST_URI_TOO_LONG, f"the request's first line is longer than {bound}")
        else:
            message = f"the request's headers are larger than {bound}; send fewer or smaller cookies"
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, message)

    def _wait_for_head(self) -> None:
        message = f"a request's headers must come within {HEAD_S:g} s"
        self._wait(HEAD_S, self.refuse, HTTPStatus.REQUEST_TIMEOUT, message)

    def _look_at_body(self) -> None:
        if self._body_bytes - self._body_seen < BODY_PER_PERIOD:
            message = f"a body must come on by {BODY_PER_PERIOD} bytes in {BODY_PERIOD_S:g} s"
            self.refuse(HTTPStatus.REQUEST_TIMEOUT, message)
            return
        self._body_seen = self._body_bytes
        self._wait(BODY_PERIOD_S, self._look_at_body)

    def _wait(self, seconds: float, then: Any, *arguments: Any) -> None:
        self._wait_no_more()
        self._deadline = self.callLater(seconds, then, *arguments)

    def _wait_no_more(self) -> None:
        deadline, self._deadline = self._deadline, None
        if deadline is not None and deadline.active():
            deadline.cancel()

"""Bytes that are no proper request: smuggling, sizes, headers that lie."""

from __future__ import annotations

import contextlib
import socket

import pytest

from tests.attacks.conftest import CONFIGURED
from tests.attacks.target import Target, statuses

SECOND = b"GET /prpc/Version HTTP/1.1\r\nHost: localhost\r\n\r\n"
SMUGGLED = {
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 48\r\n\r\n",
    "signed length": b"Content-Length: +0\r\n\r\n",
    "list of lengths": b"Content-Length: 0, 0\r\n\r\n",
    "hexadecimal length": b"Content-Length: 0x0\r\n\r\n",
    "negative length": b"Content-Length: -1\r\n\r\n",
    "unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "list of codings": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "bad chunk size": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n0\r\n\r\n",
    "negative chunk size": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n0\r\n\r\n",
    "carriage return in a header": b"X-A: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "NUL in a header": b"X-A: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "header without a colon": b"Content-Length 0\r\n\r\n",
}


@pytest.mark.parametrize("how", SMUGGLED)
def test_no_request_is_smuggled_behind_another(target: Target, how: str) -> None:
    first = b"POST /prpc/Version HTTP/1.1\r\n" + target.head("ada") + SMUGGLED[how]
    assert statuses(target.raw(first + SECOND)) == [400]


TOO_LARGE = {
    "first line": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n", 414),
    "query": (b"GET /prpc/Status?keyword=" + b"a" * 20_000 + b" HTTP/1.1\r\n", 414),
    "first line without an end": (b"G" * 200_000, 414),
    "header": (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 20_000 + b"\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(600)), 431),
    "cookies": (b"GET / HTTP/1.1\r\n" + b"Cookie: " + b"a=b; " * 4000 + b"\r\n", 431),
    "folded header": (b"GET / HTTP/1.1\r\nX-A: a\r\n" + b" a\r\n" * 20_000, 431),
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_a_head_that_is_too_large_is_told_so(target: Target, what: str) -> None:
    data, status = TOO_LARGE[what]
    answer = target.raw(data + target.head("ada") + b"\r\n")
    assert statuses(answer) == [status]
    assert b'"message": "' in answer


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_told_so(target: Target, announced: bool) -> None:
    head = b"POST /prpc/Status HTTP/1.1\r\n" + target.head("ada")
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    rest = b"Content-Length: 9999999999\r\n\r\n" if announced else b"Transfer-Encoding: chunked\r\n\r\n"
    assert statuses(target.raw(head + rest + (b"" if announced else chunk * 20) + SECOND)) == [413]


def test_nobody_is_told_to_send_what_would_be_refused(target: Target) -> None:
    head = b"POST /prpc/Status HTTP/1.1\r\n" + target.head("ada")
    answer = target.raw(head + b"Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n")
    assert statuses(answer) == [413]


def test_half_open_connections_keep_nobody_out(target: Target) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            sock: socket.socket = stack.enter_context(target.connection())
            sock.sendall(b"POST /prpc/Status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx")
        assert target.is_well()


@pytest.mark.parametrize(
    "first", [b"\x16\x03\x01\x02\x00\x01\r\n", b"PRI * HTTP/2.0\r\n\r\n", b"GET /\r\n\r\n"]
)
def test_other_protocols_are_refused(target: Target, first: bytes) -> None:
    assert statuses(target.raw(first)) == [400]


LIES = [
    "Daphne-Root-Path: /healthz",
    "Daphne-Root-Path: \xff",
    "X-Original-URL: /healthz",
    "X-Rewrite-URL: /healthz",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-Prefix: /healthz",
    "X-Real-IP: 127.0.0.1",
    "Forwarded: for=127.0.0.1;proto=https",
    "X-Forwarded-User: ada",
    "Remote-User: ada",
    "REMOTE_USER: ada",
    "X-Forwarded-Proto: https",
    "Script-Name: /healthz",
    "X-Admin-Token:",
    "Authorization: Negotiate YQ==",
]


@pytest.mark.parametrize("lie", LIES)
def test_no_header_but_credentials_opens_a_door(target: Target, lie: str) -> None:
    request = f"GET /prpc/Version HTTP/1.1\r\nHost: localhost\r\n{lie}\r\n\r\n".encode("latin-1")
    assert statuses(target.raw(request)) == [401]


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "_method"]
)
def test_no_header_makes_a_get_change_something(target: Target, header: str) -> None:
    with target.client("ada", headers={header: "POST"}) as ada:
        assert ada.get(f"/prpc/RemoveVm?id={target.vm}&_method=POST").status_code == 405
        assert ada.get(f"/prpc/GetInfo?id={target.vm}").json()["found"]


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Bearer wrong"), ("Authorization", "Bearer {ada}")],
        [("Authorization", "Bearer {ada}"), ("Authorization", "Bearer wrong")],
        [("Authorization", "Bearer {ada}"), ("X-Admin-Token", "wrong")],
        [("Authorization", "Bearer wrong"), ("X-Admin-Token", "{ada}"), ("X-Admin-Token", "{ada}")],
        [("Authorization", "Bearer {ada} {ada}")],
        [("Authorization", "Bearer {ada},")],
        [("Authorization", "bearer\t{ada}")],
    ],
    ids=str,
)
def test_credentials_that_contradict_each_other_are_wrong(
    target: Target, headers: list[tuple[str, str]]
) -> None:
    lines = "".join(f"{name}: {value.format(**target.tokens)}\r\n" for name, value in headers)
    answer = target.raw(f"GET /prpc/Version HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
    assert statuses(answer) == [401]


def test_the_right_header_beside_a_wrong_cookie_is_right(target: Target) -> None:
    with target.client("ada", cookies={"sessionid": "x" * 32}) as ada:
        assert ada.get("/prpc/Version").status_code == 200


@pytest.mark.parametrize(
    "path", ["/%00", "/%ff%fe", "/prpc/%00", "/prpc/%0d%0aX: y", "/logs?id=%00", "/%2e%2e/"]
)
def test_odd_paths_are_no_bugs(target: Target, path: str) -> None:
    answer = target.raw(f"GET {path} HTTP/1.1\r\n".encode() + target.head("ada") + b"\r\n")
    [status] = statuses(answer)
    assert status < 500
    assert b"X: y" not in answer.split(b"\r\n\r\n")[0]


def test_a_token_in_the_query_is_for_reading_and_in_no_log(target: Target) -> None:
    token = target.tokens["ada"]
    with target.client() as client:
        assert client.get(f"/prpc/Version?token={token}").status_code == 200
        assert client.post(f"/prpc/Status?token={token}", json={}).status_code == 401
        assert client.get(f"/prpc/Version?token={CONFIGURED}").status_code == 200
        assert client.get(f"/nowhere?x=1&token={token}&token=other").status_code < 500
    assert token not in target.log()
    assert CONFIGURED not in target.log()

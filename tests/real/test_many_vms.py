"""A host with more VMs than fit into what a client may send at once."""

from __future__ import annotations

import orjson
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from tests.bench.fleet import fleet
from vmm_site.listener import MAX_WEBSOCKET_MESSAGE

VMS = 500


def read_to_the_end(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=30)


def test_a_browser_is_told_all_of_them_and_may_still_not_say_as_much() -> None:
    with fleet(VMS) as server:
        url = f"ws://127.0.0.1:{server.port}/ws/status"
        with connect(url, max_size=None) as socket:
            frame = socket.recv(timeout=30)
            assert len(frame) > MAX_WEBSOCKET_MESSAGE
            assert len(orjson.loads(frame)["vms"]) == VMS
            socket.send("x" * (MAX_WEBSOCKET_MESSAGE + 1))
            with pytest.raises(ConnectionClosedError) as closed:
                read_to_the_end(socket)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        many = server.post("Status", {"brief": True}).json()
        assert (many["total"], len(many["vms"])) == (VMS, VMS)

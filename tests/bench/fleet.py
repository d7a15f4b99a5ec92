"""A real server with as many stopped VMs as are wanted, put into its database before it starts.

``python -m tests.bench.fleet 10000`` starts one, says where, and ends it when nobody writes to it any more.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.real.server import Server


@contextmanager
def fleet(vms: int) -> Iterator[Server]:
    """A server that was started with so many VMs, on a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="vmm-bench-") as folder:
        server = Server(Path(folder) / "data", {"VMM_CVM__CID_POOL_SIZE": str(max(vms + 1000, 1000))})
        try:
            server.start()
            if vms:
                # The first is made as every VM is made; the others are copies of its row.
                server.create(name="vm-00000", stopped=True)
                server.end()
                _copy(server.data / "vmm.sqlite3", vms - 1)
                server.start()
            yield server
        finally:
            server.clean_up()


def _copy(database: Path, times: int) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(vms_vm)")]
        first = dict(zip(columns, connection.execute("SELECT * FROM vms_vm").fetchone(), strict=True))
        connection.executemany(
            f"INSERT INTO vms_vm ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            (
                [
                    {
                        "id": f"{number:08x}-0000-4000-8000-000000000000",
                        "name": f"vm-{number:05}",
                        "cid": first["cid"] + number,
                        "created_at_ms": first["created_at_ms"] + number,
                    }.get(column, first[column])
                    for column in columns
                ]
                for number in range(1, times + 1)
            ),
        )


if __name__ == "__main__":
    with fleet(int(sys.argv[1])) as started:
        sys.stdout.write(f"{started.url}\n")
        sys.stdout.flush()
        sys.stdin.read()

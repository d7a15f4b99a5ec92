"""A server's folders with two VMs in them, made by the program itself, and archives of anybody's making."""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import zstandard
from django.db import connection

from vms.backup.contents import SUMS, About
from vms.backup.make import Places, Wish

Member = tuple[tarfile.TarInfo, bytes]
WISH = Wish(node="rack-3", version="0.1.0")
RUNS, RESTS = "vm-runs", "vm-rests"
DISK = b"QFI\xfb" + os.urandom(70_000) + bytes(8 << 20) + os.urandom(5)
"""With a hole in it."""


def places(folder: Path) -> Places:
    return Places(folder, folder / "vm", folder / "image")


def lay_out(folder: Path) -> Places:
    """Folders as a server leaves them; the tables are this version's, of the tests' own database."""
    folder.mkdir(mode=0o700)
    (folder / "secret-key").write_text("secret")
    with closing(sqlite3.connect(folder / "vmm.sqlite3")) as database, database:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
            for (sql,) in cursor.fetchall():
                database.execute(sql)
        database.execute(
            "INSERT INTO vms_node (name, version, platform, missing, accelerator, qemu_version, "
            "notice, numa_cpus, findings, findings_at_ms, heartbeat_at_ms, reload_generation, "
            "reload_observed_generation, reload_report, boot_id, capabilities, load) "
            "VALUES ('rack-3', '', 'none', '', '', '', '', '{}', '[]', 0, 5, 0, 0, '{}', 'a boot', "
            "'{}', '{}')"
        )
    for vm_id in (RUNS, RESTS):
        directory = folder / "vm" / vm_id
        (directory / "shared").mkdir(parents=True)
        (directory / "swtpm").mkdir()
        (directory / "vm-manifest.json").write_text("{}")
        (directory / "shared" / "app-compose.json").write_text('{"name": "app"}')
        (directory / "shared" / ".user-config").write_text("x")
        (directory / "swtpm" / "tpm2-00.permall").write_bytes(b"tpm")
        (directory / "hda.img").write_bytes(DISK)
        (directory / "hda.img").chmod(0o640)
        (directory / "serial.log").write_text("not kept")
        (directory / "qemu.lock").touch()
    return places(folder)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def about(**changed: object) -> bytes:
    values: dict[str, object] = {
        "made_at_ms": 1,
        "version": "0.1.0",
        "node": "rack-3",
        "vms": {RUNS: "runs"},
        "images": {},
        "with_images": False,
    }
    return About(**values | changed).encoded()  # type: ignore[arg-type]


def plain(name: str, data: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size, member.mode = kind, link, len(data), 0o600
    return member, data


def archive(path: Path, *members: Member, sums: bytes | None = None) -> Path:
    """An archive of these members, with right sums at its end unless others are given."""
    right = "".join(f"{hashlib.sha256(data).hexdigest()}  {member.name}\n" for member, data in members)
    said = right.encode() if sums is None else sums
    with (
        path.open("wb") as file,
        zstandard.ZstdCompressor().stream_writer(file) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for member, data in (*members, plain(SUMS, said)):
            tar.addfile(member, io.BytesIO(data))
    return path


def database(folder: Path) -> bytes:
    """The bytes of one that is ours."""
    return (lay_out(folder).data_dir / "vmm.sqlite3").read_bytes()

"""Real PostgreSQL and Redis (Debian's) on loopback, with data and ports of the tests' own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

from tests.ports import a_free_port

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
SECRET = "0123456789abcdef0123456789abcdef-of-the-tests"
PASSWORD = "hush"
START_S = 60.0


class Store:
    """A server process that can be ended, killed, stopped for a while and started again."""

    def __init__(self, command: list[str], folder: Path, port: int, host: str) -> None:
        self.host = host
        self.port = port
        self._command = command
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self._folder, stdout=log, stderr=log, user=_user(), group=_group()
            )
        deadline = time.monotonic() + START_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self._folder / "log").read_text()[-2000:]
                raise AssertionError(f"{self._command[0]} does not start:\n{said}")
            time.sleep(0.05)

    def answers(self) -> bool:
        raise NotImplementedError

    def end(self, number: int = signal.SIGINT) -> None:
        """End it at once, clients or not; what was committed stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)


class Postgresql(Store):
    """A cluster of its own; :meth:`make_database` makes empty databases in it."""

    def __init__(self, folder: Path, host: str) -> None:
        assert BINARIES, "PostgreSQL is missing; script/test installs it"
        port = a_free_port()
        data = folder / "data"
        _owned(folder)
        (folder / "password").write_text(PASSWORD)
        words = ["--auth=scram-sha-256", "--username=vmm", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        done = subprocess.run(
            [str(BINARIES[0] / "initdb"), f"--pgdata={data}", f"--pwfile={folder / 'password'}", *words],
            cwd=folder,
            user=_user(),
            group=_group(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet scram-sha-256\n")
        options = {
            "port": port,
            "listen_addresses": host,
            "unix_socket_directories": "",
            "max_connections": 300,
            # Of tests, whose databases need not survive the machine; the rest is as everywhere.
            "fsync": "off",
        }
        given = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        super().__init__([str(BINARIES[0] / "postgres"), "-D", str(data), *given], folder, port, host)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        return f"postgres://vmm:{PASSWORD}@{self.host}:{self.port}/{database}"

    def make_database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.url(name)


class Redis(Store):
    """Keeps nothing: a restart forgets who listened, as after a crash."""

    def __init__(self, folder: Path, host: str) -> None:
        program = shutil.which("redis-server")
        assert program is not None, "redis-server is missing; script/test installs it"
        port = a_free_port()
        _owned(folder)
        words = ["--bind", host, "--save", "", "--appendonly", "no", "--requirepass", PASSWORD]
        super().__init__([program, "--port", str(port), "--dir", str(folder), *words], folder, port, host)

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@{self.host}:{self.port}/0"

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextlib.contextmanager
def stores(host: str = "127.0.0.1") -> Iterator[tuple[Postgresql, Redis]]:
    """Both, running at that address of this host; nothing of them is left at the end."""
    # Not below pytest's folders, which are their user's only: PostgreSQL refuses to be root's.
    folder = Path(tempfile.mkdtemp(prefix="vmm-stores-"))
    folder.chmod(0o755)
    started: list[Store] = []
    try:
        postgresql, cache = Postgresql(folder / "postgresql", host), Redis(folder / "redis", host)
        started = [postgresql, cache]
        for server in started:
            server.start()
        yield postgresql, cache
    finally:
        for store in started:
            store.end()
        shutil.rmtree(folder, ignore_errors=True)


def _owned(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    if (user := _user()) is not None:
        shutil.chown(folder, user, _group())


def _user() -> str | None:
    """Whom a server of root's runs as; of anybody else's, as that one."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group() -> int | None:
    user = _user()
    return None if user is None else pwd.getpwnam(user).pw_gid

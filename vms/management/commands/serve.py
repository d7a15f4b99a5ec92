"""``manage.py serve``: the whole server in one process."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from vmm_site import discovery
from vmm_site.config import Config
from vmm_site.endpoints import Endpoint, Tcp, Unix
from vmm_site.exposure import OpenDoor, refuse_open_door
from vms.access import keeper, last_used, set_up
from vms.actions import lease
from vms.conf import identity
from vms.settling import server_ends
from vms.version import VERSION

LAST_WORDS_S = 2.0
"""Between the end of waiting and that of answering."""
logger = logging.getLogger("vmm.start")


class Command(BaseCommand):
    help = "Serve the API, the console and this node's virtual machines until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", help="address to listen on, instead of the configured one")
        parser.add_argument("--port", type=int, help="TCP port to listen on, instead of the configured one")
        parser.add_argument(
            "--insecure",
            action="store_true",
            help="listen for other hosts though authentication is off: they own this host then",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Imported here: the first import decides on the event loop of the whole process,
        # and other commands need none.
        from vmm_site.logging import set_up_logging
        from vmm_site.serving import Bounds, Plan, leave, run
        from vms.hypervisor.accelerator import HostUnfit
        from vms.worker import service

        try:
            set_up_logging(os.environ)
        except ValueError as error:
            raise CommandError(str(error)) from None
        refuse_old_tables()
        config: Config = settings.VMM
        listened = endpoints(config, options["host"], options["port"])
        warning = exposure_of(config, listened, insecure=options["insecure"] or config.insecure)
        # In effect, from now on: the console asks for it.
        settings.VMM = config = config.model_copy(update={"insecure": bool(warning)})
        try:
            services = [*service.services(), ("audit log", keeper.run), ("tokens", last_used.run)]
        except HostUnfit as error:
            raise CommandError(str(error)) from None
        nobody_yet = set_up.is_needed()
        connection.close()  # the threads that serve have their own
        bounds = Bounds()
        announcement = discovery.Announcement(discovery.folder(os.environ))

        def ready(listening: list[Endpoint]) -> None:
            announcement.publish(about(config, listening))
            notes: tuple[str, ...] = getattr(service, "start_notes", tuple)()
            warnings = (warning,) if warning else ()
            lines = banner(config, listening, (*warnings, *notes))
            self.stdout.write(
                "\n".join([*lines[:-2], *(set_up_lines(listening) if nobody_yet else ()), *lines[-2:]])
            )
            self.stdout.flush()

        def ending() -> None:
            announcement.withdraw()
            server_ends(bounds.answers - LAST_WORDS_S)

        plan = Plan(
            application=_application(),
            services=services,
            endpoints=listened,
            data_dir=config.data_dir,
            max_body_size=config.max_body_size,
            on_locked=forget_the_last,
            on_ready=ready,
            on_ending=ending,
            bounds=bounds,
        )
        leave(run(plan))


def forget_the_last() -> None:
    """Take the node's post: nobody is told that a worker is there before ours is.

    One that was killed said so to its end.

    Raises:
        CommandError: somebody else has it, or the database can't be written, as on a full disk.
    """
    config: Config = settings.VMM
    claim = lease.Claim(config.effective_node_name, identity(), config.fleet.address)
    try:
        lease.take_post(claim, logger.warning)
    except lease.PostTaken as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        raise CommandError(
            f"the database can't be written: {error}. {way_out(config)}; virtual machines run on"
        ) from None
    connection.close()


def way_out(config: Config) -> str:
    """What to do about a database that can't be used."""
    if config.database_url:
        return "See to it that PostgreSQL runs and database_url leads to it, then start again"
    return f"Make room in {config.data_dir}, or end what holds it there, then start again"


def refuse_old_tables() -> None:
    """Raises CommandError where the database lacks what this version needs."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"the database can't be read: {error}") from None
    if missing:
        raise CommandError(
            f"the database is not up to date ({len(missing)} migrations are missing). "
            "Run manage.py migrate first, with the same --data and --config; script/server does both"
        )


def exposure_of(config: Config, listened: list[Endpoint], *, insecure: bool) -> str:
    """What everybody is to be told of an open door, empty where it is closed. Raises CommandError."""
    try:
        warning = refuse_open_door(listened, login=config.auth.enabled, insecure=insecure)
    except OpenDoor as error:
        raise CommandError(str(error)) from None
    if warning:
        logger.warning("%s", warning)
    return warning


def set_up_lines(listening: list[Endpoint]) -> list[str]:
    """How the first admin is made."""
    base = next(filter(None, map(browser_url, listening)), "")
    if not base:
        return ["  set-up    nobody can log in yet: make an admin by manage.py createsuperuser"]
    return [
        "  set-up    nobody can log in yet. This link makes the first admin, once, within an hour:",
        f"            {base}/set-up/{set_up.set_up_link.make()}/",
    ]


def endpoints(config: Config, host: str | None, port: int | None) -> list[Endpoint]:
    """What to listen on: options win over the configuration; a Unix socket comes on top.

    Raises:
        CommandError: ``port`` is none.
    """
    if port is not None and not 0 <= port <= 65535:
        raise CommandError(f"--port {port}: a port is a number from 0 to 65535")
    found: list[Endpoint] = []
    address = host or config.address or ("127.0.0.1" if port is not None else "")
    if address:
        found.append(Tcp(address, config.port if port is None else port))
    if config.unix_socket is not None:
        found.append(Unix(config.unix_socket))
    return found


def about(config: Config, listening: list[Endpoint]) -> discovery.About:
    """What tools on this host are told; the first endpoint is the one they are to use."""
    return discovery.About(
        address=str(listening[0]) if listening else "",
        config_file=str(config.from_file) if config.from_file else None,
        image_path=str(config.image.path),
        run_path=str(config.run_path),
        node_name=config.effective_node_name,
        version=VERSION,
    )


def banner(config: Config, listening: list[Endpoint], notes: tuple[str, ...]) -> list[str]:
    """The one block that a person reads after the start."""
    lines = ["", "dstack-vmm is ready"]
    for endpoint in listening:
        if base := browser_url(endpoint):
            lines += [
                f"  console   {base}/",
                f"  API       {base}/prpc/",
                f"  API docs  {base}/api-docs/",
                f"  admin     {base}/admin/",
            ]
        else:
            lines.append(f"  socket    {endpoint}")
    lines.append(f"  data      {config.data_dir}")
    lines.append(f"  settings  {config.from_file or 'defaults (no file; --config FILE reads one)'}")
    lines += [f"  note      {note}" for note in (*notes, *config.notes)]
    return [*lines, "Ctrl-C ends the server; virtual machines run on.", ""]


def browser_url(endpoint: Endpoint) -> str:
    """What to type into a browser; an address that means "all" is named as this machine."""
    if isinstance(endpoint, Unix):
        return ""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return f"http://{Tcp(everywhere.get(endpoint.host, endpoint.host), endpoint.port)}"


def _application() -> Any:
    from vmm_site.asgi import application

    return application

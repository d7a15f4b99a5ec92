"""What the server itself needs: addresses, limits, a clock, and the files that the configuration names."""

from __future__ import annotations

import errno
import os
import resource
import socket
import time

from vmm_site.config.report import missing_files
from vmm_site.port_holder import port_holder
from vms.preflight.finding import Outcome, note, ok, problem, skipped, warning
from vms.preflight.host import Host

FEW_FILES = 4096
FEW_PROCESSES = 4096
TIME_ERROR = 5
BUILT_AFTER = 1_767_225_600
"""2026-01-01: a clock that shows an earlier time is wrong."""


def tcp_address(host: Host) -> Outcome:
    """It can be listened on."""
    config = host.config
    if not config.address:
        return skipped("no TCP address is configured")
    where = f"{config.address}:{config.port}"
    if host.server_runs:
        return ok(f"{where}: the server runs")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.address, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            sock.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder = port_holder(config.port)
            by = f" by {holder}" if holder else ""
            return problem(
                f"{where} is taken{by}", "end that program (unless it is this server), or set another port"
            )
        if error.errno == errno.EACCES:
            return problem(f"{where} is for root only", "set port to 1024 or above")
        return problem(
            f"{where} can't be listened on ({error.strerror})", "set address to one of this host's"
        )
    return ok(f"{where} is free")


def unix_socket(host: Host) -> Outcome:
    """Nobody else listens there; what a dead server left is no hindrance."""
    path = host.config.unix_socket
    if path is None:
        return skipped("no unix_socket is configured")
    if host.server_runs:
        return ok(f"{path}: the server runs")
    if not os.path.isdir(path.parent):
        return problem(
            f"there is no folder {path.parent}", f"sudo mkdir -p {path.parent}, or set unix_socket"
        )
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(1)
            sock.connect(str(path))
    except FileNotFoundError:
        return ok(f"{path} is free")
    except ConnectionRefusedError:
        return ok(f"{path} is left over from a server that is dead; it will be replaced")
    except OSError as error:
        return problem(
            f"{path} can't be listened on ({error.strerror or error})", "set unix_socket to another path"
        )
    return problem(f"{path} is taken: a program listens there", "end that program, or set unix_socket")


def open_files(host: Host) -> Outcome:
    """Connections, and some files and sockets for each VM."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < FEW_FILES:
        return warning(
            f"a process may open {soft} files: too few for some hundred VMs",
            "LimitNOFILE=65536 in the systemd unit, or ulimit -n 65536 before the start",
        )
    return ok(f"up to {_limit(soft)} (hard limit {_limit(hard)})")


def processes(host: Host) -> Outcome:
    """Each VM is a process with a dozen threads, which count."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft != resource.RLIM_INFINITY and soft < FEW_PROCESSES:
        return warning(
            f"this user may have {soft} processes and threads: each VM needs about a dozen",
            "LimitNPROC=infinity and TasksMax=infinity in the systemd unit, or ulimit -u 65536",
        )
    return ok(f"up to {_limit(soft)} processes and threads")


def clock(host: Host) -> Outcome:
    """Guests take their time from it, and certificates and quotes are judged by it."""
    now = time.time()
    if now < BUILT_AFTER:
        return problem(
            f"the clock says {time.strftime('%Y-%m-%d', time.gmtime(now))}, which has long been over",
            "sudo timedatectl set-ntp true, or sudo date -s 'YYYY-MM-DD HH:MM'",
            prevents=False,
        )
    if host.clock() == TIME_ERROR:
        return note("nothing synchronizes the clock", "sudo apt install systemd-timesyncd (or chrony)")
    return ok("synchronized")


def named_files(host: Host) -> Outcome:
    """Files and folders that the configuration names and nobody makes."""
    try:
        missing = list(missing_files(host.config))
    except OSError as error:
        missing = [f"{error.filename}: {error.strerror}"]
    if missing:
        return problem("; ".join(missing), "make them, or set those keys right", prevents=False)
    return ok(f"all files that {host.config.from_file or 'the configuration'} names are there")


def _limit(number: int) -> str:
    return "any number" if number == resource.RLIM_INFINITY else str(number)

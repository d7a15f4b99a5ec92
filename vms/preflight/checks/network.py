"""What VMs' networks need of this host."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from vms.preflight.finding import Outcome, note, ok, problem, skipped, warning
from vms.preflight.host import Host

HELPERS = ("usr/lib/qemu/qemu-bridge-helper", "usr/libexec/qemu-bridge-helper")
RULES = "etc/qemu/bridge.conf"
NO_BRIDGE = skipped("not looked at: [cvm.networking] names no bridge")
CONNECT_S = 2.0
IFF_UP = 1
SHOWN = 8
MAX_INCLUDES = 4


def bridge(host: Host) -> Outcome:
    """The bridge is there and up."""
    name = host.config.cvm.networking.bridge
    if not name:
        return NO_BRIDGE
    interface = host.path(f"sys/class/net/{name}")
    create = f"sudo ip link add {name} type bridge; sudo ip link set {name} up"
    if not interface.exists():
        return problem(f"there is no interface {name}", f"{create}; or set bridge in [cvm.networking]")
    if not (interface / "bridge").is_dir():
        return problem(f"{name} is an interface, but no bridge", "set bridge in [cvm.networking] to a bridge")
    flags = host.text(f"sys/class/net/{name}/flags")
    if not int(flags or "0", 16) & IFF_UP:
        return problem(f"{name} is down", f"sudo ip link set {name} up")
    return ok(f"{name} is up")


def bridge_helper(host: Host) -> Outcome:
    """QEMU's own helper may put a TAP device into the bridge."""
    if not_needed := _needs_no_helper(host):
        return not_needed
    helper = next((path for path in _helpers(host) if path.exists()), None)
    if helper is None:
        return problem("qemu-bridge-helper is not there", "sudo apt install qemu-system-common")
    as_root = os.geteuid() == 0 and not host.config.cvm.user
    status = helper.stat()
    if not as_root and not (status.st_mode & stat.S_ISUID and status.st_uid == 0):
        return problem(
            f"{helper} is not set-uid root, so a user that is not root gets no TAP device",
            f"sudo dpkg-statoverride --update --add root root 4755 {helper}",
        )
    return ok(str(helper))


def bridge_rules(host: Host) -> Outcome:
    """The helper's own list, in which a ``deny`` wins over any ``allow`` (qemu-bridge-helper.c)."""
    if not_needed := _needs_no_helper(host):
        return not_needed
    file, bridge = host.path(RULES), host.config.cvm.networking.bridge
    allow = f"echo 'allow {bridge}' | sudo tee -a {file}"
    try:
        rules = _read_rules(file)
    except FileNotFoundError as error:
        return problem(
            f"there is no {error.filename}, so the helper refuses every bridge",
            f"sudo mkdir -p {file.parent}; {allow}",
        )
    except OSError as error:
        return warning(f"{error.filename} can't be read by this user ({error.strerror})", "ask again as root")
    matching = {verb for verb, name in rules if name in ("all", bridge)}
    if "deny" in matching:
        return problem(f"{file} denies {bridge}", f"remove that line from {file}")
    return ok(f"{file} allows {bridge}") if matching else problem(f"{file} does not allow {bridge}", allow)


def network_filter(host: Host) -> Outcome:
    """The service that makes filtered TAP devices answers."""
    if host.config.cvm.network_filter.mode == "none":
        return skipped('not looked at: mode in [cvm.network_filter] is "none"')
    path = host.config.netd.socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(CONNECT_S)
            sock.connect(str(path))
    except OSError as error:
        return problem(
            f"nobody answers at {path} ({error.strerror or error})",
            "start dstack's netd, or set socket in [netd] to where it listens",
        )
    return ok(f"answers at {path}")


def port_range(host: Host) -> Outcome:
    """Which ports that VMs may be given are another's already."""
    mapping = host.config.cvm.port_mapping
    if not mapping.enabled:
        return skipped("not looked at: enabled in [cvm.port_mapping] is false")
    ranges = ", ".join(f"{one.protocol} {one.first}-{one.last}" for one in mapping.range)
    taken = sorted(
        (str(protocol), port)
        for protocol in ("tcp", "udp")
        for port in _taken(host, protocol)
        if mapping.is_allowed(protocol, port)
    )
    said = f"VMs may have {ranges or 'none'}"
    if taken:
        shown = ", ".join(f"{protocol} {port}" for protocol, port in taken[:SHOWN])
        more = f" and {len(taken) - SHOWN} more" if len(taken) > SHOWN else ""
        return note(f"{said}; in use now, by VMs or other programs: {shown}{more}")
    if os.geteuid() != 0 and any(one.first < _first_free(host) for one in mapping.range):
        return note(f"{said}; those below {_first_free(host)} are for root only")
    return ok(f"{said}; all are free")


def _needs_no_helper(host: Host) -> Outcome | None:
    if not host.config.cvm.networking.bridge:
        return NO_BRIDGE
    if host.config.cvm.network_filter.mode != "none":
        return skipped("not looked at: [cvm.network_filter] makes the devices")
    return None


def _helpers(host: Host) -> list[Path]:
    """Beside a QEMU of one's own (``/opt/qemu/bin`` → ``/opt/qemu/libexec``), and as packaged."""
    beside = []
    if host.qemu is not None and host.config.cvm.qemu_path:
        beside = [host.qemu.parent.parent / "libexec" / "qemu-bridge-helper"]
    return [*beside, *(host.path(below) for below in HELPERS)]


def _read_rules(file: Path, depth: int = 0) -> list[tuple[str, str]]:
    """(allow or deny, bridge), of the files that this one includes, too. Raises OSError."""
    rules = []
    for words in (line.split() for line in file.read_text("utf-8", errors="replace").splitlines()):
        if len(words) == 2 and words[0] == "include" and depth < MAX_INCLUDES:
            rules += _read_rules(Path(words[1]), depth + 1)
        elif len(words) == 2 and words[0] in ("allow", "deny"):
            rules.append((words[0], words[1]))
    return rules


def _taken(host: Host, protocol: str) -> set[int]:
    """Ports that are listened on (TCP) or bound (UDP), of the kernel's tables (proc(5))."""
    state = "0A" if protocol == "tcp" else "07"
    rows = [
        line.split()
        for table in (protocol, f"{protocol}6")
        for line in host.text(f"proc/net/{table}").splitlines()[1:]
    ]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == state}


def _first_free(host: Host) -> int:
    """The first port that users other than root may listen on."""
    text = host.text("proc/sys/net/ipv4/ip_unprivileged_port_start")
    return int(text) if text.isdigit() else 1024

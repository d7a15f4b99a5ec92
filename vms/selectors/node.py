"""What this node says of itself, to consoles and to GetMeta."""

from __future__ import annotations

from dataclasses import dataclass

from vms.conf import conf
from vms.models import Node
from vms.version import REV, VERSION


@dataclass(frozen=True)
class PortRules:
    """Which host ports a VM may be given: ``ranges`` as (protocol, first, last), none where it may have none.

    ``address`` is where a mapping listens that names no address.
    """

    address: str
    ranges: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class NodeRow:
    """What the console says of the node it talks to.

    ``registry`` is what images are pulled from as the settings name it, empty where they name none.
    ``shutdown_timeout`` is how many seconds a guest may take to power off before a forced stop is
    offered. ``findings`` are those that are not ok (``vms.preflight.finding`` has the form), as of
    ``findings_at_ms``, milliseconds since 1970; 0 as long as nobody looked. ``insecure``: other hosts
    can connect, and nobody has to log in.
    """

    name: str
    version: str
    rev: str
    platform: str
    accelerator: str
    notice: str
    insecure: bool
    max_vcpu: int | None
    max_memory_mb: int | None
    shutdown_timeout: float
    registry: str
    port_rules: PortRules
    findings: list[dict[str, object]]
    findings_at_ms: int


def this_node(*, with_findings: bool) -> NodeRow:
    """This process's node; half empty until its worker has looked around.

    What the host lacks is for those who may see the node: ``with_findings``.
    """
    name = conf().effective_node_name
    node = Node.objects.filter(name=name).first() or Node(name=name)
    return NodeRow(
        name=name,
        version=VERSION,
        rev=REV,
        platform=node.platform,
        accelerator=node.accelerator,
        notice=node.notice,
        insecure=conf().insecure and not conf().auth.enabled,
        max_vcpu=conf().cvm.max_vcpu_limit,
        max_memory_mb=conf().cvm.max_memory_mb_limit,
        shutdown_timeout=float(conf().cvm.shutdown_timeout),
        registry=conf().image.registry.strip(),
        port_rules=_port_rules(),
        findings=node.findings if with_findings else [],
        findings_at_ms=node.findings_at_ms if with_findings else 0,
    )


def _port_rules() -> PortRules:
    mapping = conf().cvm.port_mapping
    ranges = (
        tuple((each.protocol, each.first, each.last) for each in mapping.range) if mapping.enabled else ()
    )
    return PortRules(address=str(mapping.address), ranges=ranges)

"""What a node's own settings say to whoever judges a VM for it: kept in its row, for other nodes to read.

Nodes may run different versions of the program, so what a row says is read with tolerance: a setting
that it does not tell is as the most careful operator would have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmm_site.config import Config


@dataclass(frozen=True)
class PortMapping:
    """Host ports that VMs may have: ``ranges`` as (protocol, first, last), none where ``enabled`` is off.

    ``address`` is where a mapping listens that names no address.
    """

    enabled: bool = False
    address: str = "127.0.0.1"
    ranges: tuple[tuple[str, int, int], ...] = ()

    def is_allowed(self, protocol: str, port: int) -> bool:
        return self.enabled and any(
            first <= port <= last for its_protocol, first, last in self.ranges if its_protocol == protocol
        )


@dataclass(frozen=True)
class Gateway:
    """Where the node's applications are reached from outside."""

    base_domain: str = "localhost"
    port: int = 443
    agent_port: int = 8090


@dataclass(frozen=True)
class Capabilities:
    """Settings of one node. ``max_vcpu`` and ``max_memory_mb`` (of all running VMs) are None without limit.

    ``cid_start`` and ``cid_count`` are its pool of vsock addresses. ``network_mode`` and ``bridge`` are
    what a VM gets that asks for no network, ``mac_prefix`` (hex) begins every MAC address.
    ``plain_by_default``: without a TEE it makes VMs plain, rather than refuse them. ``lite`` is whether
    TDX guests are attested in the lite way unless their compose file says otherwise. ``max_restarts``
    is None where crashed VMs are not started again.
    """

    max_vcpu: int | None = None
    max_memory_mb: int | None = None
    max_disk_gb: int = 0
    cid_start: int = 0
    cid_count: int = 0
    port_mapping: PortMapping = PortMapping()
    gpus: bool = False
    attach_all: bool = False
    network_mode: str = "user"
    bridge: str = ""
    mac_prefix: str = ""
    tee_simulator: bool = False
    plain_by_default: bool = False
    use_mrconfigid: bool = False
    lite: bool = False
    max_restarts: int | None = None
    registry: str = ""
    gateway: Gateway = Gateway()

    @property
    def cids(self) -> range:
        """The vsock addresses that its VMs may have."""
        return range(self.cid_start, self.cid_start + self.cid_count)

    def document(self) -> dict[str, Any]:
        """As the node's row keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Capabilities:
        """The opposite of :meth:`document`; what is unknown, or of another kind, is left out."""
        known = _alike(cls(), document)
        mapping, gateway = document.get("port_mapping"), document.get("gateway")
        if isinstance(mapping, Mapping):
            ranges = {"ranges": _ranges(mapping.get("ranges"))}
            known["port_mapping"] = PortMapping(**_alike(PortMapping(), mapping) | ranges)
        if isinstance(gateway, Mapping):
            known["gateway"] = Gateway(**_alike(Gateway(), gateway))
        for name in ("max_vcpu", "max_memory_mb", "max_restarts"):
            if _is_whole(document.get(name)):
                known[name] = document[name]
        return cls(**known)


def of_settings(config: Config) -> Capabilities:
    """What that configuration says."""
    cvm = config.cvm
    mapping = cvm.port_mapping
    return Capabilities(
        max_vcpu=cvm.max_vcpu_limit,
        max_memory_mb=cvm.max_memory_mb_limit,
        max_disk_gb=cvm.max_disk_size,
        cid_start=cvm.cid_start,
        cid_count=cvm.cid_pool_size,
        port_mapping=PortMapping(
            mapping.enabled,
            str(mapping.address),
            tuple((str(each.protocol), each.first, each.last) for each in mapping.range),
        ),
        gpus=cvm.gpu.enabled,
        attach_all=cvm.gpu.allow_attach_all,
        network_mode=str(cvm.networking.mode),
        bridge=cvm.networking.bridge,
        mac_prefix=cvm.networking.mac_prefix_bytes.hex(),
        tee_simulator=cvm.tee_simulator is not None,
        plain_by_default=config.from_file is None,
        use_mrconfigid=cvm.use_mrconfigid,
        lite=cvm.tdx_attestation_variant == "lite",
        max_restarts=max(1, cvm.auto_restart.max_retries) if cvm.auto_restart.enabled else None,
        registry=config.image.registry.strip(),
        gateway=Gateway(config.gateway.base_domain, config.gateway.port, config.gateway.agent_port),
    )


def _alike(default: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    """Of the document what is text, a flag or a number just as in ``default``."""
    return {
        name: document[name]
        for name, value in vars(default).items()
        if type(value) in (str, bool, int) and type(document.get(name)) is type(value)
    }


def _ranges(told: Any) -> tuple[tuple[str, int, int], ...]:
    if not isinstance(told, list | tuple):
        return ()
    each = (tuple(item) for item in told if isinstance(item, list | tuple) and len(item) == 3)
    return tuple(
        (protocol, first, last)
        for protocol, first, last in each
        if isinstance(protocol, str) and _is_whole(first) and _is_whole(last)
    )


def _is_whole(value: Any) -> bool:
    return type(value) is int

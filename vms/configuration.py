"""What a deployer asks for: the wire's VmConfiguration and update request as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vms.choices import AttachMode, NetworkMode


@dataclass(frozen=True)
class Port:
    """One mapping as asked for; no ``host_address`` means the configured one."""

    protocol: str
    host_port: int
    vm_port: int
    host_address: str = ""


@dataclass(frozen=True)
class Networking:
    mode: str
    bridge_name: str = ""


@dataclass(frozen=True)
class Gpus:
    slots: tuple[str, ...] = ()
    attach_mode: str = AttachMode.LISTED

    def document(self) -> dict[str, Any]:
        """As the row, the wire and the manifest write it."""
        return {"attach_mode": str(self.attach_mode), "gpus": [{"slot": slot} for slot in self.slots]}

    @classmethod
    def of(cls, document: dict[str, Any]) -> Gpus:
        """The opposite of :meth:`document`."""
        return cls(tuple(gpu["slot"] for gpu in document["gpus"]), document["attach_mode"])


USER_NETWORK = Networking(mode=NetworkMode.USER)


@dataclass(frozen=True)
class VmConfiguration:
    """CreateVm's request. ``memory`` in MB, ``disk_size`` in GB. No ``node`` leaves the choice to us."""

    name: str
    image: str
    compose_file: str
    vcpu: int
    memory: int
    disk_size: int
    ports: tuple[Port, ...] = ()
    encrypted_env: bytes = b""
    app_id: str = ""
    user_config: str = ""
    hugepages: bool = False
    pin_numa: bool = False
    gpus: Gpus = Gpus()
    kms_urls: tuple[str, ...] = ()
    gateway_urls: tuple[str, ...] = ()
    stopped: bool = False
    no_tee: bool = False
    networks: tuple[Networking, ...] = ()
    simulated_tee: str = ""
    node: str = ""


@dataclass(frozen=True)
class VmUpdate:
    """UpdateVm's request (UpgradeApp and ResizeVm are subsets): ``None`` or empty leaves as it is."""

    id: str
    compose_file: str = ""
    encrypted_env: bytes = b""
    user_config: str = ""
    ports: tuple[Port, ...] | None = None
    kms_urls: tuple[str, ...] | None = None
    gateway_urls: tuple[str, ...] | None = None
    networks: tuple[Networking, ...] | None = None
    gpus: Gpus | None = None
    vcpu: int | None = None
    memory: int | None = None
    disk_size: int | None = None
    image: str | None = None
    no_tee: bool | None = None

    @property
    def changes_machine(self) -> bool:
        """Whether it touches what may change only while the VM is stopped."""
        return any(value is not None for value in (self.vcpu, self.memory, self.disk_size, self.image))

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to do at all."""
        given = (
            self.ports,
            self.kms_urls,
            self.gateway_urls,
            self.networks,
            self.gpus,
            self.no_tee,
        )
        texts = (self.compose_file, self.encrypted_env, self.user_config)
        return self.changes_machine or any(texts) or any(value is not None for value in given)

"""``vm-manifest.json``, the configuration in the existing dstack-vmm's own form: so that VMs move in and out.

It is read as strictly as a request, for it may come from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vms.actions.gpus import Leased
from vms.choices import AttachMode, NetworkMode
from vms.conf import conf
from vms.configuration import Gpus, Networking, Port, VmConfiguration
from vms.models import Vm

MAX_BYTES = 1 << 20
MAX_PROBLEMS = 3
UInt32 = Annotated[int, Field(ge=0, lt=2**32)]
Text = Annotated[str, StringConstraints(max_length=4096, pattern=r"\A[^\x00]*\z")]


class BrokenManifest(Exception):
    """It is no manifest; the message names field and reason."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _PortMap(_Part):
    address: Text = ""
    protocol: Text
    host: UInt32 = Field(alias="from")
    guest: UInt32 = Field(alias="to")


class _Gpu(_Part):
    slot: Text


class _Gpus(_Part):
    attach_mode: Text = "listed"
    gpus: list[_Gpu] = []
    bridges: list[_Gpu] = []

    @property
    def asked_for(self) -> tuple[str, ...]:
        """Whoever asks for all names none: which they were is the last run's story."""
        return () if self.attach_mode == AttachMode.ALL else tuple(gpu.slot for gpu in self.gpus)


class _Network(_Part):
    """``bridge_name`` is our own older spelling. What is below it is the node's with us, not the VM's."""

    mode: Text
    bridge: Text | None = Field(default="", validation_alias=AliasChoices("bridge", "bridge_name"))
    mac_prefix: Text = ""
    net: Text = ""
    dhcp_start: Text = ""
    restrict: bool = False
    netdev: Text = ""


class Manifest(BaseModel):
    """The fields that we know; those that the existing dstack-vmm may leave out have its defaults."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    id: Text
    name: Text
    app_id: Text
    vcpu: UInt32
    memory: UInt32
    disk_size: UInt32
    image: Text
    port_map: list[_PortMap]
    created_at_ms: Annotated[int, Field(ge=0, lt=2**63)]
    hugepages: bool = False
    pin_numa: bool = False
    gpus: _Gpus | None = None
    kms_urls: list[Text] = []
    gateway_urls: list[Text] = []
    no_tee: bool = False
    simulated_tee: Text | None = None
    swtpm: bool = False
    networks: list[_Network] | None = []
    networking: _Network | None = None
    volumes: list[Any] | None = []

    @property
    def all_networks(self) -> list[_Network]:
        """Also of an older manifest, which has one."""
        return self.networks or ([self.networking] if self.networking else [])

    @property
    def unknown(self) -> dict[str, Any]:
        """Fields that we don't know, as they stand there."""
        return dict(self.model_extra or {})

    def configuration(
        self, *, compose_file: str, user_config: str, encrypted_env: bytes, stopped: bool
    ) -> VmConfiguration:
        """As a request for such a VM would be, with what stands in files of its own."""
        gpus = self.gpus or _Gpus()
        return VmConfiguration(
            name=self.name,
            image=self.image,
            compose_file=compose_file,
            vcpu=self.vcpu,
            memory=self.memory,
            disk_size=self.disk_size,
            ports=tuple(Port(p.protocol, p.host, p.guest, p.address) for p in self.port_map),
            encrypted_env=encrypted_env,
            app_id=self.app_id,
            user_config=user_config,
            hugepages=self.hugepages,
            pin_numa=self.pin_numa,
            gpus=Gpus(gpus.asked_for, gpus.attach_mode),
            kms_urls=tuple(self.kms_urls),
            gateway_urls=tuple(self.gateway_urls),
            stopped=stopped,
            no_tee=self.no_tee,
            networks=tuple(Networking(n.mode, n.bridge or "") for n in self.all_networks),
            simulated_tee=self.simulated_tee or "",
        )


def parse(data: bytes) -> Manifest:
    """The manifest in these bytes. Raises BrokenManifest."""
    if len(data) > MAX_BYTES:
        raise BrokenManifest(f"it is larger than {MAX_BYTES} bytes")
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise BrokenManifest("; ".join(_in_words(error))) from None
    for index, network in enumerate(manifest.all_networks):
        _require_ours(index, network)
    if manifest.gpus and manifest.gpus.bridges and manifest.gpus.attach_mode != AttachMode.ALL:
        raise BrokenManifest("gpus.bridges: NVSwitches are given with attach_mode all only")
    return manifest


def _require_ours(index: int, network: _Network) -> None:
    """Raises BrokenManifest where the network would silently be another one here."""
    ours = conf().cvm.networking
    said: dict[str, object] = {"mac_prefix": network.mac_prefix}
    if network.mode == NetworkMode.USER:
        said |= {"net": network.net, "dhcp_start": network.dhcp_start, "restrict": network.restrict}
    if network.mode == NetworkMode.CUSTOM:
        said["netdev"] = network.netdev
    for name, value in said.items():
        if value and value != getattr(ours, name):
            raise BrokenManifest(
                f"networks[{index}].{name}: is {value!r}, and here every VM has "
                f"{getattr(ours, name)!r} ([cvm.networking] {name})"
            )


def write(vm: Vm, ports: Iterable[Port], *, volumes: Iterable[Path], swtpm: bool, leased: Leased) -> bytes:
    """The manifest of that VM, with what it was given for this run. What we don't know of it is kept."""
    networks = [{"mode": network["mode"], "bridge": network["bridge_name"]} for network in vm.networks]
    extra: dict[str, object] = vm.manifest_extra
    document = extra | {
        "id": vm.pk,
        "name": vm.name,
        "app_id": vm.app_id,
        "vcpu": vm.vcpu,
        "memory": vm.memory,
        "disk_size": vm.disk_size,
        "image": vm.image,
        "port_map": [_port(port) for port in ports],
        "created_at_ms": vm.created_at_ms,
        "hugepages": vm.hugepages,
        "pin_numa": vm.pin_numa,
        "gpus": _gpus(Gpus.of(vm.gpus), leased),
        "kms_urls": vm.kms_urls,
        "gateway_urls": vm.gateway_urls,
        "no_tee": vm.no_tee,
        "simulated_tee": vm.simulated_tee or None,
        "swtpm": swtpm,
        "networks": networks,
        "networking": networks[0] if networks else None,
        "volumes": [{"source": str(path)} for path in volumes],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _port(port: Port) -> dict[str, object]:
    return {
        "address": port.host_address,
        "protocol": port.protocol,
        "from": port.host_port,
        "to": port.vm_port,
    }


def _gpus(asked_for: Gpus, leased: Leased) -> dict[str, object]:
    """Whoever asked for all is given a list of them, as the existing program writes it."""
    slots = asked_for.slots or tuple(gpu.slot for gpu in leased.gpus)
    return {
        "attach_mode": asked_for.attach_mode,
        "gpus": [{"slot": slot} for slot in slots],
        "bridges": [{"slot": slot} for slot in leased.bridges],
    }


def _in_words(error: ValidationError) -> list[str]:
    """``port_map.0.from: Input should be a valid integer``, for the first few problems."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        f"{'.'.join(map(str, problem['loc'])) or 'the document'}: {problem['msg']}"[:300]
        for problem in problems[:MAX_PROBLEMS]
    ]

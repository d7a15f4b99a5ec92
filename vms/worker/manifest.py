"""Reading ``vm-manifest.json`` as strictly as a request: it may come from anywhere."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vms.configuration import Gpus, Networking, Port, VmConfiguration

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


class _Network(_Part):
    mode: Text
    bridge_name: Text | None = ""


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
    def unknown(self) -> dict[str, Any]:
        """Fields that we don't know, as they stand there."""
        return dict(self.model_extra or {})

    def configuration(
        self, *, compose_file: str, user_config: str, encrypted_env: bytes, stopped: bool
    ) -> VmConfiguration:
        """As a request for such a VM would be, with what stands in files of its own."""
        gpus = self.gpus or _Gpus()
        networks = self.networks or ([self.networking] if self.networking else [])
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
            gpus=Gpus(tuple(gpu.slot for gpu in gpus.gpus), gpus.attach_mode),
            kms_urls=tuple(self.kms_urls),
            gateway_urls=tuple(self.gateway_urls),
            stopped=stopped,
            no_tee=self.no_tee,
            networks=tuple(Networking(n.mode, n.bridge_name or "") for n in networks),
            simulated_tee=self.simulated_tee or "",
        )


def parse(data: bytes) -> Manifest:
    """The manifest in these bytes. Raises BrokenManifest."""
    if len(data) > MAX_BYTES:
        raise BrokenManifest(f"it is larger than {MAX_BYTES} bytes")
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise BrokenManifest("; ".join(_in_words(error))) from None


def _in_words(error: ValidationError) -> list[str]:
    """``port_map.0.from: Input should be a valid integer``, for the first few problems."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        f"{'.'.join(map(str, problem['loc'])) or 'the document'}: {problem['msg']}"[:300]
        for problem in problems[:MAX_PROBLEMS]
    ]

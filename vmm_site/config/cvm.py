"""``[cvm]``: what the operator decides about VMs on this host."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated, Self

from pydantic import AliasChoices, Field, model_validator

from vmm_site.config.values import (
    AcceleratorChoice,
    Cid,
    Command,
    HostShareMode,
    HttpUrl,
    InterfaceName,
    Ip,
    NetworkFilterMode,
    NetworkingMode,
    OptionalHttpUrl,
    OptionalPath,
    PciId,
    PciSlot,
    Platform,
    Port,
    Protocol,
    Seconds,
    Section,
    SimulatedPlatform,
    Size,
    TdxVariant,
    Text,
    Whole,
)


class Networking(Section):
    """The network that a VM gets which asks for none; ``net`` and below it are for mode ``user``."""

    mode: NetworkingMode = NetworkingMode.USER
    bridge: InterfaceName = ""
    mac_prefix: Annotated[
        str,
        Field(
            pattern=r"^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){0,2})?$",
            description="one to three bytes in hex, like 02:ab:cd",
        ),
    ] = ""
    net: str = "10.0.2.0/24"
    dhcp_start: str = "10.0.2.10"
    restrict: bool = False
    netdev: str = ""

    @property
    def mac_prefix_bytes(self) -> bytes:
        """0 to 3 leading bytes of every MAC address."""
        return bytes.fromhex(self.mac_prefix.replace(":", ""))

    @model_validator(mode="after")
    def _mode_has_its_setting(self) -> Self:
        if self.mode is NetworkingMode.BRIDGE and not self.bridge:
            raise ValueError("mode = \"bridge\" needs 'bridge', the name of a bridge")
        if self.mode is NetworkingMode.CUSTOM and not self.netdev.strip():
            raise ValueError("mode = \"custom\" needs 'netdev', QEMU's own description of the network")
        try:
            net = ip_network(self.net, strict=False)
            first = ip_address(self.dhcp_start)
        except ValueError as error:
            raise ValueError(f"'net' and 'dhcp_start' must be a network and an address: {error}") from None
        if first not in net:
            raise ValueError(f"dhcp_start {first} does not lie in net {net}")
        return self


class NetworkFilter(Section):
    """Host-side filtering of bridge interfaces by a libvirt network filter."""

    mode: NetworkFilterMode = NetworkFilterMode.NONE
    filter: Text = "clean-traffic"
    parameters: dict[str, str] = Field(default_factory=dict)


class PortRange(Section):
    """Host ports ``first`` to ``last``, both included (``from`` and ``to`` in the file)."""

    protocol: Protocol
    first: Port = Field(alias="from")
    last: Port = Field(alias="to")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.first > self.last:
            raise ValueError(f"from {self.first} is greater than to {self.last}")
        return self


class PortMapping(Section):
    """Which host ports VMs may use, and on which address where a mapping names none."""

    enabled: bool = False
    address: Ip = "127.0.0.1"
    range: tuple[PortRange, ...] = (PortRange.model_validate({"protocol": "tcp", "from": 1, "to": 20000}),)

    def is_allowed(self, protocol: str, port: int) -> bool:
        return self.enabled and any(r.protocol == protocol and r.first <= port <= r.last for r in self.range)


class AutoRestart(Section):
    """When a VM that should run and doesn't is started again. All times in seconds."""

    enabled: bool = True
    interval: Seconds = 20
    max_retries: Annotated[Whole, Field(ge=0)] = 5
    initial_backoff: Seconds = 5
    max_backoff: Seconds = 300
    reset_window: Seconds = 300

    @model_validator(mode="after")
    def _no_hot_loop(self) -> Self:
        if self.enabled:
            if self.interval <= 0:
                raise ValueError("interval must be greater than zero while enabled")
            if self.initial_backoff <= 0:
                raise ValueError("initial_backoff must be greater than zero while enabled")
            if self.initial_backoff > self.max_backoff:
                raise ValueError("initial_backoff must not exceed max_backoff")
        return self


class Log(Section):
    """How much is kept of what a VM writes; ``max_bytes`` 0 means no rotation."""

    max_bytes: Size = 4 * 1024**2
    max_backups: Annotated[Whole, Field(ge=0, le=1000)] = 3
    check_interval_secs: Annotated[Seconds, Field(gt=0)] = 5


class Gpu(Section):
    """Which PCI devices may be given to VMs."""

    enabled: bool = False
    listing: tuple[PciId, ...] = ("10de:2335",)
    exclude: tuple[PciSlot, ...] = ()
    include: tuple[PciSlot, ...] = ()
    allow_attach_all: bool = True


class Product(Section):
    """SMBIOS strings of every VM, named as in ``/sys/class/dmi/id``; empty means not set."""

    bios_vendor: Text = ""
    bios_version: Text = ""
    bios_date: Text = ""
    bios_release: Annotated[
        str, Field(pattern=r"^([0-9]{1,3}\.[0-9]{1,3})?$", description="major.minor, like 1.0")
    ] = ""
    sys_vendor: Text = "dstack"
    product_name: Text = "dstack"
    product_version: Text = ""
    product_serial: Text = ""
    product_uuid: Annotated[
        str,
        Field(pattern=r"^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})?$", description="a UUID"),
    ] = ""
    product_family: Text = ""
    product_sku: Text = ""
    board_vendor: Text = ""
    board_name: Text = ""
    board_version: Text = ""
    board_serial: Text = ""
    board_asset_tag: Text = ""
    chassis_vendor: Text = ""
    chassis_version: Text = ""
    chassis_serial: Text = ""
    chassis_asset_tag: Text = ""


class TeeSimulator(Section):
    """Development only: what VMs with a simulated TEE get."""

    platform: SimulatedPlatform = SimulatedPlatform.TDX
    mock_attestation_seed: Annotated[
        str, Field(pattern=r"^([0-9A-Fa-f]{64})?$", description="32 bytes in hex", repr=False)
    ] = ""
    collateral_base_url: OptionalHttpUrl = ""


class Cvm(Section):
    """Everything about VMs; memory in MB (1024²), disks in GB (1024³), times in seconds."""

    platform: Platform = Platform.AUTO
    accelerator: AcceleratorChoice = AcceleratorChoice.AUTO
    qemu_path: Command = None
    qemu_img_path: Command = None
    kms_urls: tuple[HttpUrl, ...] = ("http://127.0.0.1:8081",)
    gateway_urls: tuple[HttpUrl, ...] = Field(
        default=("http://127.0.0.1:8082",), validation_alias=AliasChoices("gateway_urls", "tproxy_urls")
    )
    pccs_url: OptionalHttpUrl = ""
    nvidia_attestation_proxy_url: OptionalHttpUrl = ""
    docker_registry: Text = ""
    volumes_dir: OptionalPath = None
    cid_start: Cid = 1000
    cid_pool_size: Annotated[Whole, Field(ge=1, lt=2**32)] = 1000
    max_allocable_vcpu: Annotated[Whole, Field(ge=0, lt=2**32)] = 20
    max_allocable_memory_in_mb: Annotated[Whole, Field(ge=0, lt=2**32)] = 100_000
    max_disk_size: Annotated[Whole, Field(ge=1, lt=2**32)] = 10_000
    user: Annotated[
        str,
        Field(
            pattern=r"^([A-Za-z_][A-Za-z0-9_.-]{0,63}|[0-9]{1,10})?$", description="a user's name or number"
        ),
    ] = ""
    instance_id: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9_.-]{0,64}$", description="up to 64 letters, digits, '.', '_' and '-'"),
    ] = ""
    use_mrconfigid: bool = True
    qemu_single_pass_add_pages: bool | None = None
    qemu_pic: bool | None = None
    qemu_version: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9.+-]{0,64}$", description="a version like 9.2.1")
    ] = ""
    qemu_pci_hole64_size: Size = 0
    qemu_hotplug_off: bool = False
    tdx_attestation_variant: TdxVariant = TdxVariant.AUTO
    host_share_mode: HostShareMode = HostShareMode.NINEP
    qgs_port: Annotated[Whole, Field(ge=0, lt=2**32 - 1)] = 4050
    """vsock port of the host's quote generation service; 0 means none."""
    start_width: Annotated[Whole, Field(ge=1, le=1000)] = 2
    """How many VMs boot at the same time; the others wait their turn."""
    stop_grace: Seconds = 5
    """How long QEMU may take to end when told to before it is killed."""
    shutdown_timeout: Annotated[Seconds, Field(gt=0)] = 60
    """How long a guest may take to power off before the console offers to stop it by force."""
    stall_after: Seconds = 300
    """How long a guest that boots or shuts down may say nothing new before that is told; 0 means never."""
    launch_timeout: Annotated[Seconds, Field(gt=0)] = 30
    """How long QEMU may take from its start until it answers."""
    product: Product = Product()
    networking: Networking = Networking()
    network_filter: NetworkFilter = NetworkFilter()
    port_mapping: PortMapping = PortMapping()
    auto_restart: AutoRestart = AutoRestart()
    log: Log = Log()
    gpu: Gpu = Gpu()
    tee_simulator: TeeSimulator | None = None

    @model_validator(mode="after")
    def _pool_fits(self) -> Self:
        if self.cid_start + self.cid_pool_size > 2**32 - 1:
            raise ValueError("cid_start + cid_pool_size goes beyond the last CID (4294967294)")
        return self

    @property
    def cids(self) -> range:
        """The vsock addresses that this node's VMs may have."""
        return range(self.cid_start, self.cid_start + self.cid_pool_size)

    @property
    def max_cvm_number(self) -> int:
        """No more VMs than addresses."""
        return self.cid_pool_size

    @property
    def max_vcpu_limit(self) -> int | None:
        """vCPUs that running VMs may have together; ``None`` where the operator set no limit."""
        return self.max_allocable_vcpu if "max_allocable_vcpu" in self.model_fields_set else None

    @property
    def max_memory_mb_limit(self) -> int | None:
        """Megabytes that running VMs may have together; ``None`` where the operator set no limit."""
        if "max_allocable_memory_in_mb" in self.model_fields_set:
            return self.max_allocable_memory_in_mb
        return None

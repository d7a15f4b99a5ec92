"""The response messages, one serializer each: what the API's document says, and what tests hold answers to.

Answers are plain values from ``selectors`` and are written as they are; checking each of ten
thousand rows again at run time would only cost time.
"""

from __future__ import annotations

from vms.prpc.fields import Bool, Bytes, ListOf, Message, Text, UInt32, UInt64
from vms.prpc.serializers import VmConfigurationMessage


class ComposeHash(Message):
    hash = Text()


class GuestEvent(Message):
    event = Text()
    body = Text()
    timestamp = UInt64()


class NetworkInterfaceStatus(Message):
    mode = Text()
    backend = Text()
    mac = Text()
    bridge_name = Text(optional=True)
    netdev_id = Text(optional=True)


class VmInfo(Message):
    id = Text()
    name = Text()
    status = Text()
    uptime = Text()
    app_url = Text(optional=True)
    app_id = Text()
    instance_id = Text(optional=True)
    configuration = VmConfigurationMessage()
    exited_at = Text(optional=True)
    boot_progress = Text()
    boot_error = Text()
    shutdown_progress = Text()
    image_version = Text()
    events = ListOf(GuestEvent())
    interfaces = ListOf(NetworkInterfaceStatus())
    node = Text()


class StatusResponse(Message):
    vms = ListOf(VmInfo())
    port_mapping_enabled = Bool()
    total = UInt32()


class GetInfoResponse(Message):
    found = Bool()
    info = VmInfo()


class ImageInfo(Message):
    name = Text()
    description = Text()
    version = Text()
    is_dev = Bool()


class ImageListResponse(Message):
    images = ListOf(ImageInfo())


class PublicKeyResponse(Message):
    public_key = Bytes()
    signature = Bytes()
    timestamp = UInt64()
    signature_v1 = Bytes()


class KmsSettings(Message):
    url = Text()
    urls = ListOf(Text())


class GatewaySettings(Message):
    url = Text()
    base_domain = Text()
    port = UInt32()
    agent_port = UInt32()
    urls = ListOf(Text())


class ResourcesSettings(Message):
    max_cvm_number = UInt32()
    max_allocable_vcpu = UInt32()
    max_allocable_memory_in_mb = UInt32()


class NetworkingCapabilities(Message):
    supported_modes = ListOf(Text())
    default_mode = Text()
    default_bridge = Text()


class GetMetaResponse(Message):
    kms = KmsSettings()
    gateway = GatewaySettings()
    resources = ResourcesSettings()
    networking = NetworkingCapabilities()


class VersionResponse(Message):
    version = Text()
    rev = Text()


class GpuInfo(Message):
    slot = Text()
    product_id = Text()
    description = Text()
    is_free = Bool()


class ListGpusResponse(Message):
    gpus = ListOf(GpuInfo())
    allow_attach_all = Bool()


class GpuDevice(Message):
    slot = Text()
    product_id = Text()
    description = Text()
    kind = Text()
    driver = Text()
    numa_node = UInt32()
    iommu_group = UInt32(optional=True)
    is_free = Bool()
    obstacle = Text()
    is_leased = Bool()
    holder_id = Text()
    holder_name = Text()


class ListGpuDevicesResponse(Message):
    devices = ListOf(GpuDevice())
    enabled = Bool()
    allow_attach_all = Bool()


class ReloadVmsResponse(Message):
    loaded = UInt32()
    updated = UInt32()
    removed = UInt32()


class SvProcessInfo(Message):
    id = Text()
    name = Text()
    status = Text()
    pid = UInt32(optional=True)
    command = Text()
    note = Text()


class SvListResponse(Message):
    processes = ListOf(SvProcessInfo())


class RegistryImageInfo(Message):
    tag = Text()
    local = Bool()
    pulling = Bool()
    error = Text()


class RegistryImageListResponse(Message):
    images = ListOf(RegistryImageInfo())


class Remark(Message):
    field = Text()
    message = Text()


class NodeVerdict(Message):
    node = Text()
    problem = Text()


class CheckVmResponse(Message):
    app_id = Text()
    compose_hash = Text()
    problems = ListOf(Remark())
    notes = ListOf(Remark())
    nodes = ListOf(NodeVerdict())


class HostSetting(Message):
    key = Text()
    value = Text()
    is_default = Bool()
    help = Text()


class HostFinding(Message):
    id = Text()
    group = Text()
    title = Text()
    level = Text()
    found = Text()
    remedy = Text()
    affects = ListOf(Text())
    prevents = Bool()
    skipped = Bool()


class GetHostResponse(Message):
    name = Text()
    version = Text()
    platform = Text()
    accelerator = Text()
    started_at_ms = UInt64()
    cpus = UInt32()
    cpu_model = Text()
    memory_mb = UInt64()
    vcpus_used = UInt32()
    memory_mb_used = UInt64()
    max_vcpu = UInt32(optional=True)
    max_memory_mb = UInt64(optional=True)
    vms_running = UInt32()
    vms = UInt32()
    data_dir = Text()
    disk_total_gb = UInt64(optional=True)
    disk_free_gb = UInt64(optional=True)
    kernel = Text()
    qemu_version = Text()
    settings = ListOf(HostSetting())
    findings = ListOf(HostFinding())
    findings_at_ms = UInt64()


class VmEvent(Message):
    number = UInt64()
    event = Text()
    body = Text()
    timestamp = UInt64()


class ListEventsResponse(Message):
    events = ListOf(VmEvent())
    kept = UInt32()

"""The request messages, one serializer each, and the values that actions take."""

from __future__ import annotations

from typing import Any

from vms.choices import AttachMode
from vms.configuration import Gpus, Networking, Port, VmConfiguration, VmUpdate
from vms.prpc.fields import Bool, Bytes, ListOf, Message, Text, UInt32, UInt64
from vms.selectors.roster import Filter

Values = dict[str, Any]


class Empty(Message):
    pass


class Id(Message):
    id = Text()


class AppId(Message):
    app_id = Bytes()


class OfNode(Message):
    """Which node is asked about: empty means the one that is asked."""

    node = Text()


class PullRegistryImageRequest(Message):
    tag = Text()
    nodes = ListOf(Text())


class DeleteImageRequest(Message):
    id = Text()
    node = Text()


class GpuSpec(Message):
    slot = Text()


class GpuConfig(Message):
    gpus = ListOf(GpuSpec())
    attach_mode = Text()


class PortMapping(Message):
    protocol = Text()
    host_port = UInt32()
    vm_port = UInt32()
    host_address = Text()


class NetworkingConfig(Message):
    mode = Text()
    bridge_name = Text()


class VmConfigurationMessage(Message):
    name = Text()
    image = Text()
    compose_file = Text()
    vcpu = UInt32()
    memory = UInt32()
    disk_size = UInt32()
    ports = ListOf(PortMapping())
    encrypted_env = Bytes()
    app_id = Text(optional=True)
    user_config = Text()
    hugepages = Bool()
    pin_numa = Bool()
    gpus = GpuConfig()
    kms_urls = ListOf(Text())
    gateway_urls = ListOf(Text())
    stopped = Bool()
    no_tee = Bool()
    networking = NetworkingConfig()
    networks = ListOf(NetworkingConfig())
    simulated_tee = Text(optional=True)
    node = Text()


class UpdateVmRequest(Message):
    id = Text()
    compose_file = Text()
    encrypted_env = Bytes()
    user_config = Text()
    update_ports = Bool()
    ports = ListOf(PortMapping())
    update_kms_urls = Bool()
    kms_urls = ListOf(Text())
    update_gateway_urls = Bool()
    gateway_urls = ListOf(Text())
    gpus = GpuConfig()
    vcpu = UInt32(optional=True)
    memory = UInt32(optional=True)
    disk_size = UInt32(optional=True)
    image = Text(optional=True)
    no_tee = Bool(optional=True)
    update_networking = Bool()
    networks = ListOf(NetworkingConfig())


class ResizeVmRequest(Message):
    id = Text()
    vcpu = UInt32(optional=True)
    memory = UInt32(optional=True)
    disk_size = UInt32(optional=True)
    image = Text(optional=True)


class StatusRequest(Message):
    ids = ListOf(Text())
    brief = Bool()
    keyword = Text()
    page = UInt32()
    page_size = UInt32()


class ListEventsRequest(Message):
    id = Text()
    after = UInt64()


def to_configuration(values: Values) -> VmConfiguration:
    """CreateVm's values. ``networks`` wins over the older ``networking``."""
    networks = values["networks"] or ((values["networking"],) if values["networking"] else ())
    plain = {
        name: values[name]
        for name in (
            "name",
            "image",
            "compose_file",
            "vcpu",
            "memory",
            "disk_size",
            "encrypted_env",
            "user_config",
            "hugepages",
            "pin_numa",
            "kms_urls",
            "gateway_urls",
            "stopped",
            "no_tee",
            "node",
        )
    }
    return VmConfiguration(
        **plain,
        ports=_ports(values["ports"]),
        app_id=values["app_id"] or "",
        gpus=_gpus(values["gpus"]) or Gpus(),
        networks=_networks(networks),
        simulated_tee=values["simulated_tee"] or "",
    )


def to_update(values: Values) -> VmUpdate:
    """UpdateVm's values: lists count only with their ``update_…`` flag."""
    return VmUpdate(
        id=values["id"],
        compose_file=values["compose_file"],
        encrypted_env=values["encrypted_env"],
        user_config=values["user_config"],
        ports=_ports(values["ports"]) if values["update_ports"] else None,
        kms_urls=values["kms_urls"] if values["update_kms_urls"] else None,
        gateway_urls=values["gateway_urls"] if values["update_gateway_urls"] else None,
        networks=_networks(values["networks"]) if values["update_networking"] else None,
        gpus=_gpus(values["gpus"]),
        no_tee=values["no_tee"],
        **_machine(values),
    )


def to_resize(values: Values) -> VmUpdate:
    """ResizeVm's values."""
    return VmUpdate(id=values["id"], **_machine(values))


def to_filter(values: Values) -> Filter:
    """Status's values."""
    return Filter(**values)


def _machine(values: Values) -> Values:
    return {name: values[name] for name in ("vcpu", "memory", "disk_size", "image")}


def _ports(values: tuple[Values, ...]) -> tuple[Port, ...]:
    return tuple(Port(**port) for port in values)


def _networks(values: tuple[Values, ...]) -> tuple[Networking, ...]:
    return tuple(Networking(**network) for network in values)


def _gpus(values: Values | None) -> Gpus | None:
    if values is None:
        return None
    slots = tuple(gpu["slot"] for gpu in values["gpus"])
    return Gpus(slots=slots, attach_mode=values["attach_mode"] or AttachMode.LISTED)

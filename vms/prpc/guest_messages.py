"""The messages that guests' agents answer, one serializer each; see ``responses``."""

from __future__ import annotations

from vms.prpc.fields import Bytes, Int64, ListOf, Message, Text, UInt32, UInt64


class GuestInfo(Message):
    version = Text()
    app_id = Bytes()
    instance_id = Bytes()
    app_cert = Text()
    tcb_info = Text()
    device_id = Bytes()


class DiskInfo(Message):
    name = Text()
    mount_point = Text()
    total_size = UInt64()
    free_size = UInt64()


class SystemInfo(Message):
    os_name = Text()
    os_version = Text()
    kernel_version = Text()
    cpu_model = Text()
    num_cpus = UInt32()
    total_memory = UInt64()
    available_memory = UInt64()
    used_memory = UInt64()
    free_memory = UInt64()
    total_swap = UInt64()
    used_swap = UInt64()
    free_swap = UInt64()
    uptime = UInt64()
    loadavg_one = UInt32()
    loadavg_five = UInt32()
    loadavg_fifteen = UInt32()
    disks = ListOf(DiskInfo())


class IpAddress(Message):
    address = Text()
    prefix = UInt32()


class Interface(Message):
    name = Text()
    addresses = ListOf(IpAddress())
    rx_bytes = UInt64()
    tx_bytes = UInt64()
    rx_errors = UInt64()
    tx_errors = UInt64()


class Gateway(Message):
    address = Text()


class NetworkInformation(Message):
    dns_servers = ListOf(Text())
    gateways = ListOf(Gateway())
    interfaces = ListOf(Interface())
    wg_info = Text()


class Container(Message):
    id = Text()
    names = ListOf(Text())
    image = Text()
    image_id = Text()
    created = Int64()
    state = Text()
    status = Text()


class ListContainersResponse(Message):
    containers = ListOf(Container())

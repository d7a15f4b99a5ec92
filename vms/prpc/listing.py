"""What Status and GetInfo answer, put together from rows that are written already."""

from __future__ import annotations

from collections.abc import Sequence

from vms.conf import conf
from vms.database import now_ms
from vms.prpc.prepared import Prepared
from vms.prpc.proto import vmm_pb2
from vms.prpc.written import BinaryRow, JsonRow, rows
from vms.selectors import roster
from vms.selectors.roster import Entry, Filter
from vms.selectors.sight import Sight

_VMS = vmm_pb2.StatusResponse.DESCRIPTOR.fields_by_name["vms"].number
_INFO = vmm_pb2.GetInfoResponse.DESCRIPTOR.fields_by_name["info"].number


class VmList(Prepared):
    """Status's answer."""

    def __init__(self, entries: Sequence[Entry], total: int, *, brief: bool) -> None:
        self._entries = entries
        self._total = total
        self._brief = brief
        self._mapping = conf().cvm.port_mapping.enabled

    def json(self) -> bytes:
        now = now_ms()
        vms = b",".join([row.at(now) for row in rows(self._entries, JsonRow, brief=self._brief)])
        rest = f'],"port_mapping_enabled":{str(self._mapping).lower()},"total":{self._total}}}'
        return b'{"vms":[' + vms + rest.encode()

    def binary(self) -> bytes:
        now = now_ms()
        vms = [_field(_VMS, row.at(now)) for row in rows(self._entries, BinaryRow, brief=self._brief)]
        rest = vmm_pb2.StatusResponse(port_mapping_enabled=self._mapping, total=self._total)
        return b"".join(vms) + rest.SerializeToString()


class OneVm(Prepared):
    """GetInfo's answer; without an entry, that there is no such VM."""

    def __init__(self, entry: Entry | None) -> None:
        self._entries = [] if entry is None else [entry]

    def json(self) -> bytes:
        for row in rows(self._entries, JsonRow, brief=False):
            return b'{"found":true,"info":' + row.at(now_ms()) + b"}"
        return b'{"found":false,"info":null}'

    def binary(self) -> bytes:
        for row in rows(self._entries, BinaryRow, brief=False):
            return vmm_pb2.GetInfoResponse(found=True).SerializeToString() + _field(_INFO, row.at(now_ms()))
        return vmm_pb2.GetInfoResponse(found=False).SerializeToString()


def status(wanted: Filter, sight: Sight) -> VmList:
    """The VMs that are seen and wanted, oldest first."""
    entries, total = roster.current().select(wanted, sight)
    return VmList(entries, total, brief=wanted.brief)


def one(vm_id: str, sight: Sight) -> OneVm:
    """One VM with its configuration, if it is seen."""
    return OneVm(roster.current().find(vm_id, sight))


def _field(number: int, message: bytes) -> bytes:
    """An embedded message as protobuf writes it: tag, length, bytes."""
    return _varint(number << 3 | 2) + _varint(len(message)) + message


def _varint(value: int) -> bytes:
    low = value & 0x7F
    return bytes([low]) if value < 0x80 else bytes([low | 0x80]) + _varint(value >> 7)

"""The objects that make a guest a confidential one, and when there can be none."""

from __future__ import annotations

import base64
import json

from ..errors import LaunchRefused
from ..options import refuse_unless, whole
from ..spec import Accelerator, GuestSpec, HostSettings, SevCapabilities, SevSnp, Tdx

MR_CONFIG_ID_SIZE = 48
HOST_DATA_SIZE = 32

SNP_POLICY = 0x30000
"""Bit 16 allows SMT, bit 17 is always set; no debugging, no migration (SEV-SNP firmware ABI, 4.3)."""

HOST_CID = 2
"""The host's own vsock address (vsock(7))."""

LAST_VSOCK_PORT = 2**32 - 2

MOST_ADDRESS_BITS = 63


def check_confidential(spec: GuestSpec, host: HostSettings) -> None:
    """Raises LaunchRefused for a confidential guest that this host can't launch, saying what it lacks."""
    if spec.tee is None:
        return
    if host.accelerator is not Accelerator.KVM:
        raise _cannot("KVM, which does not work here (translated guests have no protected memory)")
    if not host.vsock:
        raise _cannot("/dev/vhost-vsock, which can't be used here")
    match spec.tee:
        case Tdx(mr_config_id):
            if mr_config_id is not None:
                _check_size("mr_config_id", mr_config_id, MR_CONFIG_ID_SIZE)
        case SevSnp(host_data):
            _check_size("host_data", host_data, HOST_DATA_SIZE)
            # QEMU: "'-machine memory-backend' and '-numa memdev' properties are mutually exclusive".
            refuse_unless(
                not spec.hugepages,
                "hugepages: QEMU can't give them to AMD SEV-SNP guests, whose memory is one piece; "
                "switch hugepages off, or take no_tee = true",
            )


def _cannot(lacking: str) -> LaunchRefused:
    return LaunchRefused(
        f"this is a confidential VM, which needs {lacking}; create it with no_tee for a plain VM"
    )


def _check_size(name: str, value: bytes, size: int) -> None:
    refuse_unless(len(value) == size, f"{name} must be {size} bytes, not {len(value)}")


def tdx_guest(tdx: Tdx, host: HostSettings) -> list[str]:
    """The TDX guest, with the id that is measured and the service that makes its quotes."""
    guest: dict[str, object] = {"qom-type": "tdx-guest", "id": "tdx"}
    if tdx.mr_config_id is not None:
        guest["mrconfigid"] = _base64(tdx.mr_config_id)
    if host.qgs_port:
        port = whole(host.qgs_port, 1, LAST_VSOCK_PORT, "the port of the quote generation service")
        guest["quote-generation-socket"] = {"type": "vsock", "cid": str(HOST_CID), "port": port}
    return ["-object", json.dumps(guest, separators=(",", ":"))]


def sev_snp_guest(snp: SevSnp, spec: GuestSpec, host: HostSettings) -> list[str]:
    """The SEV-SNP guest and its memory."""
    memory = f"memory-backend-memfd,id=ram1,size={spec.size.memory_mb}M,share=true,prealloc=false"
    guest = (
        f"sev-snp-guest,id=sev0,policy={SNP_POLICY:#x},sev-device=/dev/sev,kernel-hashes=on,"
        f"host-data={_base64(snp.host_data)},{_address_bits(host.sev)}"
    )
    return ["-object", memory, "-object", guest]


def _address_bits(sev: SevCapabilities | None) -> str:
    if sev is None:
        raise _cannot("QEMU's answer to query-sev-capabilities, which it did not give here")
    cbitpos = whole(sev.cbitpos, 0, MOST_ADDRESS_BITS, "the position of SEV's C bit")
    reduced = whole(sev.reduced_phys_bits, 0, MOST_ADDRESS_BITS, "the address bits that SEV takes")
    return f"cbitpos={cbitpos},reduced-phys-bits={reduced}"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")

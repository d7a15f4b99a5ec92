"""What was measured, as a text that people can read and compare: ``golden/<request>.txt``.

``python -m tests.hypervisor.measure.golden`` writes them anew. What changes then changes what is
attested: read every line of the difference.
"""

from __future__ import annotations

from pathlib import Path

from tests.hypervisor.measure.requests import REQUESTS
from vms.hypervisor.measure import Measured, measure
from vms.hypervisor.spec import SevSnp, Tdx, Tee

GOLDEN = Path(__file__).parent / "golden"


def told(measured: Measured) -> str:
    """All of it, files byte for byte."""
    lines = [
        f"tee: {_tee(measured.tee)}",
        f"instance_id: {measured.instance_id.hex() or '-'}",
        *(f"{name}: {value or '-'}" for name, value in measured.shown.items()),
        f"mr_config: {measured.mr_config or '-'}",
        f"vm_config: {measured.vm_config}",
    ]
    for name, data in measured.shared_files.items():
        lines.append(f"{name}: {'must not exist' if data is None else data.decode()}")
    return "\n".join(lines) + "\n"


def _tee(tee: Tee | None) -> str:
    match tee:
        case Tdx(mr_config_id=None):
            return "tdx, no mrconfigid"
        case Tdx(mr_config_id=bytes() as identity):
            return f"tdx, mrconfigid {identity.hex()}"
        case SevSnp(host_data=data):
            return f"amd-sev-snp, host data {data.hex()}"
        case _:
            return "none"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, request in REQUESTS.items():
        (GOLDEN / f"{name}.txt").write_text(told(measure(request)))

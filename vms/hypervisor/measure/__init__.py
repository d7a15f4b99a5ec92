"""What is measured of a VM: a pure function from frozen values to the exact bytes.

A remote verifier recomputes these bytes from what it is told, so that every rule in here is
a contract: another byte, and the application gets no keys.
"""

from .application import gpu_policy_hash, init_script_hashes
from .identity import ID_BYTES, Identity, instance_info
from .measure import measure
from .request import (
    Application,
    AttestationPolicy,
    AttestationVariant,
    HostPart,
    ImageMaterial,
    KeyProvider,
    Machine,
    Measured,
    MeasureRequest,
    SimulatedTee,
    SimulatorSettings,
    TeePlatform,
)

__all__ = [
    "ID_BYTES",
    "Application",
    "AttestationPolicy",
    "AttestationVariant",
    "HostPart",
    "Identity",
    "ImageMaterial",
    "KeyProvider",
    "Machine",
    "MeasureRequest",
    "Measured",
    "SimulatedTee",
    "SimulatorSettings",
    "TeePlatform",
    "gpu_policy_hash",
    "init_script_hashes",
    "instance_info",
    "measure",
]

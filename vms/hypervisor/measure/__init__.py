"""What is measured of a VM: a pure function from frozen values to the exact bytes.

A remote verifier recomputes these bytes from what it is told, so that every rule in here is
a contract: another byte, and the application gets no keys.
"""

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
    "Application",
    "AttestationPolicy",
    "AttestationVariant",
    "HostPart",
    "ImageMaterial",
    "KeyProvider",
    "Machine",
    "MeasureRequest",
    "Measured",
    "SimulatedTee",
    "SimulatorSettings",
    "TeePlatform",
    "measure",
]

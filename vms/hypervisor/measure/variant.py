"""How a TDX guest's boot will be verified."""

from __future__ import annotations

from ..errors import LaunchRefused
from .request import AttestationPolicy, AttestationVariant, ImageMaterial

LITE_ALWAYS_FROM_MB = 3072
LITE_ALSO_AT_MB = 2048
"""Below 3 GiB the firmware's memory map, which lite verification rebuilds, is known for this size alone."""


def attestation_variant(
    measure_acpi_tables: bool | None, policy: AttestationPolicy, memory_mb: int, image: ImageMaterial
) -> AttestationVariant:
    """The compose's word, else the operator's, else lite wherever it can be.

    Raises:
        LaunchRefused: lite is demanded, and the image brings nothing for it.
    """
    demanded = _demanded(measure_acpi_tables, policy)
    if demanded is AttestationVariant.LITE and not image.has_tdx_lite:
        raise LaunchRefused(
            f"{_who(measure_acpi_tables)} asks for lite attestation, but image {image.name!r} has no "
            "measurement.tdx.cbor with sha256sum.txt and digest.txt; "
            "take an image that has them, or legacy attestation"
        )
    if demanded is not None:
        return demanded
    fits = memory_mb >= LITE_ALWAYS_FROM_MB or memory_mb == LITE_ALSO_AT_MB
    return AttestationVariant.LITE if fits and image.has_tdx_lite else AttestationVariant.LEGACY


def _demanded(measure_acpi_tables: bool | None, policy: AttestationPolicy) -> AttestationVariant | None:
    if measure_acpi_tables is not None:
        return AttestationVariant.LEGACY if measure_acpi_tables else AttestationVariant.LITE
    return None if policy is AttestationPolicy.AUTO else AttestationVariant(policy.value)


def _who(measure_acpi_tables: bool | None) -> str:
    if measure_acpi_tables is False:
        return "requirements.tdx_measure_acpi_tables = false"
    return '[cvm] tdx_attestation_variant = "lite"'

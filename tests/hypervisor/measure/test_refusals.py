"""What can't be measured, or would never be verified, is refused before it is launched."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import cbor2
import pytest

from tests.hypervisor.measure.requests import (
    APPLICATION,
    BARE_IMAGE,
    IMAGE,
    REPLAY,
    memory,
    plain,
    policy,
    simulated,
    snp,
    tdx,
)
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.measure import HostPart, MeasureRequest, SimulatedTee, TeePlatform, measure

GCP, AWS = SimulatedTee.GCP_TDX, SimulatedTee.AWS_NITRO_TPM


def without(*fields: str) -> Any:
    """The image without these files."""
    absent: dict[str, Any] = dict.fromkeys(fields)
    return replace(IMAGE, **absent)


def replayed(**changed: Any) -> MeasureRequest:
    """Simulated AWS with that replay; ``None`` takes a key away."""
    document = {key: value for key, value in (REPLAY | changed).items() if value is not None}
    return simulated(AWS, image=replace(IMAGE, aws_replay=json.dumps(document).encode()))


@pytest.mark.parametrize(
    "request_, says",
    [
        (tdx(host=policy("lite"), image=BARE_IMAGE), r'tdx_attestation_variant = "lite" asks for lite'),
        (
            tdx(host=policy("lite"), image=without("tdx")),
            "no measurement.tdx.cbor with sha256sum.txt and dig",
        ),
        (tdx(host=policy("lite"), image=without("checksum_file")), "no measurement.tdx.cbor with"),
        (tdx(host=policy("lite"), image=replace(IMAGE, digest="")), "no measurement.tdx.cbor with"),
        (
            tdx(application=replace(APPLICATION, measure_acpi_tables=False), image=BARE_IMAGE),
            "^requirements.tdx_measure_acpi_tables = false asks for lite attestation",
        ),
        (snp(image=without("snp")), "can't be verified on AMD SEV-SNP: it has no measurement.snp.cbor"),
        (snp(image=without("checksum_file")), "on AMD SEV-SNP: it has no sha256sum.txt"),
        (snp(image=replace(IMAGE, digest="")), "on AMD SEV-SNP: it has no digest.txt"),
        (simulated(GCP, image=without("gcp")), "on dstack-gcp-tdx: it has no measurement.gcp.cbor"),
        (simulated(GCP, image=without("checksum_file")), "on dstack-gcp-tdx: it has no sha256sum.txt"),
        (
            simulated(GCP, image=without("gcp_event_log")),
            "can't simulate dstack-gcp-tdx: it has no measurement",
        ),
        (simulated(AWS, image=without("aws")), "on dstack-aws-nitro-tpm: it has no measurement.aws.cbor"),
        (simulated(AWS, image=without("aws_replay")), "it has no measurement.aws.replay.json"),
        (simulated(SimulatedTee.TDX, simulator=None), r"no simulator configured \(\[cvm.tee_simulator\]\)"),
        (
            simulated(SimulatedTee.TDX, platform=TeePlatform.TDX),
            r"^simulated_tee: not on a real TEE \(tdx\); it implies no_tee$",
        ),
        (replayed(pcr4=None), "replay.json: pcr4: Field required"),
        (replayed(pcr4="ab"), "replay.json: pcr4: String should match"),
        (replayed(pcr7="07" * 48 + "\n"), "replay.json: pcr7: String should match"),
        (replayed(pcr12="ff" * 48), "ends in other registers than measurement.aws.cbor says"),
        (replayed(version="1"), "replay.json: version: Input should be a valid integer"),
        (replayed(version=True), "replay.json: version: Input should be a valid integer"),
        (replayed(version=2**32), "replay.json: version: Input should be less than"),
        (replayed(events=[{"pcr": 65536, "event_type": "", "digest": ""}]), "events.0.pcr: Input should be"),
        (replayed(events=[{"pcr": 0, "event_type": "", "digest": "abc"}]), "events.0.digest: String should"),
        (replayed(events={}), "replay.json: events: Input should be a valid"),
        (simulated(AWS, image=replace(IMAGE, aws_replay=b"\xff{")), "replay.json: the whole: Invalid JSON"),
        (simulated(AWS, image=replace(IMAGE, aws=b"")), "measurement.aws.cbor is no CBOR"),
        (simulated(AWS, image=replace(IMAGE, aws=b"\x81" * 100_000)), "measurement.aws.cbor is no CBOR"),
        (simulated(AWS, image=replace(IMAGE, aws=b"\x5b" + b"\x7f" * 8)), "measurement.aws.cbor is no CBOR"),
        (simulated(AWS, image=replace(IMAGE, aws=cbor2.dumps([1]))), "ends in other registers"),
        (simulated(AWS, image=replace(IMAGE, aws=cbor2.dumps({"boot_pcr_digest": "x"}))), "other registers"),
    ],
)
def test_refused(request_: MeasureRequest, says: str) -> None:
    with pytest.raises(LaunchRefused, match=says):
        measure(request_)


@pytest.mark.parametrize(
    "request_",
    [
        plain(image=BARE_IMAGE),
        tdx(image=BARE_IMAGE),
        tdx(host=policy("legacy"), image=BARE_IMAGE),
        tdx(host=policy("lite"), machine=memory(512)),
        tdx(
            application=replace(APPLICATION, measure_acpi_tables=True), host=policy("lite"), image=BARE_IMAGE
        ),
        tdx(host=HostPart(use_mrconfigid=False)),
        *(simulated(each, image=BARE_IMAGE) for each in SimulatedTee if each not in (GCP, AWS)),
    ],
)
def test_what_an_image_lacks_matters_only_where_it_is_needed(request_: MeasureRequest) -> None:
    assert json.loads(measure(request_).vm_config)["spec_version"] == 1

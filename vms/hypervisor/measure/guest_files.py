"""The files in which the host tells the guest where it is."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from .request import MeasureRequest, SimulatedTee, SimulatorSettings

SYS_CONFIG = ".sys-config.json"
TEE_SIMULATOR = ".tee-simulator.json"
INSTANCE_INFO = ".instance_info"


def sys_config(request: MeasureRequest, vm_config: str, mr_config: str | None) -> bytes:
    """``.sys-config.json``. It names no root of trust: a host must not choose whom its guest believes."""
    host = request.host
    config: dict[str, object] = {
        "kms_urls": request.kms_urls,
        "gateway_urls": request.gateway_urls,
        "pccs_url": host.pccs_url,
        "collateral_urls": {"pccs": host.pccs_url},
        "nvidia_attestation_proxy_url": host.nvidia_attestation_proxy_url or None,
        "docker_registry": host.docker_registry,
        "host_api_url": host.host_api_url,
        "vm_config": vm_config,
    }
    if mr_config is not None:
        config["mr_config"] = mr_config
    return orjson.dumps(config)


def tee_simulator(
    platform: SimulatedTee,
    settings: SimulatorSettings,
    vm_config: Mapping[str, object],
    mr_config: str | None,
) -> bytes:
    """``.tee-simulator.json``; what there is nothing of is left out."""
    config = {
        "platform": platform.value,
        "mock_attestation_seed": settings.mock_attestation_seed or None,
        "collateral_base_url": settings.collateral_base_url or None,
        "mr_config": mr_config,
        "vm_config": orjson.dumps(vm_config).decode(),
        "aws_pcr_replay": vm_config.get("aws_pcr_replay"),
        "gcp_tpm_replay": vm_config.get("gcp_tpm_replay"),
    }
    return orjson.dumps({name: value for name, value in config.items() if value is not None})

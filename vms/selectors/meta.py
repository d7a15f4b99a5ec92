"""What GetMeta answers: the settings that clients must know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vms.choices import NetworkMode
from vms.conf import conf


def get_meta() -> dict[str, Any]:
    """KMS, gateway, resource limits, networking."""
    config = conf()
    cvm = config.cvm
    kms_urls, gateway_urls = list(cvm.kms_urls), list(cvm.gateway_urls)
    return {
        "kms": {"url": kms_urls[0] if kms_urls else "", "urls": kms_urls},
        "gateway": {
            "url": gateway_urls[0] if gateway_urls else "",
            "base_domain": config.gateway.base_domain,
            "port": config.gateway.port,
            "agent_port": config.gateway.agent_port,
            "urls": gateway_urls,
        },
        "resources": {
            "max_cvm_number": cvm.max_cvm_number,
            "max_allocable_vcpu": cvm.max_allocable_vcpu,
            "max_allocable_memory_in_mb": cvm.max_allocable_memory_in_mb,
        },
        "networking": {
            "supported_modes": _supported_modes(),
            "default_mode": cvm.networking.mode,
            "default_bridge": cvm.networking.bridge,
        },
    }


def _supported_modes() -> list[str]:
    """``bridge`` where one is configured or the host has one."""
    has_bridge = conf().cvm.networking.bridge or any(Path("/sys/class/net").glob("*/bridge"))
    return [NetworkMode.USER, NetworkMode.BRIDGE] if has_bridge else [NetworkMode.USER]

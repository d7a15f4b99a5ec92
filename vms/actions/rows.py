"""From a checked configuration to a VM's row, and what of a row is configuration."""

from __future__ import annotations

from dataclasses import asdict

from vms.actions.change import Fields
from vms.choices import Desired
from vms.compose import AppCompose
from vms.configuration import VmConfiguration
from vms.database import now_ms
from vms.models import Node, Vm


def new_vm(
    vm_id: str,
    node: Node,
    cid: int,
    config: VmConfiguration,
    compose: AppCompose,
    owner_id: int | None = None,
) -> Vm:
    """The row of a new VM, not saved: all there is to make a launch from, its ports aside.

    ``config`` and ``compose`` are what ``validate.check`` returned.
    """
    return Vm(
        id=vm_id,
        node=node,
        cid=cid,
        owner_id=owner_id,
        created_at_ms=now_ms(),
        desired=Desired.STOPPED if config.stopped else Desired.RUNNING,
        **configured(config, compose),
    )


def configured(config: VmConfiguration, compose: AppCompose) -> Fields:
    """The fields that hold a configuration; all but the ports, which have rows of their own."""
    return {
        "name": config.name,
        "image": config.image,
        "compose_file": config.compose_file,
        "app_id": config.app_id,
        "vcpu": config.vcpu,
        "memory": config.memory,
        "disk_size": config.disk_size,
        "encrypted_env": config.encrypted_env,
        "user_config": config.user_config,
        "hugepages": config.hugepages,
        "pin_numa": config.pin_numa,
        "gpus": config.gpus.document(),
        "kms_urls": list(config.kms_urls),
        "gateway_urls": list(config.gateway_urls),
        "networks": [asdict(network) for network in config.networks],
        "no_tee": config.no_tee,
        "simulated_tee": config.simulated_tee,
        "gateway_enabled": compose.gateway_enabled,
    }

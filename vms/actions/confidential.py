"""What its protection demands of a VM's node, image and compose file.

As much of it as can be known when a VM is asked for is said then; the launch looks at all
of it again, for node and image may have changed.
"""

from __future__ import annotations

from vms.choices import Platform
from vms.compose import AppCompose
from vms.conf import conf
from vms.configuration import VmConfiguration
from vms.errors import Conflict
from vms.models import Node


def decide_no_tee(config: VmConfiguration, node: Node) -> bool:
    """Whether the VM is a plain one: as asked for, and wherever a TEE is only simulated.

    A host without a TEE takes only plain VMs; it makes them plain only where no operator's
    file says otherwise (a first try), and says so in its notice.

    Raises:
        Conflict: it is a confidential VM, and the host can't launch one.
    """
    if config.no_tee or config.simulated_tee or node.platform != Platform.NONE:
        return config.no_tee or bool(config.simulated_tee)
    if conf().from_file is not None:
        raise Conflict(
            f"no_tee: this host can launch no confidential VM: {node.missing or 'it has no TEE'}; "
            "it takes only VMs with no_tee = true"
        )
    return True


def check(config: VmConfiguration, compose: AppCompose, node: Node) -> None:
    """Raises Conflict where the compose file can't be held to its word here. ``config`` is checked."""
    if config.no_tee or node.platform != Platform.TDX:
        return
    if compose.key_provider_id and not conf().cvm.use_mrconfigid:
        raise Conflict(
            "compose_file: key_provider_id: this node doesn't measure it ([cvm] use_mrconfigid is off), so "
            "nothing would hold the VM to that key provider; remove it, or switch use_mrconfigid on"
        )

"""What its protection demands of a VM's node, image and compose file.

As much of it as can be known when a VM is asked for is said then; the launch looks at all
of it again, for node and image may have changed.
"""

from __future__ import annotations

from vms.choices import Platform
from vms.compose import AppCompose
from vms.configuration import VmConfiguration
from vms.errors import Conflict
from vms.images.store import Support
from vms.models import Image, Node
from vms.selectors.capabilities import known_of


def decide_no_tee(config: VmConfiguration, node: Node) -> bool:
    """Whether the VM is a plain one: as asked for, and wherever a TEE is only simulated.

    A host without a TEE takes only plain VMs; it makes them plain only where no operator's
    file says otherwise (a first try), and says so in its notice.

    Raises:
        Conflict: it is a confidential VM, and the host can't launch one.
    """
    if config.no_tee or config.simulated_tee or node.platform != Platform.NONE:
        return config.no_tee or bool(config.simulated_tee)
    if not known_of(node).plain_by_default:
        raise Conflict(
            f"no_tee: this host can launch no confidential VM: {node.missing or 'it has no TEE'}; "
            "it takes only VMs with no_tee = true"
        )
    return True


def check(config: VmConfiguration, compose: AppCompose, node: Node) -> None:
    """Raises Conflict for a machine that can't be confidential here, or a compose file held to nothing."""
    if config.no_tee:
        return
    if node.platform == Platform.AMD_SEV_SNP and config.hugepages:
        raise Conflict(
            "hugepages: QEMU can't give them to AMD SEV-SNP guests, whose memory is one piece; "
            "switch hugepages off, or take no_tee = true"
        )
    if node.platform != Platform.TDX:
        return
    if compose.key_provider_id and not known_of(node).use_mrconfigid:
        raise Conflict(
            "key_provider_id: this node doesn't measure it ([cvm] use_mrconfigid is off), and nothing "
            "would hold the application to that key provider; remove it, or switch use_mrconfigid on"
        )


def check_image(config: VmConfiguration, compose: AppCompose, node: Node) -> None:
    """Raises Conflict where nobody could verify the guest, for its image brings too little for that."""
    if config.no_tee:
        return
    image = Image.objects.filter(node=node, name=config.image).first()
    if image is None or image.problem:
        return
    if node.platform == Platform.AMD_SEV_SNP and Support.AMD_SEV_SNP not in image.supports:
        raise Conflict(
            f"image: {image.name!r} can't be verified on AMD SEV-SNP: it lacks firmware, digest.txt or "
            "measurement.snp.cbor; take another image, or no_tee = true"
        )
    if (
        node.platform == Platform.TDX
        and _asks_for_lite(compose, node)
        and Support.TDX_LITE not in image.supports
    ):
        raise Conflict(
            f"image: {image.name!r} brings nothing for lite attestation (measurement.tdx.cbor, "
            "sha256sum.txt, digest.txt), which requirements.tdx_measure_acpi_tables = false or [cvm] "
            'tdx_attestation_variant = "lite" asks for; take another image, or legacy attestation'
        )


def _asks_for_lite(compose: AppCompose, node: Node) -> bool:
    """The compose file's word counts before the operator's."""
    if compose.measure_acpi_tables is not None:
        return not compose.measure_acpi_tables
    return known_of(node).lite

"""What plain guests get beyond the contract; never a confidential one, whose devices are measured."""

from __future__ import annotations

from ..spec import GuestSpec


def plain_extras(spec: GuestSpec) -> list[str]:
    """Channels for events and the QEMU guest agent, and a panic that is told."""
    if spec.tee is not None:
        return []
    # The bus is said, because QEMU would put them on the last one there is: a GPU's, which takes none.
    # A panic must end the guest, and otherwise than a power-off does; a reboot must not end it.
    return [
        *("-device", "virtio-serial-pci,id=channels,bus=pcie.0"),
        *("-chardev", "file,id=guest-events,path=events.jsonl,append=on"),
        *("-device", "virtserialport,bus=channels.0,chardev=guest-events,name=dev.dstack.events"),
        *("-chardev", "socket,id=guest-agent,path=qga.sock,server=on,wait=off"),
        *("-device", "virtserialport,bus=channels.0,chardev=guest-agent,name=org.qemu.guest_agent.0"),
        *("-device", "pvpanic-pci,bus=pcie.0"),
        *("-action", "panic=exit-failure"),
    ]

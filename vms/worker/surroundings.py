"""What is looked up for a launch. Small files are read: not for the event loop of a busy host."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vms import volumes
from vms.actions.gpus import Leased
from vms.compose import parse_compose
from vms.conf import conf
from vms.configuration import Port
from vms.errors import VmmError
from vms.hypervisor.errors import LaunchRefused
from vms.images.store import BrokenImage, StoredImage, read_image
from vms.models import Vm


@dataclass(frozen=True)
class Surroundings:
    """What a launch depends on beside the VM's row and its node: looked up before, so that nothing is after.

    ``volumes`` are the files of the compose file's attached volumes, in its order. ``leased``
    is what the VM was given of the host's GPUs for this run.
    """

    image: StoredImage
    ports: tuple[Port, ...] = ()
    volumes: tuple[Path, ...] = ()
    leased: Leased = field(default_factory=Leased)


def look_up(vm: Vm, ports: tuple[Port, ...], leased: Leased) -> Surroundings:
    """Read the VM's image and find its volumes; the row need not be in the database.

    Raises:
        LaunchRefused: the image or a volume is not there (any more), or can't be used; says the way out.
    """
    try:
        image = read_image(conf().image.path, vm.image)
        attached = parse_compose(vm.compose_file).attached_volumes
        files = tuple(volumes.resolve(volume) for volume in attached)
    except BrokenImage as error:
        way_out = "put it back, or choose another image with UpdateVm"
        raise LaunchRefused(f"image: {vm.image!r} can't be used: {error}; {way_out}") from error
    except VmmError as error:
        raise LaunchRefused(error.message) from error
    return Surroundings(image, ports, files, leased)

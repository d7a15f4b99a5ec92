"""The one validation of a VM's configuration, for create and update alike.

Everything here is decided from the values alone; what depends on other VMs
(ports, limits, CIDs) is in ``reserve``, inside the transaction.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vms import volumes
from vms.actions import confidential
from vms.actions.ports import checked_ports
from vms.actions.trying import Found, tried
from vms.capabilities import Capabilities
from vms.choices import AttachMode, NetworkMode, SimulatedTee
from vms.compose import AppCompose, default_app_id, parse_compose
from vms.conf import conf
from vms.configuration import Gpus, Networking, VmConfiguration
from vms.errors import Conflict, Invalid, VmmError
from vms.models import Node
from vms.selectors.capabilities import known_of

NAME = re.compile(r"[A-Za-z0-9\-_. @~!$^()]{1,128}\Z")
IMAGE = re.compile(r"[A-Za-z0-9_\-.]{1,64}\Z")
APP_ID = re.compile(r"[0-9a-f]{40}\Z")
BRIDGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,14}\Z")
SLOT = re.compile(r"(?:[0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]\Z")
URL = re.compile(r"https?://[^\s\"'<>\\^`{|}]{1,500}\Z")
MIN_HUGEPAGES_MB = 1024
"""Huge pages have a GiB each."""
MAX_LIST = 64
"""No list of a configuration (ports, URLs, networks, GPUs) is longer than this."""
MAX_ENV_BYTES = 1 << 20
MAX_TEXT_BYTES = 4 << 20


def check(config: VmConfiguration, node: Node) -> tuple[VmConfiguration, AppCompose]:
    """Check every field and fill in the defaults (addresses, network, app id, ``no_tee``).

    ``node`` is where the VM is to run; of its row only what the host can do counts.

    Returns:
        the configuration as it will be kept, and what its compose file says.

    Raises:
        Invalid: a field is wrong; the message begins with the field's name.
        Conflict: this node can't run such a VM.
    """
    checked, compose = _fields(config, node, None)
    if compose is None:
        raise RuntimeError("a check returned nothing and raised nothing")
    _together(checked, compose, node, None)
    return checked, compose


class Examined(NamedTuple):
    """``problems`` is all that ``check`` could raise, in its order.

    ``config`` and ``compose`` are what it returns, as far as there can be anything; a field that is
    wrong has a default in there. ``is_sound`` says that none is: then a launch can be made of it.
    """

    problems: list[VmmError]
    config: VmConfiguration
    compose: AppCompose | None
    is_sound: bool


def examine(config: VmConfiguration, node: Node) -> Examined:
    """The same as ``check``, for who wants to know everything at once. Raises nothing."""
    found: list[VmmError] = []
    checked, compose = _fields(config, node, found)
    is_sound = not found
    if compose is not None:
        _together(checked, compose, node, found)
    return Examined(found, checked, compose, is_sound)


def _fields(config: VmConfiguration, node: Node, found: Found) -> tuple[VmConfiguration, AppCompose | None]:
    """Each field for itself; what is wrong is raised, or else put into ``found``."""
    able = known_of(node)
    tried(found, _check_name, config.name)
    tried(found, check_image_name, config.image)
    compose = tried(found, parse_compose, config.compose_file)
    _check_sizes(config, able, found)
    tried(found, _check_simulated, config.simulated_tee, able)
    config = _of_bounded_lists(config, found)
    networks = config.networks or (default_network(able),)
    tried(found, _check_networks, networks, able)
    gpus = tried(found, _checked_gpus, config.gpus)
    ports = tried(found, checked_ports, config.ports, networks, able.port_mapping, found)
    app_id = tried(found, _checked_app_id, config.app_id, config.compose_file)
    no_tee = tried(found, confidential.decide_no_tee, config, node)
    checked = replace(
        config,
        networks=networks,
        gpus=gpus or Gpus(),
        ports=ports or (),
        app_id=app_id or default_app_id(config.compose_file),
        no_tee=config.no_tee if no_tee is None else no_tee,
    )
    return checked, compose


def _together(checked: VmConfiguration, compose: AppCompose, node: Node, found: Found) -> None:
    """What the fields, the node and its volumes demand of each other."""
    tried(found, confidential.check, checked, compose, node)
    if node.name != conf().effective_node_name:
        return  # its volumes are looked for there, at the launch
    for volume in compose.attached_volumes:
        tried(found, volumes.resolve, volume)


def _check_name(name: str) -> None:
    if not NAME.match(name) or not name.strip():
        raise Invalid(
            "name: must be 1 to 128 of letters, digits and - _ . @ ~ ! $ ^ ( ) and space, not spaces only"
        )


def default_network(able: Capabilities) -> Networking:
    """What a VM gets that asks for no network: the operator's choice, kept with the VM from then on."""
    mode = NetworkMode(able.network_mode)
    return Networking(mode=mode, bridge_name=able.bridge if mode is NetworkMode.BRIDGE else "")


def check_image_name(image: str) -> None:
    """Raises Invalid unless ``image`` is a plain folder name."""
    if not IMAGE.match(image) or ".." in image or image == ".":
        raise Invalid("image: must be 1 to 64 of letters, digits, '_', '-' and '.', without '..'")


def _check_sizes(config: VmConfiguration, able: Capabilities, found: Found) -> None:
    for field, value, most in (
        ("vcpu", config.vcpu, 255),
        ("memory", config.memory, 1 << 24),
        ("disk_size", config.disk_size, able.max_disk_gb),
    ):
        tried(found, _check_range, field, value, most)
    for field, size, most in (
        ("encrypted_env", len(config.encrypted_env), MAX_ENV_BYTES),
        ("compose_file", len(config.compose_file.encode()), MAX_TEXT_BYTES),
        ("user_config", len(config.user_config.encode()), MAX_TEXT_BYTES),
    ):
        tried(found, _check_bytes, field, size, most)
    tried(found, _check_hugepages, config)


def _check_range(field: str, value: int, most: int) -> None:
    if not 0 < value <= most:
        raise Invalid(f"{field}: must be between 1 and {most}, not {value}")


def _check_bytes(field: str, size: int, most: int) -> None:
    if size > most:
        raise Invalid(f"{field}: must be at most {most} bytes")


def _check_hugepages(config: VmConfiguration) -> None:
    if config.hugepages and config.memory < MIN_HUGEPAGES_MB:
        raise Invalid(f"memory: must be at least {MIN_HUGEPAGES_MB} with hugepages, not {config.memory}")


def _check_simulated(simulated_tee: str, able: Capabilities) -> None:
    if not simulated_tee:
        return
    if simulated_tee not in SimulatedTee.values:
        raise Invalid(f"simulated_tee: must be one of {', '.join(sorted(SimulatedTee.values))}")
    if not able.tee_simulator:
        raise Conflict("simulated_tee: this node has no simulator configured ([cvm.tee_simulator])")


def _of_bounded_lists(config: VmConfiguration, found: Found) -> VmConfiguration:
    """The same with no list that is too long: its entries are not looked at."""
    emptied: dict[str, Any] = {}
    for field in ("ports", "kms_urls", "gateway_urls", "networks"):
        if tried(found, _check_length, field, getattr(config, field)) is None:
            emptied[field] = ()
    if tried(found, _check_length, "gpus", config.gpus.slots) is None:
        emptied["gpus"] = replace(config.gpus, slots=())
    config = replace(config, **emptied)
    for field in ("kms_urls", "gateway_urls"):
        tried(found, _check_urls, field, getattr(config, field))
    return config


def _check_length(field: str, values: tuple[object, ...]) -> int:
    if len(values) > MAX_LIST:
        raise Invalid(f"{field}: at most {MAX_LIST} entries, not {len(values)}")
    return len(values)


def _check_urls(field: str, urls: tuple[str, ...]) -> None:
    for index, url in enumerate(urls):
        if not _is_url(url):
            raise Invalid(f"{field}[{index}]: must be an http or https URL")


def _checked_gpus(gpus: Gpus) -> Gpus:
    """With its slots as discovery writes them; ``all`` has none of its own."""
    if gpus.attach_mode not in AttachMode.values:
        raise Invalid(f"gpus.attach_mode: must be listed or all, not {gpus.attach_mode!r}")
    slots: list[str] = []
    for index, given in enumerate(gpus.slots):
        where = f"gpus.gpus[{index}].slot"
        if not SLOT.match(given):
            raise Invalid(f"{where}: must be a PCI address such as 65:00.0")
        slot = given.lower().removeprefix("0000:")
        if slot in slots:
            raise Invalid(f"{where}: {slot} is already gpus.gpus[{slots.index(slot)}]")
        slots.append(slot)
    return replace(gpus, slots=() if gpus.attach_mode == AttachMode.ALL else tuple(slots))


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(URL.match(text) and parts.hostname and parts.port != 0)
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _check_networks(networks: tuple[Networking, ...], able: Capabilities) -> None:
    for index, network in enumerate(networks):
        if network == default_network(able):
            continue
        if network.mode not in (NetworkMode.USER, NetworkMode.BRIDGE):
            raise Invalid(f"networks[{index}].mode: must be user or bridge, not {network.mode!r}")
        if network.mode == NetworkMode.USER and network.bridge_name:
            raise Invalid(f"networks[{index}].bridge_name: only for mode bridge")
        if network.mode == NetworkMode.BRIDGE and not BRIDGE.match(network.bridge_name):
            raise Invalid(f"networks[{index}].bridge_name: must be the name of a bridge on the host")


def _checked_app_id(given: str, compose_file: str) -> str:
    app_id = given.lower().removeprefix("0x")
    if not app_id:
        return default_app_id(compose_file)
    if not APP_ID.match(app_id):
        raise Invalid("app_id: must be 40 hex digits (20 bytes)")
    return app_id

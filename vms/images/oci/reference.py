"""Names of repositories and tags, as people and docker write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from vms.images.errors import BadReference

DOCKER_HUB = "registry-1.docker.io"
MAX_IMAGE_NAME = 64
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?\Z")


@dataclass(frozen=True)
class Repository:
    """One repository of one registry; ``base`` is the registry's origin, like ``https://ghcr.io``."""

    base: str
    name: str

    @property
    def host(self) -> str:
        """Host and port, as in the URL."""
        return self.base.partition("://")[2]

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine: then, and only then, others of its own may be too."""
        return is_loopback(self.base)

    def __str__(self) -> str:
        return f"{self.host}/{self.name}"


def parse_repository(text: str) -> Repository:
    """A repository of ``[image] registry``, such as ``user/image`` or ``ghcr.io/user/image``.

    Names without a host are Docker Hub's, as docker reads them. Plain http is for this
    machine only, where it is the default. Raises BadReference.
    """
    scheme, separator, rest = text.strip().rpartition("://")
    if separator and scheme not in ("http", "https"):
        raise BadReference(f"{text!r}: only https (and, on this machine, http) registries can be used")
    host, slash, name = rest.partition("/")
    if not separator and (not slash or not ("." in host or ":" in host or host == "localhost")):
        host, name = "docker.io", rest
    if host in ("docker.io", "index.docker.io"):
        host, name = DOCKER_HUB, name if "/" in name else f"library/{name}"
    if not _HOST.match(host):
        raise BadReference(f"{text!r}: {host!r} is no host")
    if len(name) > 255 or not _NAME.match(name):
        raise BadReference(f"{text!r}: {name!r} is no repository, like user/image: lower case, without a tag")
    local = is_loopback(f"http://{host}")
    if scheme == "http" and not local:
        raise BadReference(f"{text!r}: http is for registries on this machine only; use https")
    return Repository(f"{scheme or ('http' if local else 'https')}://{host}", name)


def is_tag(text: str) -> bool:
    return _TAG.match(text) is not None


def local_name(tag: str) -> str:
    """The image's name here. Raises BadReference for what is no tag, or makes no image's name."""
    if not is_tag(tag):
        raise BadReference(f"{tag[:140]!r} is no tag: letters, digits, '_', '.' and '-', at most 128")
    name = tag if tag.startswith("dstack-") else f"dstack-{tag}"
    if len(name) > MAX_IMAGE_NAME or ".." in name:
        raise BadReference(f"{name!r} can't be an image's name: at most {MAX_IMAGE_NAME} characters, no '..'")
    return name


def is_loopback(url: str) -> bool:
    """Whether that URL leads to this machine by its name alone; nothing is looked up."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

"""The whole configuration, as the program sees it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from vmm_site.config.cvm import Cvm
from vmm_site.config.fleet import DatabaseUrl, Fleet, RedisUrl, lacking
from vmm_site.config.values import (
    AccessRole,
    Host,
    HostPath,
    HttpUrl,
    Ip,
    OptionalHttpUrl,
    OptionalPath,
    Port,
    ProxyAddress,
    Seconds,
    Section,
    Size,
    Text,
    Whole,
)


class Events(Section):
    """How much is kept of what happened to VMs. What is told of it is ``event_buffer_size``."""

    max_count: Annotated[Whole, Field(ge=1, le=10_000)] = 500
    """Events of one VM; never fewer than are told."""
    max_age: Seconds = 30 * 86_400
    """Seconds; 0 means that age is no reason to drop any."""


class Image(Section):
    """Where guest images lie, and the OCI repository that they can be pulled from."""

    path: HostPath
    registry: Text = ""
    max_size: Annotated[Size, Field(ge=1024**2)] = 32 * 1024**3
    """Bytes that a pulled image may take, unpacked; also what may be downloaded for it."""
    max_files: Annotated[Whole, Field(ge=1, le=1_000_000)] = 1000
    """Files and folders that a pulled image may have."""
    keep_free: Size = 1024**3
    """Bytes that a pull leaves free in the image folder's file system."""


class Kms(Section):
    """How the KMS at ``kms_url`` is known to be the one.

    A KMS makes its own certificate, so the certificate is not looked at unless ``verify`` says so
    (then the system's authorities count) or ``ca_file`` names the authorities that do.
    """

    verify: bool = False
    ca_file: OptionalPath = None


class Gateway(Section):
    """Where applications are reached from outside; URLs are made of it."""

    base_domain: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9.-]*$", max_length=253, description="a domain name")
    ] = "localhost"
    port: Port = 8082
    agent_port: Port = 8090


class Auth(Section):
    """Who may use the server. Tokens given here are as good as an administrator's."""

    enabled: bool = False
    tokens: tuple[Annotated[str, Field(min_length=1, max_length=1024)], ...] = Field(default=(), repr=False)
    htpasswd_file: OptionalPath = None
    htpasswd_role: AccessRole = AccessRole.ADMIN
    session_hours: Annotated[Whole, Field(ge=1, le=24 * 365)] = 24
    """How long a login in the browser lasts."""
    trusted_proxies: tuple[ProxyAddress, ...] = ()
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed; "unix" is the Unix socket's other end."""


class Audit(Section):
    """How long it is remembered who did what."""

    max_entries: Annotated[Whole, Field(ge=1000, le=100_000_000)] = 200_000
    max_days: Annotated[Whole, Field(ge=1, le=36_500)] = 365


class HostApi(Section):
    """Where guests reach the host: always vsock, for nothing else may."""

    address: Annotated[
        str,
        Field(pattern=r"^vsock:(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})$", description="vsock:<CID>, like vsock:2"),
    ] = "vsock:2"
    port: Annotated[Whole, Field(ge=1, lt=2**32 - 1)] = 10000

    @property
    def cid(self) -> int:
        return int(self.address.removeprefix("vsock:"), 0)


class KeyProvider(Section):
    """The local key provider that sealing keys are asked of."""

    enabled: bool = True
    address: Ip = "127.0.0.1"
    port: Port = 3443


class Netd(Section):
    """The privileged service that makes filtered TAP devices."""

    socket: HostPath = Path("/run/dstack/netd.sock")
    allowed_uids: tuple[Annotated[Whole, Field(ge=0)], ...] = ()
    libvirt_uri: Text = "qemu:///system"


class Config(Section):
    """Everything the operator decides, checked.

    ``address`` and ``port`` are the TCP listener (``address`` is empty when only
    ``unix_socket`` is listened on). ``from_file`` is the operator's file, ``None``
    where there is none: then this is a first try, and a host without confidential
    computing is used as it is. ``given`` are the keys, dotted, that file or environment set;
    ``notes`` are things worth telling at start.
    """

    address: Host = "127.0.0.1"
    port: Port = 12000
    unix_socket: OptionalPath = None
    data_dir: HostPath
    run_path: HostPath
    node_name: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9_.-]{0,100}$", description="up to 100 letters, digits, '.', '_' and '-'"),
    ] = ""
    kms_url: OptionalHttpUrl = "http://127.0.0.1:8081"
    event_buffer_size: Annotated[Whole, Field(ge=1, le=10_000)] = 20
    max_body_size: Annotated[Size, Field(ge=1024)] = 64 * 1024**2
    """Largest request that is read, in bytes; a larger one is answered 413."""
    allowed_hosts: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Further names that browsers may call this server by (beside addresses and localhost)."""
    access_log: bool = False
    """Whether each request has a line in the log."""
    insecure: bool = False
    """Whether to listen for other hosts though authentication is off: all of them own this one then."""
    database_url: DatabaseUrl = Field(default="", repr=False)
    redis_url: RedisUrl = Field(default="", repr=False)
    image: Image
    events: Events = Events()
    cvm: Cvm = Cvm()
    kms: Kms = Kms()
    gateway: Gateway = Gateway()
    auth: Auth = Auth()
    audit: Audit = Audit()
    host_api: HostApi = HostApi()
    key_provider: KeyProvider = KeyProvider()
    netd: Netd = Netd()
    fleet: Fleet = Fleet()
    from_file: Path | None = None
    given: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _listens_somewhere(self) -> Self:
        if not self.address and self.unix_socket is None:
            raise ValueError("neither an address nor a unix_socket to listen on")
        return self

    @model_validator(mode="after")
    def _is_a_whole_fleet_or_none(self) -> Self:
        if lacks := lacking(self.database_url, self.redis_url, self.fleet):
            raise ValueError("; ".join(lacks))
        return self

    @property
    def kms_urls(self) -> tuple[HttpUrl, ...]:
        """KMS addresses that VMs get which bring none of their own."""
        return self.cvm.kms_urls

    @property
    def effective_node_name(self) -> str:
        """The node's name in the database and for people: the configured one, else the host's."""
        return self.node_name or socket.gethostname() or "localhost"

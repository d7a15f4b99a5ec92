"""The app-compose file, as far as the host must understand it. It is read, never rewritten."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vms.choices import SimulatedTee
from vms.errors import Invalid

MAX_INIT_SCRIPTS = 5
MAX_VOLUMES = 64
MAX_PATH = 4096
_BRING_A_TPM = (SimulatedTee.GCP_TDX, SimulatedTee.AWS_NITRO_TPM)
_SOURCE = re.compile(r"[^/\x00]{1,255}\Z")
_VERSION = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


class KeyProvider(StrEnum):
    """Who gives the application its keys."""

    NONE = "none"
    KMS = "kms"
    LOCAL = "local"
    TPM = "tpm"


@dataclass(frozen=True)
class Volume:
    """A read-only disk: ``source`` is a bare file name, ``root`` (32 bytes) what dm-verity checks it by."""

    source: str
    root: bytes
    target: PurePosixPath


@dataclass(frozen=True)
class AppCompose:
    """The few fields that matter to the host; everything else passes through untouched.

    ``gpu_policy`` is as it stands there, for it is measured as it stands. ``measure_acpi_tables``
    is the file's own word on how TDX guests attest, ``None`` where it says nothing.
    """

    name: str
    manifest_version: int
    gateway_enabled: bool
    key_provider: KeyProvider = KeyProvider.NONE
    key_provider_id: bytes = b""
    no_instance_id: bool = False
    init_scripts: tuple[str, ...] = ()
    measure_acpi_tables: bool | None = None
    gpu_policy: Any = None
    volumes: tuple[Volume, ...] = ()

    @property
    def attached_volumes(self) -> tuple[Volume, ...]:
        """Those that become disks: one that is mounted several times (same root) is attached once."""
        first: dict[bytes, Volume] = {}
        for volume in self.volumes:
            first.setdefault(volume.root, volume)
        return tuple(first.values())

    def needs_swtpm(self, simulated_tee: str) -> bool:
        """Whether the host must bring a TPM: the keys come from one, and the simulated platform has none."""
        return self.key_provider is KeyProvider.TPM and simulated_tee not in _BRING_A_TPM


def compose_hash(compose_file: str) -> str:
    """SHA-256 of the exact bytes, lower-case hex: the application's identity."""
    return hashlib.sha256(compose_file.encode()).hexdigest()


def default_app_id(compose_file: str) -> str:
    """The app id of a VM that was given none: the first 20 bytes of the compose hash, hex."""
    return compose_hash(compose_file)[:40]


def parse_compose(compose_file: str) -> AppCompose:
    """Check the app-compose file and read what the host needs.

    Raises:
        Invalid: it is no JSON object, ``manifest_version``, ``name`` or ``runner`` is missing,
            or a field that matters to the host is of a wrong type; the message names it.
    """
    if not compose_file:
        raise Invalid("compose_file: is missing; give the app-compose file as JSON text")
    try:
        document = orjson.loads(compose_file)
    except ValueError as error:
        raise Invalid(f"compose_file: is not JSON ({error})") from error
    if not isinstance(document, dict):
        raise Invalid("compose_file: must be a JSON object")
    try:
        fields = _Document.model_validate(document)
    except ValidationError as error:
        raise Invalid(_in_words(error)) from None
    requirements = fields.requirements or _Requirements()
    return AppCompose(
        name=fields.name,
        manifest_version=fields.manifest_version,
        gateway_enabled=fields.says_gateway,
        key_provider=fields.provider,
        key_provider_id=fields.key_provider_id,
        no_instance_id=fields.no_instance_id,
        init_scripts=tuple(fields.init_script),
        measure_acpi_tables=requirements.tdx_measure_acpi_tables,
        gpu_policy=(document.get("requirements") or {}).get("gpu_policy"),
        volumes=_volumes(fields.verity_volumes),
    )


def _manifest_version(value: object) -> int:
    """The legacy numbers 1 and 2, or any version as text: what guests take."""
    if isinstance(value, int) and not isinstance(value, bool) and value in (1, 2):
        return value
    if isinstance(value, str) and _VERSION.match(value.strip()):
        return int(value)
    raise ValueError('must be given, as 1, 2 or text such as "3"')


def _scripts(value: object) -> object:
    """One script is the list of it."""
    return [] if value is None else [value] if isinstance(value, str) else value


def _hex(value: object) -> bytes:
    text = value.removeprefix("0x") if isinstance(value, str) else ""
    if not isinstance(value, str) or not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", text):
        raise ValueError("must be hex digits, two for each byte")
    return bytes.fromhex(text)


def _root(value: object) -> bytes:
    if len(root := _hex(value)) != 32:
        raise ValueError("must be 64 hex digits (32 bytes)")
    return root


def _source(value: object) -> str:
    if not isinstance(value, str) or not _SOURCE.match(value) or value in (".", ".."):
        raise ValueError("must be the bare name of a file")
    return value


def _target(value: object) -> PurePosixPath:
    """As the guest compares places: ``/a``, ``/a/`` and ``//a`` are one."""
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value or len(value) > MAX_PATH:
        raise ValueError("must be an absolute path")
    return PurePosixPath("/", value.lstrip("/"))


def _size(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int) or (value != "" and str(value)[0] == "-"):
        raise ValueError('must be bytes, or text such as "2G"')
    return value


Bytes = Annotated[bytes, BeforeValidator(_hex)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _GpuPolicy(_Part):
    """Guests refuse what they don't know of a policy, and so do we: half of one protects nobody."""

    model_config = ConfigDict(extra="forbid")

    attest_gpu: bool = True
    rego: str | None = None
    allow_devtools: bool = False
    allow_debug: bool = False
    allow_insecure_boot: bool = False


class _Requirements(_Part):
    os_version: str | None = None
    platforms: list[str] | None = None
    tdx_measure_acpi_tables: bool | None = None
    launch_token_hash: str | None = None
    gpu_policy: _GpuPolicy = _GpuPolicy()


class _Volume(_Part):
    source: Annotated[str, BeforeValidator(_source)]
    verity_root: Annotated[bytes, BeforeValidator(_root)]
    target: Annotated[PurePosixPath, BeforeValidator(_target)]


class _Document(_Part):
    """Unknown fields are for the guest, newer ones than we know included."""

    manifest_version: Annotated[int, BeforeValidator(_manifest_version)]
    name: str
    runner: str
    features: list[str] = []
    docker_compose_file: str | None = None
    kms_enabled: bool = False
    gateway_enabled: bool = False
    tproxy_enabled: bool = False
    local_key_provider_enabled: bool = False
    key_provider: Annotated[KeyProvider, Field(strict=False)] | None = None
    key_provider_id: Bytes = b""
    public_logs: bool = False
    public_sysinfo: bool = False
    public_tcbinfo: bool = True
    allowed_envs: list[str] = []
    no_instance_id: bool = False
    secure_time: bool = True
    storage_fs: str | None = None
    swap_size: Annotated[Any, BeforeValidator(_size)] = 0
    init_script: Annotated[list[str], BeforeValidator(_scripts), Field(max_length=MAX_INIT_SCRIPTS)] = []
    requirements: _Requirements | None = None
    verity_volumes: Annotated[list[_Volume], Field(max_length=MAX_VOLUMES)] = []

    @property
    def provider(self) -> KeyProvider:
        """The newer field wins over the two older ones."""
        if self.key_provider is not None:
            return self.key_provider
        if self.kms_enabled:
            return KeyProvider.KMS
        return KeyProvider.LOCAL if self.local_key_provider_enabled else KeyProvider.NONE

    @property
    def says_gateway(self) -> bool:
        """Also in the two older spellings that deployed compose files still use."""
        return self.gateway_enabled or self.tproxy_enabled or "tproxy-net" in self.features


def _volumes(found: list[_Volume]) -> tuple[Volume, ...]:
    """Raises Invalid for a target that two volumes want."""
    at: dict[PurePosixPath, int] = {}
    for index, one in enumerate(found):
        earlier = at.setdefault(one.target, index)
        if earlier != index:
            where = f"verity_volumes[{index}].target"
            taken = f"{str(one.target)!r} is already that of verity_volumes[{earlier}]"
            raise Invalid(f"compose_file: {where}: {taken}")
    return tuple(Volume(one.source, one.verity_root, one.target) for one in found)


_WORDS = {
    "missing": "must be given",
    "string_type": "must be given, as text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "model_type": "must be a JSON object",
    "extra_forbidden": "is not known",
}


def _in_words(error: ValidationError) -> str:
    """The first problem, as ``compose_file: key_provider must be …``."""
    problem = error.errors(include_url=False, include_input=False)[0]
    *above, last = problem["loc"]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in (*above, last))
    if problem["type"] == "value_error":
        words = str(problem.get("ctx", {}).get("error"))
    else:
        words = _WORDS.get(problem["type"], problem["msg"][0].lower() + problem["msg"][1:])
    if problem["type"] == "too_long":
        words = f"must have at most {problem['ctx']['max_length']} entries"
    return f"compose_file: {place.removeprefix('.')}: {words}"[:500]

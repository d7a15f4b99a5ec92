"""What the configuration names on the network: is it there, and does it answer?"""

from __future__ import annotations

import asyncio
import socket

from vms.errors import VmmError
from vms.images.errors import BadReference, PullError
from vms.images.oci.reference import parse_repository
from vms.images.registry import Registry
from vms.kms.client import APP_ID_BYTES, Kms, env_encrypt_public_key
from vms.preflight.finding import Outcome, note, ok, problem, skipped, warning
from vms.preflight.host import Host

KMS_S = 3.0
REGISTRY_S = 8.0
CONNECT_S = 2.0


def kms(host: Host) -> Outcome:
    """It gives a key, as for GetAppEnvEncryptPubKey; the application asked for is nobody's."""
    config = host.config
    if not config.kms_url:
        return skipped("not asked: kms_url is empty")
    asked = Kms(config.kms_url, verify=config.kms.verify, ca_file=config.kms.ca_file)

    async def ask() -> None:
        async with asyncio.timeout(KMS_S):
            await env_encrypt_public_key(asked, bytes(APP_ID_BYTES))

    try:
        asyncio.run(ask())
    except TimeoutError:
        found = f"the KMS at {asked} does not answer within {KMS_S:g} s"
    except VmmError as error:
        found = error.message
    else:
        return ok(f"the KMS at {asked} answers")
    remedy = "start the KMS, or set kms_url (empty: none)"
    return _absent(host.has_set("kms_url"), found, remedy)


def key_provider(host: Host) -> Outcome:
    """Somebody listens where guests' sealing keys are asked of."""
    config = host.config.key_provider
    if not config.enabled:
        return skipped("not asked: enabled in [key_provider] is false")
    try:
        with socket.create_connection((config.address, config.port), CONNECT_S):
            return ok(f"{config.address}:{config.port} accepts connections")
    except OSError as error:
        found = f"nobody answers at {config.address}:{config.port} ({error.strerror or 'no answer in time'})"
    remedy = "start the key provider, or set address and port in [key_provider] (enabled = false: none)"
    return _absent(host.has_set("key_provider"), found, remedy)


def registry(host: Host) -> Outcome:
    """It lists the repository's tags."""
    written = host.config.image.registry.strip()
    if not written:
        return skipped("not asked: registry in [image] is empty")
    try:
        repository = parse_repository(written)
    except BadReference as error:
        return problem(str(error), "set registry in [image] right")

    async def ask() -> int:
        async with asyncio.timeout(REGISTRY_S), Registry(repository) as client:
            return len(await client.tags())

    try:
        count = asyncio.run(ask())
    except TimeoutError:
        return warning(
            f"registry {repository} does not answer within {REGISTRY_S:g} s", _REACH, prevents=True
        )
    except PullError as error:
        return warning(str(error), _REACH, prevents=True)
    return ok(f"{repository} has {count} tag{'' if count == 1 else 's'}")


_REACH = (
    "set registry in [image] right, docker login as the server's user, or set HTTPS_PROXY where it needs one"
)


def _absent(configured: bool, found: str, remedy: str) -> Outcome:
    """Where the operator named it, he wants it; a default may well name nobody."""
    if configured:
        return warning(found, remedy, prevents=True)
    return note(found, remedy, prevents=True)

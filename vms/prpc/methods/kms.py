"""What is asked of the KMS on behalf of a deployer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from vms.access.policy import Permission
from vms.conf import conf
from vms.errors import Invalid, Unavailable
from vms.kms.client import APP_ID_BYTES, Kms, env_encrypt_public_key
from vms.prpc import serializers
from vms.prpc.methods.base import Method, Pending, Values


def _public_key(values: Values) -> Pending:
    app_id: bytes = values["app_id"]
    if len(app_id) != APP_ID_BYTES:
        raise Invalid(f"app_id: must be {APP_ID_BYTES} bytes (40 hex digits), not {len(app_id)}")
    config = conf()
    if not config.kms_url:
        raise Unavailable("no KMS is configured; kms_url names it")
    kms = Kms(config.kms_url, verify=config.kms.verify, ca_file=config.kms.ca_file)

    async def answered() -> dict[str, Any]:
        return asdict(await env_encrypt_public_key(kms, app_id))

    return Pending(answered)


METHODS = (
    Method(
        "GetAppEnvEncryptPubKey", Permission.LOOK, serializers.AppId, _public_key, changes=False, flat=True
    ),
)

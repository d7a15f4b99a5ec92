"""What the host reads of an app-compose file, and what it refuses in words."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.compose import AppCompose, KeyProvider, Volume, parse_compose
from vms.errors import Invalid

LEAST = {"manifest_version": 2, "name": "hello", "runner": "docker-compose"}
ROOT = "ab" * 32


def volume(source: str = "models.img", root: str = ROOT, target: str = "/models") -> dict[str, str]:
    return {"source": source, "verity_root": root, "target": target}


def parsed(**fields: Any) -> AppCompose:
    return parse_compose(json.dumps(LEAST | fields))


def test_the_least_that_is_a_compose_file() -> None:
    assert parsed() == AppCompose(name="hello", manifest_version=2, gateway_enabled=False)


def test_everything_that_matters_to_the_host() -> None:
    policy = {"attest_gpu": True, "rego": "package policy\n", "allow_debug": False}
    everything = {
        "manifest_version": "3",
        "docker_compose_file": "services: {}",
        "gateway_enabled": True,
        "key_provider": "tpm",
        "key_provider_id": "00ff",
        "public_logs": True,
        "public_sysinfo": True,
        "public_tcbinfo": False,
        "allowed_envs": ["A"],
        "no_instance_id": True,
        "secure_time": False,
        "storage_fs": "zfs",
        "swap_size": "2G",
        "init_script": ["echo one", "echo two"],
        "requirements": {
            "os_version": ">=0.6.0",
            "platforms": ["dstack-tdx"],
            "tdx_measure_acpi_tables": False,
            "launch_token_hash": "00" * 32,
            "gpu_policy": policy,
        },
        "verity_volumes": [volume()],
        "of_a_newer_guest": {"any": ["thing"]},
    }
    assert parsed(**everything) == AppCompose(
        name="hello",
        manifest_version=3,
        gateway_enabled=True,
        key_provider=KeyProvider.TPM,
        key_provider_id=b"\x00\xff",
        no_instance_id=True,
        init_scripts=("echo one", "echo two"),
        measure_acpi_tables=False,
        gpu_policy=policy,
        volumes=(Volume("models.img", bytes.fromhex(ROOT), PurePosixPath("/models")),),
    )


@pytest.mark.parametrize(
    "fields, provider",
    [
        ({"key_provider": "none", "kms_enabled": True}, KeyProvider.NONE),
        ({"key_provider": "local", "kms_enabled": True}, KeyProvider.LOCAL),
        ({"key_provider": None, "kms_enabled": True, "local_key_provider_enabled": True}, KeyProvider.KMS),
        ({"local_key_provider_enabled": True}, KeyProvider.LOCAL),
        ({"kms_enabled": False, "local_key_provider_enabled": False}, KeyProvider.NONE),
    ],
)
def test_the_newest_word_on_the_key_provider_counts(fields: dict[str, Any], provider: KeyProvider) -> None:
    assert parsed(**fields).key_provider is provider


@pytest.mark.parametrize(
    "fields", [{"gateway_enabled": True}, {"tproxy_enabled": True}, {"features": ["kms", "tproxy-net"]}]
)
def test_the_gateway_is_enabled_in_three_spellings(fields: dict[str, Any]) -> None:
    assert parsed(**fields).gateway_enabled
    assert not parsed(gateway_enabled=False, tproxy_enabled=False, features=["kms"]).gateway_enabled


@pytest.mark.parametrize("version, number", [(1, 1), (2, 2), ("1", 1), ("3", 3), (" 3 ", 3), ("12", 12)])
def test_versions_that_guests_take(version: Any, number: int) -> None:
    assert parsed(manifest_version=version).manifest_version == number


@pytest.mark.parametrize("script, scripts", [("a", ("a",)), (None, ()), ([], ()), (["a"] * 5, ("a",) * 5)])
def test_one_init_script_or_up_to_five(script: Any, scripts: tuple[str, ...]) -> None:
    assert parsed(init_script=script).init_scripts == scripts


def test_a_root_that_is_mounted_twice_is_attached_once() -> None:
    volumes = [volume(target="/a"), volume("other.img", target="/b"), volume("x", "cd" * 32, "/c")]
    compose = parsed(verity_volumes=volumes)
    assert len(compose.volumes) == 3
    assert [one.source for one in compose.attached_volumes] == ["models.img", "x"]


@pytest.mark.parametrize(
    "fields, begins",
    [
        ({"manifest_version": None}, "manifest_version: must be given"),
        ({"manifest_version": 0}, "manifest_version: "),
        ({"manifest_version": 3}, "manifest_version: must be given, as 1, 2 or text"),
        ({"manifest_version": True}, "manifest_version: "),
        ({"manifest_version": "03"}, "manifest_version: "),
        ({"manifest_version": "3.0"}, "manifest_version: "),
        ({"name": 5}, "name: must be given, as text"),
        ({"runner": None}, "runner: must be given, as text"),
        ({"features": "tproxy-net"}, "features: must be a list"),
        ({"gateway_enabled": "yes"}, "gateway_enabled: must be true or false"),
        ({"kms_enabled": 1}, "kms_enabled: must be true or false"),
        ({"key_provider": "hsm"}, "key_provider: input should be 'none', 'kms', 'local' or 'tpm'"),
        ({"key_provider_id": "abc"}, "key_provider_id: must be hex digits"),
        ({"key_provider_id": 5}, "key_provider_id: must be hex digits"),
        ({"no_instance_id": "false"}, "no_instance_id: must be true or false"),
        ({"swap_size": -1}, "swap_size: must be bytes"),
        ({"swap_size": []}, "swap_size: must be bytes"),
        ({"init_script": ["a"] * 6}, "init_script: must have at most 5 entries"),
        ({"init_script": ["a", 2]}, "init_script[1]: must be given, as text"),
        ({"init_script": 7}, "init_script: must be a list"),
        ({"requirements": []}, "requirements: must be a JSON object"),
        ({"requirements": {"platforms": "dstack-tdx"}}, "requirements.platforms: must be a list"),
        (
            {"requirements": {"tdx_measure_acpi_tables": "no"}},
            "requirements.tdx_measure_acpi_tables: must be",
        ),
        ({"requirements": {"gpu_policy": None}}, "requirements.gpu_policy: must be a JSON object"),
        ({"requirements": {"gpu_policy": {"rego": 5}}}, "requirements.gpu_policy.rego: must be given"),
        ({"requirements": {"gpu_policy": {"n": 1e400}}}, "is not JSON"),
        ({"requirements": {"gpu_policy": {"lax": 1}}}, "requirements.gpu_policy.lax: is not known"),
        ({"verity_volumes": {}}, "verity_volumes: must be a list"),
        ({"verity_volumes": [volume("a/b")]}, "verity_volumes[0].source: must be the bare name"),
        ({"verity_volumes": [volume("..")]}, "verity_volumes[0].source: must be the bare name"),
        ({"verity_volumes": [volume("")]}, "verity_volumes[0].source: must be the bare name"),
        ({"verity_volumes": [volume(root="ab")]}, "verity_volumes[0].verity_root: must be 64 hex digits"),
        ({"verity_volumes": [volume(target="models")]}, "verity_volumes[0].target: must be an absolute path"),
        ({"verity_volumes": [{"source": "a"}]}, "verity_volumes[0].verity_root: must be given"),
        (
            {"verity_volumes": [volume(), volume("b", "cd" * 32, "//models/")]},
            "verity_volumes[1].target: '/models' is already that of verity_volumes[0]",
        ),
        (
            {"verity_volumes": [volume(target=f"/{n}") for n in range(65)]},
            "verity_volumes: must have at most",
        ),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], begins: str) -> None:
    with pytest.raises(Invalid) as refused:
        parsed(**fields)
    assert refused.value.message.startswith(f"compose_file: {begins}")


@pytest.mark.parametrize("text", ['{"name": "\\ud800"}', '{"name": NaN}', "[" * 100_000, "{", "nonsense"])
def test_only_json_is_json(text: str) -> None:
    with pytest.raises(Invalid, match="is not JSON"):
        parse_compose(text)


FIELDS = (
    *("manifest_version", "name", "runner", "features", "docker_compose_file", "kms_enabled", "swap_size"),
    *("gateway_enabled", "tproxy_enabled", "local_key_provider_enabled", "key_provider", "key_provider_id"),
    *("public_logs", "allowed_envs", "no_instance_id", "storage_fs", "init_script", "requirements"),
    *("verity_volumes", "source", "verity_root", "target", "gpu_policy", "rego", "platforms"),
)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
anything = st.recursive(
    leaves | st.sampled_from(["tpm", "0x", "ab" * 32, "/a", "tproxy-net", "-"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6))
def test_whatever_stands_there_is_read_or_refused_in_words(fields: dict[str, Any]) -> None:
    compose, words = None, "compose_file: it was read"
    try:
        compose = parse_compose(json.dumps(LEAST | fields))
    except Invalid as refused:
        words = refused.message
    assert words.startswith("compose_file: ")
    assert len(words) <= 500
    assert compose is None or all(len(volume.root) == 32 for volume in compose.attached_volumes)

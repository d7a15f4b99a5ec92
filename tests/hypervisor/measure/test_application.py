"""The parts of a compose file that are hashed on their own, and RFC 8785 under them."""

from __future__ import annotations

import hashlib
import json
import struct
from typing import Any

import pytest

from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.measure import gpu_policy_hash, init_script_hashes


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def with_policy(policy: object) -> dict[str, Any]:
    return {"manifest_version": 2, "requirements": {"gpu_policy": policy}}


@pytest.mark.parametrize(
    "compose", [{}, {"requirements": None}, {"requirements": {}}, with_policy({})], ids=str
)
def test_no_gpu_policy_is_an_empty_one(compose: dict[str, Any]) -> None:
    assert (
        gpu_policy_hash(compose).hex() == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )


@pytest.mark.parametrize(
    "text, canonical",
    [
        ('{"b": [ 1 , {} , [ ] ], "a": null}', '{"a":null,"b":[1,{},[]]}'),
        ('{"attest_gpu": true, "allow_debug": false}', '{"allow_debug":false,"attest_gpu":true}'),
        ("null", "null"),
        # Names in the order of their UTF-16 units: what lies beyond U+FFFF comes before U+E000.
        (
            '{"\\ufb33": 1, "\\ud83d\\ude00": 2, "\\r": 3, "1": 4}',
            '{"\\r":3,"1":4,"\U0001f600":2,"\ufb33":1}',
        ),
        # Only what JSON must escape is escaped, and nothing is normalised.
        ('"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        ('"\\u0000\\b\\t\\n\\f\\r\\u001f\\u007f\\u2028"', '"\\u0000\\b\\t\\n\\f\\r\\u001f\u007f\u2028"'),
        ('"e\\u0301"', '"e\u0301"'),
        ("[333333333.33333329, 1E30, 4.50, 2e-3, 1e-27]", "[333333333.3333333,1e+30,4.5,0.002,1e-27]"),
        ("[1.0, -0.0, -0, 1e21, 1e20, 123456789012345680000]", ""),
        ("[9007199254740991, -9007199254740991]", "[9007199254740991,-9007199254740991]"),
        ("[1e-6, 1e-7, 0.1, -1.5]", "[0.000001,1e-7,0.1,-1.5]"),
    ],
)
def test_the_policy_is_hashed_in_its_canonical_form(text: str, canonical: str) -> None:
    policy = json.loads(text)
    if not canonical:  # one number in it is beyond what a double holds exactly
        with pytest.raises(LaunchRefused, match="123456789012345680000"):
            gpu_policy_hash(with_policy(policy))
        policy, canonical = policy[:-1], "[1,0,0,1e+21,100000000000000000000]"
    assert gpu_policy_hash(with_policy(policy)) == sha256(canonical.encode())


@pytest.mark.parametrize(
    "bits, canonical",
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_doubles_as_in_appendix_b_of_the_rfc(bits: str, canonical: str) -> None:
    number = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert gpu_policy_hash(with_policy([number])) == sha256(f"[{canonical}]".encode())


@pytest.mark.parametrize(
    "policy",
    [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"\udfff": 1}, json.loads("1e999")],
    ids=repr,
)
def test_what_has_no_canonical_form_is_refused(policy: object) -> None:
    with pytest.raises(LaunchRefused, match=r"^requirements.gpu_policy: can't be measured"):
        gpu_policy_hash(with_policy({"x": [policy]}))


def test_a_bottomless_policy_is_refused() -> None:
    policy: list[Any] = []
    for _ in range(100_000):
        policy = [policy]
    with pytest.raises(LaunchRefused, match=r"^requirements.gpu_policy"):
        gpu_policy_hash(with_policy(policy))


@pytest.mark.parametrize("manifest_version", [1, 2])
def test_below_manifest_version_3_scripts_are_not_measured(manifest_version: int) -> None:
    assert init_script_hashes(manifest_version, ["a"]) is None


@pytest.mark.parametrize(
    "script, scripts",
    [
        (None, []),
        ([], []),
        ("", [""]),
        ("echo é", ["echo é"]),
        (["b", "a"], ["b", "a"]),
        (("a", "a", "a", "a", "a"), ["a", "a", "a", "a", "a"]),
    ],
)
@pytest.mark.parametrize("manifest_version", [3, 4])
def test_each_script_s_bytes_are_hashed_in_order(
    manifest_version: int, script: Any, scripts: list[str]
) -> None:
    assert init_script_hashes(manifest_version, script) == tuple(sha256(each.encode()) for each in scripts)


def test_a_sixth_script_is_refused() -> None:
    with pytest.raises(LaunchRefused, match=r"^init_script: at most 5 scripts are allowed, not 6$"):
        init_script_hashes(3, ["a"] * 6)


def test_a_script_that_is_no_text_is_refused() -> None:
    with pytest.raises(LaunchRefused, match=r"^init_script: half of a surrogate pair"):
        init_script_hashes(3, "echo \ud800")

"""MAC addresses: given vectors, and what every address must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.hypervisor.network import mac_address, tap_name


@pytest.mark.parametrize(
    "index, prefix, expected",
    [
        (0, b"", "96:b1:d8:b9:08:e6"),
        (1, b"", "c6:74:2c:65:14:b9"),
        (0, b"\x52\x54\x00", "52:54:00:97:b1:d8"),
        (0, b"\x01", "02:97:b1:d8:b9:08"),
    ],
)
def test_addresses_are_derived_as_dstack_does(index: int, prefix: bytes, expected: str) -> None:
    assert mac_address("vm-123", index, prefix) == expected


@given(st.text("abc-_123", min_size=1), st.integers(0, 64), st.binary(max_size=3))
def test_every_address_is_local_unicast(vm_id: str, index: int, prefix: bytes) -> None:
    address = mac_address(vm_id, index, prefix)
    octets = bytes.fromhex(address.replace(":", ""))
    assert len(octets) == 6
    assert octets[0] & 0b11 == 0b10


@pytest.mark.parametrize(
    "index, expected",
    [(0, "dt95899f36deea"), (2, "dt9c673ea13edb"), (10, "dtc5f7661d4ac0")],
)
def test_tap_devices_are_named_as_their_service_names_them(index: int, expected: str) -> None:
    assert tap_name("node-1", "vm-123", index) == expected

"""The guest's reader of JSON, run by the guest's own busybox: apps may be called anything."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vms.images.demo.initrd import GUEST_DIR

SCRIPT = GUEST_DIR / "usr/lib/demo/json-strings"

pytestmark = pytest.mark.real


def read(busybox: Path, text: bytes, *keys: str) -> list[bytes]:
    """The lines that the guest's script prints. It ends by itself, so nothing is left running."""
    with tempfile.TemporaryFile() as output:
        command: list[str | Path] = [busybox, "sh", SCRIPT, "/dev/stdin", *keys]
        subprocess.run(command, input=text, stdout=output, check=True)
        output.seek(0)
        return output.read().split(b"\n")[:-1]


def as_one_line(value: str) -> str:
    return "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in value)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ['"', "\\", '\\"', '"name": "trap"', "\\u0041", "{[", "a,b}", "🧀"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(text.filter(lambda key: key != "name"), anything, max_size=4), text, st.booleans())
def test_the_name_is_found_among_anything(
    busybox: Path, rest: dict[str, object], name: str, ascii_only: bool
) -> None:
    rest = {"inner": {"name": "not this one"}, **rest, "name": name, "after": [{"name": "nor this"}]}
    document = json.dumps(rest, ensure_ascii=ascii_only, indent=2 if ascii_only else None)
    assert read(busybox, document.encode(), "name") == [as_one_line(name).encode()]


def test_each_key_has_one_line(busybox: Path) -> None:
    document = b'{"a":"1","flag":true,"list":["x"],"none":null,\n "number" : -1.5e3 }'
    found = read(busybox, document, "flag", "absent", "number", "list", "a")
    assert found == [b"true", b"", b"-1.5e3", b"", b"1"]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_nonsense_never_gives_more_than_a_line_each(busybox: Path, nonsense: bytes) -> None:
    assert len(read(busybox, nonsense, "name", "runner")) == 2


def test_a_compose_of_a_megabyte_is_read_in_a_moment(busybox: Path) -> None:
    document = json.dumps({"docker_compose_file": 'line "quoted" \\ \n' * 60_000, "name": "big"})
    assert read(busybox, document.encode(), "name") == [b"big"]


def test_a_name_of_quotation_marks_and_backslashes_ends(busybox: Path) -> None:
    for name in ('"', "\\", '\\"', '"\\\\"'):
        assert read(busybox, json.dumps({"name": name}).encode(), "name") == [name.encode()]

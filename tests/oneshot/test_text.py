"""A plan as people read it, compared whole; ``golden/`` is read by a person before it is believed."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.launches.host import IMAGE, compose, make_image
from tests.launches.test_refusals import POOR, TDX
from vms.conf import conf
from vms.oneshot import plan
from vms.oneshot.plan import Plan, make_plan
from vms.oneshot.request import parse
from vms.oneshot.text import report
from vms.worker.host import Host

GOLDEN = Path(__file__).with_name("golden")
REQUEST = {
    "id": "vm-1",
    "name": "my app",
    "image": IMAGE,
    "compose_file": compose(key_provider="kms", key_provider_id="33" * 32),
    "vcpu": 2,
    "memory": 4096,
    "disk_size": 10,
    "encrypted_env": "00ff" * 40,
    "user_config": "one\ntwo",
    "instance_id_seed": "ab" * 20,
    "created_at_ms": 1700000000000,
}


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    make_image(tmp_path / "images")
    image = conf().image.model_copy(update={"path": tmp_path / "images"})
    values = {"image": image, "data_dir": Path("/nowhere"), "from_file": tmp_path / "vmm.toml"}
    settings.VMM = conf().model_copy(update=values)
    return tmp_path


def planned(monkeypatch: pytest.MonkeyPatch, host: Host, **changed: Any) -> Plan:
    monkeypatch.setattr(plan, "look_around", lambda: host)
    return make_plan(parse(json.dumps(REQUEST | changed).encode()), rehearsal=True)


@pytest.mark.parametrize(
    "name, host, changed",
    [("tdx", TDX, {}), ("refused", POOR, {"vcpu": 0, "gpus": {"gpus": [{"slot": "65:00.0"}]}})],
)
def test_the_text_is_the_one_that_was_read(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, host: Host, changed: dict[str, Any]
) -> None:
    text = "\n".join(report(planned(monkeypatch, host, **changed))) + "\n"
    assert text.replace(str(folder), "/folder") == (GOLDEN / f"{name}.txt").read_text()


def test_the_command_line_can_be_pasted(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    told = planned(monkeypatch, TDX)
    lines = "\n".join(report(told)).split("\n\n")[1].splitlines()[1:]
    assert shlex.split("\n".join(lines).replace("\\\n", " ")) == list(told.argv)
    assert sum(line.lstrip().startswith("-device ") for line in lines) == told.argv.count("-device")

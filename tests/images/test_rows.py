"""The image rows say what the folder holds, and are written only when that changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import configure
from tests.images.test_material import SNP, TDX, with_firmware
from tests.in_process import InProcess
from tests.rows import make_node
from tests.waiting import eventually
from vms.actions.images import ImageFields, sync
from vms.database import in_database
from vms.models import Image

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_row_says_what_its_image_can_be_launched_on(
    node: InProcess, settings: Any, tmp_path: Path
) -> None:
    folder = with_firmware(tmp_path / "more", TDX, SNP, bios="b")
    configure(settings, path=folder.parent)

    async def row() -> Image | None:
        return await in_database(Image.objects.filter(name=folder.name).first)

    async def supports(*words: str) -> bool:
        image = await row()
        return image is not None and image.supports == list(words)

    await eventually(lambda: supports("tdx", "tdx-lite", "amd-sev-snp"), 20)
    (folder / TDX).unlink()
    await eventually(lambda: supports("tdx", "amd-sev-snp"), 20)
    (folder / SNP).write_bytes(b"forged")
    await eventually(lambda: supports(), 20)
    broken = await row()
    assert broken is not None
    assert broken.problem == f"{SNP} is not what sha256sum.txt says"


def test_what_is_known_already_is_not_written_again() -> None:
    node = make_node()
    image = ImageFields("dstack-0.5.4", "0.5.4", "", False, "", 13, "", ["tdx", "tdx-lite"])
    assert sync(node.pk, [image])
    assert not sync(node.pk, [image])
    assert Image.objects.get(node=node).supports == ["tdx", "tdx-lite"]

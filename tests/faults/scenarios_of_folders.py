"""The scenarios about images and about VMs that come from elsewhere; see ``scenarios``."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.faults.scenarios import Deed, Scenario, stopped
from tests.faults.server import lay_out_image
from tests.faults.story import Story
from tests.images.real_registry import RealRegistry
from tests.images.tiny import tiny_layer
from tests.prpc.test_reload import MANIFEST, make_folder, qcow2
from tests.real.server import wait_until

TAG, IMAGE = "0.5.3", "dstack-0.5.3"
NO_TAG = "0.0.0"
OLD_ID = "from-elsewhere"
PIECE = b"".ljust(3 << 20, b"\0")


def push(registry: RealRegistry) -> None:
    """What the scenarios pull."""
    registry.pusher.layers(TAG, tiny_layer())


# -- images


def no_image(story: Story) -> None:
    """The registry's image isn't here."""


def local_image(story: Story) -> None:
    lay_out_image(story.server.data / "image", IMAGE)
    wait_until("the image is known", lambda: _image_rows(story))


def failed_pull(story: Story) -> None:
    """A pull of what the registry hasn't got; its row stays until it is forgotten."""
    story.server.post("PullRegistryImage", {"tag": NO_TAG})
    wait_until("the pull has failed", lambda: "failed" in _pull_states(story))


def pulls(story: Story) -> None:
    story.server.cut("PullRegistryImage", tag=TAG)


def deletes(name: str) -> Deed:
    def deed(story: Story) -> None:
        story.server.cut("DeleteImage", id=name)

    return deed


def image(story: Story) -> str:
    """``whole`` where it is on disk, in the database, and nothing more; ``none`` where nothing is."""
    folder = story.server.data / "image" / IMAGE
    rows, states = _image_rows(story), _pull_states(story)
    if folder.exists():
        return "whole" if rows == [""] and "failed" not in states else f"{rows} {states}"
    return f"{rows} {states}" if rows or states else "none"


def _image_rows(story: Story) -> list[str]:
    return [row[0] for row in story.host.query(f"SELECT problem FROM vms_image WHERE name = '{IMAGE}'")]


def _pull_states(story: Story) -> list[str]:
    return [state for (state,) in story.host.query("SELECT state FROM vms_pull")]


# -- VMs from elsewhere


def elsewhere(story: Story) -> None:
    """Another dstack-vmm's stopped VM, in a directory of its own."""
    _folder(story, _source(story))


def stranger(story: Story) -> None:
    """The same, in our run path."""
    _folder(story, story.server.data / "vm")


def vanished(story: Story) -> None:
    """Somebody deleted the directory of a VM by hand."""
    stopped(story)
    del story.values["kept"]
    # The last that is written once it is off: nothing is to be written into what is deleted here.
    wait_until(
        "it is left alone", lambda: '"started": false' in (story.directory / "vm-state.json").read_text()
    )
    shutil.rmtree(story.directory)


def imports(story: Story) -> None:
    """The command waits for the server, and for the next one where that dies."""
    command = story.server.forked("import_vms", str(_source(story)))
    story.values["import"] = command
    server = story.server.process
    wait_until(
        "it is over", lambda: command.poll() is not None or server is None or server.poll() is not None
    )


def imports_again(story: Story) -> None:
    """The same command, which must say that all went well, whatever was left of the first."""
    story.values["import"].wait()
    imports(story)
    assert story.values["import"].wait() == 0, story.server.said()
    assert (_source(story) / OLD_ID / "hda.img").read_bytes() == qcow2() + PIECE
    assert (story.directory / "hda.img").read_bytes() == qcow2() + PIECE
    assert not (story.directory / ".imported").exists()


def reloads(story: Story) -> None:
    story.server.cut("ReloadVms")


def _source(story: Story) -> Path:
    return story.server.data / "elsewhere"


def _folder(story: Story, run_path: Path) -> None:
    story.vm_id = OLD_ID
    shutil.rmtree(run_path / OLD_ID, ignore_errors=True)
    changed = {"image": story.server.image, "port_map": MANIFEST["port_map"]}
    folder = make_folder(run_path, OLD_ID, started=False, **changed)
    (folder / "hda.img").write_bytes(qcow2() + PIECE)


FOLDER_SCENARIOS = (
    Scenario("pull", no_image, pulls, "whole", status=image),
    Scenario("delete-image", local_image, deletes(IMAGE), "none", status=image),
    Scenario("forget-pull", failed_pull, deletes(f"dstack-{NO_TAG}"), "none", status=image),
    Scenario("import", elsewhere, imports, "stopped", imports_again, may_be_stranger=True),
    Scenario("reload", stranger, reloads, "stopped", may_be_stranger=True),
    Scenario("reload-vanished", vanished, reloads, "none", may_be_stranger=True),
)

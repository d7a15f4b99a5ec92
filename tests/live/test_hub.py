"""The hub: one subscription, handed to all who watch or wait here."""

from __future__ import annotations

from vms.live.hub import Hub
from vms.selectors.sight import EVERYTHING


async def test_an_older_row_that_comes_late_is_not_handed_out() -> None:
    class Noting:
        sight = EVERYTHING
        sees_nodes = True

        def __init__(self) -> None:
            self.told: list[int] = []

        def row(self, vm_id: str, owner_id: int | None, revision: int, text: str) -> None:
            self.told.append(revision)

        def gone(self, vm_id: str) -> None:
            self.told.append(-1)

        def pulls(self, text: str) -> None:
            raise AssertionError("nobody pulls here")

        def images(self, text: str) -> None:
            raise AssertionError("nothing looks for images here")

        def nodes(self, text: str) -> None:
            raise AssertionError("nothing looks for nodes here")

    mine, watcher = Hub(), Noting()
    mine.join(watcher)
    for revision in (1, 3, 2, 3, 4):
        mine._hand_out({"type": "vm.row", "id": "a", "owner": None, "revision": revision, "row": ""})
    mine._hand_out({"type": "vm.gone", "id": "a"})
    assert watcher.told == [1, 3, 3, 4, -1]


async def test_who_waits_for_a_vm_leaves_nothing_behind() -> None:
    mine = Hub()
    async with mine.changes_of("a") as one, mine.changes_of("a") as other:
        mine._hand_out({"type": "vm.gone", "id": "a"})
        assert one.is_set()
        assert other.is_set()
    assert mine._waiting == {}

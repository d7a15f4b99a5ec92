"""What tests of websockets and authentication share."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.access.team import Person
from vms.actions.change import change
from vms.database import in_database
from vms.models import ApiToken


async def touch(vm_id: str, progress: str) -> int:
    """Change a row; its new revision."""
    changed = await in_database(lambda: change(vm_id, lambda vm: {"boot_progress": progress}))
    assert changed is not None
    return changed.revision


async def closed(socket: Any) -> int:
    """The code that a websocket is closed with, whatever it is told before."""
    async with asyncio.timeout(10):
        while (output := await socket.receive_output(timeout=10))["type"] != "websocket.close":
            pass
    code: int = output["code"]
    return code


async def end_token(who: Person, **changed: Any) -> None:
    """As the API does it: the row is saved, in this process."""

    def save() -> None:
        token = ApiToken.objects.get(user=who.user_id)
        for name, value in changed.items():
            setattr(token, name, value)
        token.save()

    await in_database(save)

"""Who may open a websocket, and go on watching: asked at its beginning, and every few seconds again.

A token may be revoked or expire, a user be locked or given another role, while a websocket is
open. It is then closed, and what its application still says is dropped:

- 4401: nobody is known to have opened it any more (log in, or use another token);
- 4403: whoever did may not watch this;
- 4404: there is no such VM, or none that they may know of;
- 4409: they may, but see other things than before; connect again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from vms.access.policy import Permission, require, require_for_known_vm
from vms.access.principal import ANYBODY, Principal, acting_as
from vms.access.standing import ASK_AGAIN_S, Identify
from vms.access.trail import about_vm
from vms.access.websocket import MAX_REASON, Application, note_refusal, refuse
from vms.database import in_database
from vms.errors import Throttled, VmmError
from vms.hypervisor.rundir import VM_ID_PATTERN
from vms.selectors.vms import unknown_vm

BEGIN_ANEW = 4409
_log = logging.getLogger(__name__)


class Guarded:
    """An application's websockets, for those who have ``permission`` only."""

    def __init__(self, permission: Permission, inner: Application) -> None:
        self.permission = permission
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        who: Principal = scope["principal"]
        vm_id: str | None = scope.get("url_route", {}).get("kwargs", {}).get("vm_id")
        try:
            require(self.permission)
            if vm_id is not None:
                about_vm(vm_id if VM_ID_PATTERN.match(vm_id) else "")
                await in_database(self._require, vm_id)
        except VmmError as error:
            await refuse(receive, send, 4000 + error.code, error.message)
            return None
        if who == ANYBODY:
            return await self._inner(scope, receive, send)
        gate = _Gate(send)
        watching = asyncio.create_task(self._watch(who, scope["identify"], gate, vm_id))
        try:
            return await self._inner(scope, receive, gate.send)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    def _require(self, vm_id: str | None) -> None:
        """Raises VmmError unless whoever acts now may: anything at all, or with that VM."""
        if vm_id is None:
            require(self.permission)
        elif not VM_ID_PATTERN.match(vm_id):
            raise unknown_vm(vm_id)
        else:
            require_for_known_vm(self.permission, vm_id)

    async def _watch(self, who: Principal, identify: Identify, gate: _Gate, vm_id: str | None) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN_S)
            try:
                now = await in_database(identify)
                with acting_as(now):
                    await in_database(self._require, vm_id)
            except Throttled:
                continue  # others guess from the same address
            except VmmError as error:
                note_refusal(4000 + error.code, error.message)
                await gate.close(4000 + error.code, error.message)
                return
            except Exception:
                _log.warning("it could not be asked whether a watcher may go on", exc_info=True)
                continue
            if now != who:
                await gate.close(BEGIN_ANEW, "what you may see has changed; connect again")
                return


class _Gate:
    """What an application says goes through until the websocket is closed, by whomever."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._is_closed = False

    async def send(self, message: dict[str, Any]) -> None:
        if not self._is_closed:
            self._is_closed = message["type"] == "websocket.close"
            await self._send(message)

    async def close(self, code: int, reason: str) -> None:
        words = reason.encode()[:MAX_REASON].decode(errors="ignore")
        await self.send({"type": "websocket.close", "code": code, "reason": words})

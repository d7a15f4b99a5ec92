"""A server with authentication on, and people who speak to it by their tokens."""

from __future__ import annotations

from typing import Any

import httpx

from tests.access.people import person, token_of
from tests.in_process import InProcess
from tests.live.browser import LOCAL
from vms.choices import Role
from vms.database import in_database
from vms.models import Account


class Person:
    """Somebody with an account and a token."""

    def __init__(self, vmm: InProcess, name: str, user_id: int, token: str) -> None:
        self.name = name
        self.user_id = user_id
        self.token = token
        self._vmm = vmm

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    @property
    def websocket_headers(self) -> list[tuple[bytes, bytes]]:
        return [*LOCAL, (b"authorization", f"Bearer {self.token}".encode())]

    async def call(self, method: str, request: Any = None, service: str = "prpc") -> httpx.Response:
        """POST in documented JSON."""
        return await self._vmm.client.post(
            f"/{service}/{method}", json={} if request is None else request, headers=self.headers
        )

    async def get(self, path: str) -> httpx.Response:
        return await self._vmm.client.get(path, headers=self.headers)

    async def create(self, **changed: Any) -> str:
        """A VM that they make; its id."""
        response = await self.call("CreateVm", self._vmm.configuration(**changed))
        assert response.status_code == 200, response.text
        vm_id: str = response.json()["id"]
        return vm_id

    async def sees(self) -> list[str]:
        """Names of the VMs that Status tells them."""
        status = (await self.call("Status")).json()
        assert status["total"] == len(status["vms"])
        return [vm["name"] for vm in status["vms"]]


async def join(vmm: InProcess, name: str, role: Role = Role.MEMBER, **quotas: int) -> Person:
    """A new person with that role and those quotas."""

    def make() -> tuple[int, str]:
        user = person(name, role)
        Account.objects.filter(user=user).update(**quotas)
        return user.pk, token_of(user)

    return Person(vmm, name, *await in_database(make))

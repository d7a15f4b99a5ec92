"""A server on which authentication is on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.access.people import with_login
from vms.access import audit
from vms.access.principal import THE_PROGRAM, acting_as
from vms.access.throttle import throttle
from vms.access.trail import Trail, begin
from vms.access.verified import verified


@pytest.fixture
def login_on(settings: Any) -> Any:
    """``settings``, with authentication switched on."""
    settings.VMM = with_login()
    return settings


@pytest.fixture(autouse=True)
def _nobody_is_remembered() -> Iterator[None]:
    verified.forget_now()
    throttle.forget_all()
    audit.waiting.forget_all()
    begin(Trail())
    with acting_as(THE_PROGRAM):
        yield


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 still, but with a cost that a table of thousands can bear."""
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)

"""Guessing takes time, and nobody can lock out anybody else."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from tests.access.people import PASSWORD, person, token_of, with_login
from vms.access import throttle as module
from vms.access.throttle import ADDRESS_FREE, MAX_KEPT, PAIR_FREE, USER_FREE, Throttle
from vms.choices import Role
from vms.errors import Throttled

HERE, THERE = "192.0.2.1", "198.51.100.7"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def wait_of(throttle: Throttle, address: str, user: str | None) -> int:
    """For how many seconds that is locked."""
    try:
        throttle.check(address, user)
    except Throttled as error:
        return error.retry_after_s
    return 0


def fail(throttle: Throttle, address: str, user: str | None, times: int = 1) -> None:
    for _ in range(times):
        throttle.failed(address, user)


def test_the_wait_doubles_with_each_failure_up_to_a_quarter_of_an_hour(
    throttle: Throttle, clock: Clock
) -> None:
    fail(throttle, HERE, "ada", PAIR_FREE - 1)
    assert wait_of(throttle, HERE, "ada") == 0
    waits = []
    for _ in range(7):
        fail(throttle, HERE, "ada")
        waits.append(wait_of(throttle, HERE, "ada"))
        clock.now += waits[-1]
        assert wait_of(throttle, HERE, "ada") == 0
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_a_success_clears_the_pair(throttle: Throttle) -> None:
    fail(throttle, HERE, "ada", PAIR_FREE - 1)
    throttle.succeeded(HERE, "ada")
    fail(throttle, HERE, "ada", PAIR_FREE - 1)
    assert wait_of(throttle, HERE, "ada") == 0


def test_an_address_that_tries_many_names_is_locked(throttle: Throttle) -> None:
    throttle.succeeded(HERE, "regular")
    for number in range(ADDRESS_FREE):
        fail(throttle, HERE, f"user{number}")
    assert wait_of(throttle, HERE, "another") == 30
    assert wait_of(throttle, HERE, None) == 30
    assert wait_of(throttle, THERE, "another") == 0
    # Whoever shares the address and has logged in from it isn't held up.
    assert wait_of(throttle, HERE, "regular") == 0


def test_one_s_own_success_opens_no_address_for_guessing_others(throttle: Throttle) -> None:
    for number in range(ADDRESS_FREE):
        fail(throttle, HERE, f"user{number}")
        throttle.succeeded(HERE, "mallory")
    assert wait_of(throttle, HERE, "ada") == 30


def test_nobody_is_locked_out_from_elsewhere(throttle: Throttle) -> None:
    throttle.succeeded(THERE, "ada")
    for number in range(10 * USER_FREE):
        fail(throttle, f"203.0.113.{number % 250}", "ada")
    assert wait_of(throttle, THERE, "ada") == 0
    fail(throttle, THERE, "ada", PAIR_FREE - 1)
    assert wait_of(throttle, THERE, "ada") == 0
    # From a new address, one try is left: right is right, wrong is locked.
    assert wait_of(throttle, HERE, "ada") == 0
    fail(throttle, HERE, "ada")
    assert wait_of(throttle, HERE, "ada") == 30


def test_failures_are_forgotten_after_an_hour(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, HERE, "ada", 100)
    clock.now += module.MEMORY_S + 1
    assert wait_of(throttle, HERE, "ada") == 0
    fail(throttle, HERE, "ada", PAIR_FREE - 1)
    assert wait_of(throttle, HERE, "ada") == 0


def test_a_whole_ipv6_network_is_one_address(throttle: Throttle) -> None:
    for number in range(ADDRESS_FREE):
        fail(throttle, f"2001:db8::{number:x}", None)
    assert wait_of(throttle, "2001:db8::ffff:1", None) == 30
    assert wait_of(throttle, "2001:db8:0:1::1", None) == 0
    assert wait_of(throttle, f"::ffff:{HERE}", None) == 0
    fail(throttle, HERE, None, ADDRESS_FREE)
    assert wait_of(throttle, f"::ffff:{HERE}", None) == 30


def test_a_flood_of_addresses_takes_no_more_memory(throttle: Throttle) -> None:
    for number in range(2 * MAX_KEPT):
        throttle.failed(f"address {number}", f"user {number}")
    assert len(throttle._counts) <= MAX_KEPT


# The same, through the whole server.


def asked(headers: dict[str, str], address: str = HERE) -> Any:
    return Client(headers=headers, REMOTE_ADDR=address).get("/prpc/Version")


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.django_db
@pytest.mark.usefixtures("login_on")
def test_wrong_passwords_lock_even_the_right_one_out(settings: Any) -> None:
    person("ada", Role.VIEWER)
    for number in range(PAIR_FREE):
        assert asked(basic("ada", f"wrong {number}")).status_code == 401
    refused = asked(basic("ada", PASSWORD))
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) in (29, 30)
    assert refused.json()["code"] == 429
    assert asked(basic("ada", PASSWORD), THERE).status_code == 200


@pytest.mark.django_db
def test_a_guesser_s_address_is_locked_but_not_for_tokens_that_nobody_guesses(settings: Any) -> None:
    long = "0123456789abcdef0123456789abcdef"
    settings.VMM = with_login(tokens=("let-me-in", long))
    secret = token_of(None, Role.ADMIN)
    for number in range(ADDRESS_FREE):
        assert asked({"x-admin-token": f"guess {number}"}).status_code == 401
    assert asked({"x-admin-token": "guess"}).status_code == 429
    assert asked({"x-admin-token": "let-me-in"}).status_code == 429
    assert asked({"x-admin-token": long}).status_code == 200
    assert asked({"x-admin-token": secret}).status_code == 200
    assert asked({"x-admin-token": "let-me-in"}, THERE).status_code == 200

"""The host's clock is set back while VMs wait for their next automatic start."""

from __future__ import annotations

import pytest

from tests.rows import make_vm
from vms.actions import recovery
from vms.conf import conf
from vms.database import now_ms
from vms.models import Event

pytestmark = pytest.mark.django_db
DAY_MS = 86_400_000


def test_a_try_that_is_due_later_than_any_pause_is_long_is_due_now() -> None:
    vm = make_vm(actual="off", next_retry_at_ms=now_ms() + DAY_MS, restarts=2)
    recovery.bring_forward(vm.node_id)
    vm.refresh_from_db()
    assert vm.next_retry_at_ms is not None
    assert vm.next_retry_at_ms <= now_ms()
    assert vm.restarts == 2
    assert Event.objects.get(vm=vm).body == "the host's clock was set back; it is due now"


def test_the_longest_pause_is_kept() -> None:
    due_ms = now_ms() + int(conf().cvm.auto_restart.max_backoff * 1000)
    vm = make_vm(actual="off", next_retry_at_ms=due_ms)
    revision = vm.revision
    recovery.bring_forward(vm.node_id)
    vm.refresh_from_db()
    assert (vm.next_retry_at_ms, vm.revision) == (due_ms, revision)


def test_one_that_should_not_run_is_left_alone() -> None:
    vm = make_vm(actual="off", desired="stopped", next_retry_at_ms=now_ms() + DAY_MS)
    recovery.bring_forward(vm.node_id)
    vm.refresh_from_db()
    assert vm.next_retry_at_ms is not None
    assert vm.next_retry_at_ms > now_ms()

"""What the worker saw, written down. The only place that writes what *is*.

Every function compares and swaps, so a sighting never overwrites a newer row, and
each may be repeated after a crash without harm.
"""

from __future__ import annotations

from dataclasses import dataclass

from vms import faults
from vms.actions import gpus
from vms.actions.change import Fields, change
from vms.actions.events import MAX_BODY, printable, record_event
from vms.actions.restart import RestartPolicy, after_exit
from vms.choices import Actual, Desired
from vms.conf import conf
from vms.database import now_ms, writing
from vms.live import publish
from vms.models import Vm

GUEST_SHUTDOWN = "guest-shutdown"
HOST_REBOOT = "host-reboot"
_WANTED_ENDS = frozenset({GUEST_SHUTDOWN, "host-qmp-quit"})
_NO_PROCESS: Fields = {"pid": None, "tpm_pid": None, "tpm_started_at_ms": None}


@dataclass(frozen=True)
class Ending:
    """How a VM's last run ended; ``reason`` is a word of the hypervisor's ExitReason."""

    reason: str
    at_ms: int
    code: int | None
    detail: str

    def in_words(self) -> str:
        code = "" if self.code is None else f", code {self.code}"
        detail = f": {self.detail.strip()}" if self.detail.strip() else ""
        return f"{self.reason}{code}{detail}"


@dataclass(frozen=True)
class SeenTpm:
    """The TPM of a VM that runs; ``last_words`` is what one said that is not alive any more."""

    pid: int
    started_at_ms: int
    is_alive: bool
    last_words: str = ""


@dataclass(frozen=True)
class Sighting:
    """What the hypervisor says of a VM at one moment."""

    actual: Actual
    pid: int | None = None
    started_at_ms: int | None = None
    ending: Ending | None = None
    tpm: SeenTpm | None = None

    @property
    def processes(self) -> Fields:
        """The columns that say which processes there are."""
        tpm = self.tpm
        return {
            "pid": self.pid,
            "started_at_ms": self.started_at_ms,
            "tpm_pid": tpm.pid if tpm and tpm.is_alive else None,
            "tpm_started_at_ms": tpm.started_at_ms if tpm else None,
        }


def seen(vm_id: str, sighting: Sighting) -> Vm | None:
    """Write down what is; when a run has ended, also how, and what follows from it."""

    def decide(vm: Vm) -> Fields:
        if sighting.actual == Actual.OFF:
            return _ended(vm, sighting.ending) if vm.actual != Actual.OFF else {}
        now = {"actual": sighting.actual} | sighting.processes
        if all(getattr(vm, name) == value for name, value in now.items()):
            return {}
        if vm.actual == Actual.OFF:
            gpus.claim(vm)
        if sighting.actual == Actual.UNKNOWN and vm.actual != Actual.UNKNOWN:
            record_event(vm, "host.unreachable", "QEMU's process lives but does not answer")
        if sighting.tpm is not None and not sighting.tpm.is_alive and vm.tpm_pid is not None:
            record_event(vm, "host.tpm_ended", _without_tpm(sighting.tpm))
        return now

    return change(vm_id, decide)


def launching(vm_id: str, generation: int, progress: str, made_from: int | None = None) -> Vm | None:
    """The worker begins a launch: a new run, with nothing left of the last one's story.

    Returns:
        the row as it is now; None where there is none, or it has not the revision ``made_from`` any more.
    """
    is_as_made = True

    def decide(vm: Vm) -> Fields:
        nonlocal is_as_made
        is_as_made = made_from in (None, vm.revision)
        if not is_as_made or vm.generation != generation or vm.desired != Desired.RUNNING:
            return {}
        begun: Fields = {
            "actual": Actual.STARTING,
            "boot_progress": progress,
            "boot_error": "",
            "shutdown_progress": "",
            "shutdown_requested": False,
            "shutdown_asked_at_ms": None,
            "exited_at_ms": None,
            "exit_reason": "",
            "exit_code": None,
            "next_retry_at_ms": None,
        }
        # Said once more, it is no news.
        return {} if all(getattr(vm, name) == value for name, value in begun.items()) else begun

    vm = change(vm_id, decide)
    return vm if is_as_made else None


def launched(vm_id: str, generation: int, sighting: Sighting, config_revision: int) -> Vm | None:
    """QEMU runs and answers; ``config_revision`` is the row that the launch was made from."""

    def decide(vm: Vm) -> Fields:
        record_event(vm, "host.started", f"pid {sighting.pid}")
        return {
            "actual": sighting.actual,
            **sighting.processes,
            "prepared": vm.prepared or vm.revision == config_revision,
        } | _settle(vm, generation)

    return change(vm_id, decide)


def refused(vm_id: str, generation: int, message: str) -> Vm | None:
    """The launch failed: an asked-for one is answered, an automatic one is tried again later."""
    message = printable(message, MAX_BODY)

    def decide(vm: Vm) -> Fields:
        record_event(vm, "host.launch_failed", message)
        fields: Fields = {
            "actual": Actual.OFF,
            **_NO_PROCESS,
            "boot_progress": "",
            "boot_error": message,
            "exit_reason": "error",
            "exited_at_ms": now_ms(),
        }
        if vm.observed_generation >= generation and vm.desired == Desired.RUNNING:
            return fields | _retry(vm, ran_ms=0, why=message)
        return fields | _settle(vm, generation, 409, message)

    return change(vm_id, decide)


def settled(vm_id: str, generation: int, code: int = 0, message: str = "") -> Vm | None:
    """The request of that generation is done, or ended in the error ``code``, ``message``."""

    def decide(vm: Vm) -> Fields:
        return _settle(vm, generation, code, message)

    return change(vm_id, decide)


def shutdown_accepted(vm_id: str, generation: int, how: str) -> Vm | None:
    """The guest was asked and accepted (or its power button was pressed): ``how``, in words."""

    def decide(vm: Vm) -> Fields:
        if vm.observed_generation >= generation:
            return {}  # asked again, since it still runs
        record_event(vm, "host.shutdown_requested", how)
        return {"shutdown_progress": how} | _settle(vm, generation)

    return change(vm_id, decide)


def shutdown_failed(vm_id: str, generation: int, code: int, message: str) -> Vm | None:
    """Nobody could be asked: the VM goes on as it was, and the request fails.

    One that was accepted before stands: the guest may just be too busy ending to hear it again.
    """

    def decide(vm: Vm) -> Fields:
        if vm.observed_generation >= generation:
            return {}
        record_event(vm, "host.shutdown_failed", message)
        back: Fields = {"shutdown_requested": False, "shutdown_asked_at_ms": None, "shutdown_progress": ""}
        if vm.generation == generation and vm.desired == Desired.STOPPED:
            back["desired"] = Desired.RUNNING
        return back | _settle(vm, generation, code, message)

    return change(vm_id, decide)


def prepared(vm_id: str, generation: int, config_revision: int) -> Vm | None:
    """The directory holds the configuration of that revision; a newer one is still to be written.

    Of a VM that is to be off, and is, that is all that the request of that generation asked for.
    """

    def decide(vm: Vm) -> Fields:
        if vm.revision != config_revision:
            return {}
        is_done = vm.desired == Desired.STOPPED and vm.actual == Actual.OFF
        return {"prepared": True} | (_settle(vm, generation) if is_done else {})

    return change(vm_id, decide)


def gone(vm_id: str) -> None:
    """Nothing is left on the host: delete the row, and with it CID, ports, leases and events."""
    with writing():
        vms = Vm.objects.filter(pk=vm_id, desired=Desired.ABSENT)
        gpus.release(vms)
        deleted, _ = vms.delete()
        if deleted:
            publish.gone(vm_id)
        faults.point("gone.written")
    faults.point("gone.committed")


def _settle(vm: Vm, generation: int, code: int = 0, message: str = "") -> Fields:
    """The answer to that request, unless it has one: whoever waits may not have read it yet."""
    if vm.observed_generation >= generation:
        return {}
    return {
        "observed_generation": generation,
        "outcome_code": code,
        "outcome_message": printable(message, MAX_BODY),
    }


def _without_tpm(tpm: SeenTpm) -> str:
    said = f": {tpm.last_words}" if tpm.last_words else ""
    return f"the guest runs on without its TPM, until the VM is stopped and started again{said}"


def _ended(vm: Vm, ending: Ending | None) -> Fields:
    fields: Fields = {"actual": Actual.OFF, **_NO_PROCESS}
    if vm.actual == Actual.STARTING:
        # Broken off while launching: an asked-for launch is still pending, an automatic one is due again.
        automatic = vm.generation == vm.observed_generation and vm.desired == Desired.RUNNING
        return fields | ({"next_retry_at_ms": now_ms()} if automatic else {})
    if ending is None:
        ending = Ending("lost", now_ms(), None, "it left no trace")
    record_event(vm, "host.exited", ending.in_words())
    fields |= {"exited_at_ms": ending.at_ms, "exit_reason": ending.reason, "exit_code": ending.code}
    if vm.shutdown_progress:
        fields["shutdown_progress"] = "powered off" if ending.reason in _WANTED_ENDS else ""
    if vm.desired != Desired.RUNNING:
        return fields
    if ending.reason == GUEST_SHUTDOWN and not vm.shutdown_requested:
        # The guest switched itself off: that is somebody's wish inside, not a crash.
        return fields | {"desired": Desired.STOPPED, "shutdown_progress": "powered off"}
    if ending.reason == HOST_REBOOT:
        return fields | {"next_retry_at_ms": now_ms(), "restarts": 0}
    if vm.shutdown_requested:
        # It was shut down and started again before it was off.
        return fields | {"next_retry_at_ms": now_ms()}
    ran_ms = max(0, ending.at_ms - vm.started_at_ms) if vm.started_at_ms else 0
    return fields | _retry(vm, ran_ms=ran_ms, why=f"the VM ended ({ending.in_words()})")


def _retry(vm: Vm, *, ran_ms: int, why: str) -> Fields:
    auto = conf().cvm.auto_restart
    policy = RestartPolicy(
        enabled=auto.enabled,
        max_retries=auto.max_retries,
        initial_backoff_s=float(auto.initial_backoff),
        max_backoff_s=float(auto.max_backoff),
        reset_window_s=float(auto.reset_window),
    )
    follows = after_exit(policy, restarts=vm.restarts, ran_ms=ran_ms, now_ms=now_ms())
    record_event(vm, "host.restart", follows.words)
    return {
        "restarts": follows.restarts,
        "next_retry_at_ms": follows.next_retry_at_ms,
        "boot_error": printable(f"{why}; {follows.words}", MAX_BODY),
    }

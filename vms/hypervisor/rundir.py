"""Names of the files in a VM's directory; the one place that knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

VM_ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
"""What a VM's id may look like: it is a directory's name, so nothing else is ever joined to a path."""


@dataclass(frozen=True)
class RunDir:
    """The directory of one VM, ``<run path>/<vm id>/``."""

    path: Path

    @classmethod
    def of(cls, run_path: Path, vm_id: str) -> RunDir:
        """The directory of ``vm_id``. Raises ValueError for an id that is no plain name."""
        if not VM_ID_PATTERN.match(vm_id):
            raise ValueError(f"{vm_id!r} is not a VM id: letters, digits, '-' and '_', at most 64")
        return cls(run_path / vm_id)

    @property
    def manifest(self) -> Path:
        return self.path / "vm-manifest.json"

    @property
    def state(self) -> Path:
        """Whether the VM should run, in the existing dstack-vmm's form."""
        return self.path / "vm-state.json"

    @property
    def shared(self) -> Path:
        return self.path / "shared"

    @property
    def data_disk(self) -> Path:
        return self.path / "hda.img"

    @property
    def shared_disk(self) -> Path:
        """``shared/`` as a FAT32 disk, for guests that are given it that way."""
        return self.path / "shared.img"

    @property
    def serial_log(self) -> Path:
        return self.path / "serial.log"

    @property
    def stdout_log(self) -> Path:
        return self.path / "stdout.log"

    @property
    def stderr_log(self) -> Path:
        return self.path / "stderr.log"

    @property
    def events(self) -> Path:
        """What the guest said on its event port, JSON lines, appended by QEMU."""
        return self.path / "events.jsonl"

    @property
    def pidfile(self) -> Path:
        return self.path / "qemu.pid"

    @property
    def exit_file(self) -> Path:
        """Written by the shim just after QEMU is gone: its exit code."""
        return self.path / "qemu.exit"

    @property
    def launch_file(self) -> Path:
        """Our own record of the last launch: generation, pid, start ticks, boot id."""
        return self.path / "launch.json"

    @property
    def argv_file(self) -> Path:
        """The last launch's whole command line, a JSON list: written for people before it is run."""
        return self.path / "qemu.argv.json"

    @property
    def exit_reason_file(self) -> Path:
        """How the last run ended, settled once: every later look tells the same."""
        return self.path / "exit-reason.json"

    @property
    def lock(self) -> Path:
        """Held by QEMU itself (inherited flock), so that no VM is ever launched twice."""
        return self.path / "qemu.lock"

    @property
    def qmp_socket(self) -> Path:
        return self.path / "qmp.sock"

    @property
    def event_socket(self) -> Path:
        """A second QMP monitor, only there to have its events logged."""
        return self.path / "qmp-events.sock"

    @property
    def event_log(self) -> Path:
        """QEMU's own log of its QMP events: says how it ended also when nobody was listening."""
        return self.path / "qmp-events.log"

    @property
    def agent_socket(self) -> Path:
        """The QEMU guest agent's virtio-serial channel (plain VMs)."""
        return self.path / "qga.sock"

    @property
    def serial_input(self) -> Path:
        """A pipe to the guest's serial port."""
        return self.path / "serial.in"

    @property
    def serial_output(self) -> Path:
        """Leads nowhere: what a guest prints is in its log."""
        return self.path / "serial.out"

    @property
    def tpm_state(self) -> Path:
        """What the VM's TPM keeps, for as long as there is the VM."""
        return self.path / "swtpm"

    @property
    def tpm_socket(self) -> Path:
        return self.path / "swtpm.sock"

    @property
    def tpm_log(self) -> Path:
        """What swtpm says when something is wrong."""
        return self.path / "swtpm.log"

    @property
    def tpm_file(self) -> Path:
        """Our own record of the swtpm of the last launch; not there if that had none."""
        return self.path / "swtpm.json"

    @property
    def taps_file(self) -> Path:
        """Our own note of the VM's interfaces that may have a filtered TAP device."""
        return self.path / "taps.json"

    @property
    def removing_marker(self) -> Path:
        return self.path / ".removing"

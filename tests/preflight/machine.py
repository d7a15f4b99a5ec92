"""A host that a test lays out: its ``/dev``, ``/proc`` and ``/sys`` are files in a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from vmm_site.config import load_config
from vms.preflight.host import Host

INTEL = "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx tdx_host_platform\n\nvendor_id\t: GenuineIntel\n"
AMD = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu svm sev_snp\n"
REAL_QEMU = shutil.which("qemu-system-x86_64") or "qemu-system-x86_64"


class Machine:
    """Lays out files below ``root``; ``host`` is that machine under a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir()

    def write(self, below: str, text: str = "", mode: int = 0o644) -> Path:
        """A file of the machine, such as ``dev/kvm``."""
        file = self.root / below
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def mkdir(self, below: str) -> Path:
        folder = self.root / below
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def program(self, name: str, script: str) -> Path:
        """A shell script in the machine's only folder of programs."""
        return self.write(f"bin/{name}", f"#!/bin/sh\n{script}\n", 0o755)

    def host(self, settings: str | None = None, **more: Any) -> Host:
        """The machine under ``settings`` (TOML), or as a first try without a file.

        Programs are this machine's, unless ``bin`` has something in it.
        """
        file = None
        environ = {"HOME": str(self.folder / "home"), "VMM_DATA": str(self.folder / "data")}
        if settings is not None:
            file = self.folder / "vmm.toml"
            file.write_text(settings)
        path = str(self.root / "bin") if (self.root / "bin").is_dir() else os.environ["PATH"]
        return Host(load_config(file, environ), self.root, environ={"PATH": path}, **more)

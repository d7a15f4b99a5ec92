"""What a configuration asks of its host, and so how much it matters that something lacks."""

from __future__ import annotations

from enum import Enum, auto

from vms.preflight.finding import Outcome, note, problem, warning
from vms.preflight.host import Host


class Wish(Enum):
    """``DEMANDED``: by the operator's words. ``POSSIBLE``: it would be used if it were there."""

    DEMANDED = auto()
    POSSIBLE = auto()
    NONE = auto()

    def unfulfilled(self, found: str, remedy: str) -> Outcome:
        """What is wished for can't be had: a problem, a warning, or just worth knowing."""
        if self is Wish.DEMANDED:
            return problem(found, remedy)
        if self is Wish.POSSIBLE:
            return warning(found, remedy, prevents=True)
        return note(found, prevents=True)


def tdx_wish(host: Host) -> Wish:
    return _platform_wish(host, "tdx", "GenuineIntel")


def sev_snp_wish(host: Host) -> Wish:
    return _platform_wish(host, "amd-sev-snp", "AuthenticAMD")


def confidential_wish(host: Host) -> Wish:
    """Either of them."""
    return min(tdx_wish(host), sev_snp_wish(host), key=lambda wish: wish.value)


def _platform_wish(host: Host, platform: str, vendor: str) -> Wish:
    """``auto`` without a settings file is a first try: plain VMs will do."""
    configured = host.config.cvm.platform
    if configured == platform:
        return Wish.DEMANDED
    if configured == "auto" and host.cpu_vendor == vendor:
        return Wish.POSSIBLE if host.config.from_file else Wish.NONE
    return Wish.NONE

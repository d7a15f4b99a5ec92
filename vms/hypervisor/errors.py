"""What can go wrong between us and a hypervisor, in words for people."""

from __future__ import annotations


class LaunchRefused(Exception):
    """The VM could not be launched; the message is QEMU's own words where it spoke."""


class NotAnswering(Exception):
    """The guest's QEMU, or its agent, did not answer in time; says which."""

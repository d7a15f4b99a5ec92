"""What can go wrong with images, and between a registry and their folder. Messages are for people."""

from __future__ import annotations


class BrokenImage(Exception):
    """The image can't be used; the message says why, for people."""


class PullError(Exception):
    """The image can't be had; the message says why."""


class BadReference(PullError):
    """``[image] registry``, or a tag, is no name that a registry knows."""


class RegistryFailed(PullError):
    """The registry can't be reached, refuses, or answers what it shouldn't."""


class TryAgain(RegistryFailed):
    """The registry, or the way to it, is out of order now; the same request may succeed later."""


class RegistryTimeout(TryAgain):
    """The registry didn't answer in time."""


class BadArchive(PullError):
    """What was downloaded is no image, or holds what no image may."""


class NoSpace(PullError):
    """There is too little room in the image folder's file system."""


class Busy(PullError):
    """Another process pulls the same image."""

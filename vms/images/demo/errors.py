"""The one error that building the demo image raises."""

from __future__ import annotations


class DemoImageError(Exception):
    """The demo image could not be built. The message says what is missing and what to do about it."""

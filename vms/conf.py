"""The node's settings, typed. The one place where this app asks Django for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from vmm_site.config import Config


def conf() -> Config:
    """The checked configuration that this process was started with."""
    config: Config = settings.VMM
    return config


def identity() -> str:
    """Who this node is, whatever it is called: 32 hex digits, kept in the data folder."""
    found: str = settings.NODE_ID
    return found

"""The site's settings, but for the app that would make the event loop before a server is forked off."""

from __future__ import annotations

from vmm_site.settings import *  # noqa: F403
from vmm_site.settings import INSTALLED_APPS as ALL

INSTALLED_APPS = [app for app in ALL if app != "daphne"]

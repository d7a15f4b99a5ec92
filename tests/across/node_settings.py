"""The site's settings for another node of a test: a data folder of its own, and the test's database."""

from __future__ import annotations

import os

from vmm_site.settings import *  # noqa: F403
from vmm_site.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["VMM_TEST_DATABASE"]

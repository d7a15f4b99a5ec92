"""The site's settings over a data folder of the tests' own, which is deleted at the end."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

for name in [name for name in os.environ if name.startswith("VMM_") and not name.startswith("VMM_TEST_")]:
    del os.environ[name]
_data = tempfile.mkdtemp(prefix="vmm-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["VMM_DATA"] = _data

from vmm_site.settings import *  # noqa: E402, F403

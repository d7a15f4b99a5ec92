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

# The server's own (``vmm_site.private``) would keep other users out of what tests lay out for them to
# come through; servers and commands that tests start set it for themselves.
os.umask(0o022)

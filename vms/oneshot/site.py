"""Django for this process alone: models and serializers, and nothing on disk.

``vmm_site.settings`` make the server's folder and its key; before the first start, and by who only
wants to look, neither may be made.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import django
from django.conf import settings

from vmm_site.config import Config

DATABASE = "vmm.sqlite3"


def set_up(config: Config) -> None:
    """Make ``vms.conf``, models and serializers work. Once in a process, on ``settings.configure()``."""
    settings.VMM = config
    settings.DATABASES = {"default": database(config.data_dir)}
    settings.INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "vms"]
    settings.DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    settings.USE_TZ = True
    settings.USE_I18N = False
    settings.LOGGING_CONFIG = None
    django.setup()


def database(data_dir: Path) -> dict[str, object]:
    """The server's database, to be read only.

    Without a write-ahead log nobody works with it now, and SQLite, which would make one for
    a reader too, must be told so (https://sqlite.org/wal.html#read_only_databases).
    """
    file = data_dir / DATABASE
    mode = "mode=ro" if os.path.exists(f"{file}-wal") else "mode=ro&immutable=1"
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": f"file:{quote(str(file))}?{mode}"}

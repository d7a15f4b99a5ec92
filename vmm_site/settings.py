"""Django's settings, derived from the operator's configuration. Wiring only."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE

from vmm_site import stores
from vmm_site.config import ConfigError, load_config
from vmm_site.node_id import BrokenNodeId, node_id
from vmm_site.private import keep_private
from vmm_site.secret_key import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    VMM = load_config(
        Path(os.environ["VMM_CONFIG"]) if os.environ.get("VMM_CONFIG") else None,
        os.environ,
    )
except ConfigError as error:
    sys.exit(f"dstack-vmm: {error}")

try:
    VMM.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
except OSError as error:
    sys.exit(
        f"dstack-vmm: the data folder {VMM.data_dir} can't be made: {error.strerror}; choose another (--data)"
    )

keep_private(VMM.data_dir)
SECRET_KEY = secret_key(VMM.data_dir, VMM.fleet.secret if VMM.database_url else "")
try:
    NODE_ID = node_id(VMM.data_dir)
except BrokenNodeId as error:
    sys.exit(f"dstack-vmm: {error}")
DEBUG = False
# Names; any address will do (``vmm_site.origin`` has the rule). Further ones are the operator's to allow.
# The host's own name counts, too: that it leads here is nobody else's to decide.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower(), *VMM.allowed_hosts]
if VMM.address not in ("", "0.0.0.0", "::"):
    ALLOWED_HOSTS.append(VMM.address)
if VMM.fleet.address:
    ALLOWED_HOSTS.append(urlsplit(VMM.fleet.address).hostname or "")

ROOT_URLCONF = "vmm_site.urls"
ASGI_APPLICATION = "vmm_site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = False

INSTALLED_APPS = [
    "daphne",
    # Before Django's own apps: of two commands with one name, the first app's is taken.
    "vms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "vmm_site.middleware.request_id",
    "vms.access.follow.follow",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "vmm_site.middleware.refuse_foreign_origins",
    "vmm_site.sparing.PolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "vmm_site.middleware.secure_cookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vms.access.middleware.authenticate",
    "vms.access.routes.Authorize",
    "vmm_site.sparing.AdminMessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {
    "default": stores.postgresql(VMM.database_url) if VMM.database_url else stores.sqlite(VMM.data_dir)
}
CHANNEL_LAYERS = {
    "default": stores.redis(VMM.redis_url, VMM.fleet.secret) if VMM.redis_url else stores.in_this_process()
}

# How a refused request is answered, in the form that its client understands.
ACCESS_FAILURE_VIEW = "vms.prpc.refusals.refused"
CSRF_FAILURE_VIEW = "vms.prpc.refusals.csrf_failed"

# New ones are Argon2's; older ones of the others are read, and renewed at the next login.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
SESSION_COOKIE_AGE = VMM.auth.session_hours * 3600
# Lax, so that a link in a mail finds its reader logged in. What changes something is a POST,
# and that goes without cookies from other sites, and needs the CSRF token.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
CONSOLE_DIR = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [CONSOLE_DIR] if CONSOLE_DIR.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[A-Za-z0-9_-]{8}\."

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", NONCE],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = VMM.max_body_size

REST_FRAMEWORK: dict[str, object] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "vms.prpc.errors.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "vms.prpc.openapi.schema.MethodSchema",
}

# What the document says is in vms.prpc.openapi; here is only how it is made.
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "dstack-vmm",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "SCHEMA_PATH_PREFIX": "/prpc/",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["vms.prpc.openapi.document.complete"],
}

# Left to whoever ends TLS before us, for most servers here are spoken to over loopback or a socket:
# HSTS (W004) and the redirection to HTTPS (W008). Cookies are Secure where the request came by TLS,
# which is decided request by request (vmm_site.middleware.secure_cookies; W012, W016).
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]

LOGGING_CONFIG = None

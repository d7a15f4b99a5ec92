from __future__ import annotations

from django.urls import path, re_path

from vms.access.audit_file import FORMATS
from vms.admin import site
from vms.pages.audit import export
from vms.pages.healthz import healthz
from vms.pages.index import console
from vms.pages.login import login, logout
from vms.pages.logs import logs
from vms.pages.metrics import metrics
from vms.pages.set_up import set_up
from vms.pages.snapshot import snapshot
from vms.prpc.openapi.views import openapi_document, openapi_page
from vms.prpc.views import method_urls

urlpatterns = [
    *(path(f"access/audit.{kind}", export, {"extension": kind}) for kind in FORMATS),
    *method_urls(),
    path("api-docs/", openapi_page),
    path("api-docs/openapi.json", openapi_document),
    path("logs", logs),
    path("healthz", healthz),
    path("snapshot", snapshot),
    re_path(r"^login/?$", login),
    re_path(r"^logout/?$", logout),
    path("set-up/<str:token>/", set_up),
    path("metrics", metrics),
    # One way in for all pages: the one that counts failures.
    path("admin/login/", login),
    path("admin/logout/", logout),
    path("admin/", site.urls),
    re_path(r"^(?!static/|ws/|prpc|guest/|api-docs/|metrics|favicon\.ico|robots\.txt).*$", console),
]

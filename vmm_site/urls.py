from __future__ import annotations

from django.contrib import admin
from django.urls import path, re_path

from vms.pages.healthz import healthz
from vms.pages.index import console
from vms.pages.logs import logs
from vms.prpc.views import MethodView

urlpatterns = [
    path("prpc/<str:method>", MethodView.as_view()),
    path("logs", logs),
    path("healthz", healthz),
    path("admin/", admin.site.urls),
    re_path(r"^(?!static/|ws/|prpc/|guest/|api-docs/|metrics).*$", console),
]

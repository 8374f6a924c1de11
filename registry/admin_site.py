"""The admin for stewards. Governed tables are read-only there: every change goes through the workflow."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.refusals import NotPermitted


class GoiAdminConfig(AdminConfig):
    default_site = "registry.admin_site.GoiAdminSite"


class GoiAdminSite(AdminSite):
    site_header = _("Goi administration")
    site_title = _("Goi administration")
    index_title = _("Tables, to look at")
    enable_nav_sidebar = False

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Whoever gets here has come in by our door already, and is a steward or not: no page here is for others."""
        # There are no models yet when Django reads this file.
        from registry.rules import require_steward
        from registry.views.refusal import refused

        try:
            require_steward(request.user)  # type: ignore[arg-type]
        except NotPermitted as error:
            return refused(request, error, page=reverse("glossary"))  # type: ignore[arg-type]
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Ours, which changes it through the workflow."""
        return redirect("password")

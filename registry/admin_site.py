"""The admin for stewards. Governed tables are read-only there: every change goes through the workflow."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class GoiAdminConfig(AdminConfig):
    default_site = "registry.admin_site.GoiAdminSite"


class GoiAdminSite(AdminSite):
    site_header = _("Goi administration")
    site_title = _("Goi administration")
    index_title = _("Tables, to look at")
    enable_nav_sidebar = False

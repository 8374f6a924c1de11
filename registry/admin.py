"""Governed tables and the ledger, to look at. Nothing here adds, changes or deletes."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from registry.models import GOVERNED, Event, InForce


class ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GovernedAdmin(ReadOnly, SimpleHistoryAdmin):
    list_per_page = 50
    show_full_result_count = False


class LedgerAdmin(ReadOnly, admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False


for model in GOVERNED:
    admin.site.register(model, GovernedAdmin)
admin.site.register(Event, LedgerAdmin)
admin.site.register(InForce, LedgerAdmin)
admin.site.unregister(Group)

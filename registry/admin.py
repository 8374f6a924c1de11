"""Governed tables and the ledger, to look at. Nothing here adds, changes or deletes, nor shows what others draft."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from registry.models import GOVERNED, Event, InForce, Proposal, VocabularyDraft, WorkingCopy

NEVER_SUBMITTED_BY_ITSELF = (WorkingCopy, VocabularyDraft)


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
    exclude = ("password",)

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        rows, reader = super().get_queryset(request), request.user
        if self.model is Proposal:
            return rows.visible_to(reader)
        if self.model in NEVER_SUBMITTED_BY_ITSELF:
            return rows.filter(proposal__in=Proposal.objects.contributed_by(reader))
        if any(field.name == "proposal" for field in self.model._meta.fields):
            return rows.filter(proposal__in=Proposal.objects.visible_to(reader))
        return rows

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._require_visible(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        self._require_visible(request, object_id)
        return super().history_form_view(request, object_id, *args, **kwargs)

    def _require_visible(self, request: HttpRequest, object_id: str) -> None:
        """The history goes past the list, to rows that are not on it."""
        if self.get_object(request, object_id) is None:
            raise Http404


class LedgerAdmin(ReadOnly, admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False


class EventAdmin(LedgerAdmin):
    def get_queryset(self, request: Any) -> QuerySet[Event]:
        return Event.objects.visible_to(request.user)


for model in GOVERNED:
    admin.site.register(model, GovernedAdmin)
admin.site.register(Event, EventAdmin)
admin.site.register(InForce, LedgerAdmin)
admin.site.unregister(Group)

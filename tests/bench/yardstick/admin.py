"""Django's admin as its documentation shows it, fifty rows a page as on Goi's own pages."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from tests.bench.yardstick.models import Happening, Seal, Term


class TermAdmin(SimpleHistoryAdmin):
    list_display = ("name_ja", "summary_ja", "stage", "number", "sealed")
    list_filter = ("stage", "producer", "retired")
    list_select_related = ("stage",)
    list_per_page = 50
    search_fields = ("search_text",)
    history_list_per_page = 50


class SealAdmin(SimpleHistoryAdmin):
    list_per_page = 50
    raw_id_fields = ("revision",)


class HappeningAdmin(admin.ModelAdmin):
    list_display = ("at", "actor", "act", "proposal", "team")
    list_filter = ("act", "team")
    list_select_related = ("actor", "proposal", "team")
    list_per_page = 50


admin.site.register(Term, TermAdmin)
admin.site.register(Seal, SealAdmin)
admin.site.register(Happening, HappeningAdmin)

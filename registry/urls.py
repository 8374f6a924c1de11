"""The whole map of addresses, grouped by noun."""

from django.contrib import admin
from django.urls import path, re_path

from registry.views import drafts, glossary, history, metrics, proposals, rebasing, review

REVISIONS = r"^proposals/(?P<pk>\d{1,12})/revisions/(?P<old>\d{1,6})\.\.\.(?P<new>\d{1,6})/$"
VERSIONS = r"^metrics/(?P<key>[a-z][a-z0-9_]*)/compare/(?P<old>\d{1,6})\.\.\.(?P<new>\d{1,6})/$"

GLOSSARY = [
    path("", glossary.show, name="glossary"),
    path("metrics/<slug:key>/", metrics.show, name="metric"),
    path("metrics/<slug:key>/versions/<int:number>/", metrics.version, name="version"),
    re_path(VERSIONS, metrics.compare, name="compare"),
    path("metrics/<slug:key>/history/", metrics.history, name="metric_history"),
]

PROPOSALS = [
    path("proposals/", proposals.index, name="proposals"),
    path("proposals/new/", drafts.new, name="new_proposal"),
    path("proposals/<int:pk>/", proposals.show, name="proposal"),
    path("proposals/<int:pk>/draft/", drafts.edit, name="draft"),
    path("proposals/<int:pk>/metrics/", drafts.add_metric, name="proposal_metrics"),
    path("proposals/<int:pk>/metrics/<slug:key>/removal/", drafts.remove_metric, name="metric_removal"),
    path("proposals/<int:pk>/contributors/", drafts.invite, name="contributors"),
    path("proposals/<int:pk>/contributors/<int:contributor>/removal/", drafts.uninvite, name="uninvite"),
    path("proposals/<int:pk>/revisions/", drafts.submit, name="revisions"),
    re_path(REVISIONS, proposals.compare_revisions, name="compare_revisions"),
    path("proposals/<int:pk>/rebase/", rebasing.rebase, name="rebase"),
    path("proposals/<int:pk>/sign-offs/", review.sign_off, name="sign_offs"),
    path("proposals/<int:pk>/objections/", review.object_, name="objections"),
    path("proposals/<int:pk>/objections/<int:objection>/closing/", review.close_objection, name="closing"),
    path("proposals/<int:pk>/comments/", review.comment, name="comments"),
    path("proposals/<int:pk>/withdrawal/", review.withdraw, name="withdrawal"),
    path("proposals/<int:pk>/rejection/", review.reject, name="rejection"),
    path("proposals/<int:pk>/break-glass/", review.ask_break_glass, name="break_glass"),
    path(
        "proposals/<int:pk>/break-glass/confirmation/", review.confirm_break_glass, name="glass_confirmation"
    ),
]

HISTORY = [path("history/", history.show, name="history")]

# Accounts, people, teams, stages, inbox, health: see the views of the same names.
PEOPLE: list = []

urlpatterns = [*GLOSSARY, *PROPOSALS, *HISTORY, *PEOPLE, path("admin/", admin.site.urls)]

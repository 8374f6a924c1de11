"""The whole map of addresses, grouped by noun."""

from django.contrib import admin
from django.urls import path, re_path

from registry.views import (
    account,
    advising,
    carrying,
    changes,
    conditions,
    counts,
    datasets,
    drafts,
    feed,
    glossary,
    health,
    history,
    inbox,
    ledger,
    metrics,
    people,
    proposals,
    rebasing,
    review,
    teams,
    vocabulary,
)

REVISIONS = r"^proposals/(?P<pk>\d{1,12})/revisions/(?P<old>\d{1,6})\.\.\.(?P<new>\d{1,6})/$"
VERSIONS = r"^metrics/(?P<key>[a-z][a-z0-9_]*)/compare/(?P<old>\d{1,6})\.\.\.(?P<new>\d{1,6})/$"

GLOSSARY = [
    path("", glossary.show, name="glossary"),
    path("changes/", changes.show, name="changes"),
    path("metrics/<slug:key>/", metrics.show, name="metric"),
    path("metrics/<slug:key>/versions/<int:number>/", metrics.version, name="version"),
    path("metrics/<slug:key>/versions/<int:number>/certificate/", ledger.certificate, name="certificate"),
    path("metrics/<slug:key>/counts/", counts.count_metric, name="metric_counts"),
    path("metrics/<slug:key>/sql/", metrics.sql, name="metric_sql"),
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
    path("proposals/<int:pk>/metrics/<slug:key>/condition/", conditions.arrange, name="condition"),
    path("proposals/<int:pk>/metrics/<slug:key>/reading/", conditions.read, name="reading"),
    path("proposals/<int:pk>/contributors/", drafts.invite, name="contributors"),
    path("proposals/<int:pk>/contributors/<int:contributor>/removal/", drafts.uninvite, name="uninvite"),
    path("proposals/<int:pk>/revisions/", drafts.submit, name="revisions"),
    re_path(REVISIONS, proposals.compare_revisions, name="compare_revisions"),
    path("proposals/<int:pk>/vocabulary/", carrying.edit, name="carried_vocabulary"),
    path("proposals/<int:pk>/vocabulary/removal/", carrying.remove, name="vocabulary_removal"),
    path("proposals/<int:pk>/dismissals/", advising.dismiss, name="dismissals"),
    path("proposals/<int:pk>/rebase/", rebasing.rebase, name="rebase"),
    path("proposals/<int:pk>/sign-offs/", review.sign_off, name="sign_offs"),
    path("proposals/<int:pk>/objections/", review.object_, name="objections"),
    path("proposals/<int:pk>/objections/<int:objection>/closing/", review.close_objection, name="closing"),
    path("proposals/<int:pk>/comments/", review.comment, name="comments"),
    path("proposals/<int:pk>/answers/", review.answer_example, name="answers"),
    path("proposals/<int:pk>/counts/", counts.count_proposal, name="counts"),
    path("proposals/<int:pk>/counts/<slug:key>/<slug:outcome>/", counts.rows, name="count_rows"),
    path("proposals/<int:pk>/withdrawal/", review.withdraw, name="withdrawal"),
    path("proposals/<int:pk>/rejection/", review.reject, name="rejection"),
    path("proposals/<int:pk>/break-glass/", review.ask_break_glass, name="break_glass"),
    path("proposals/<int:pk>/break-glass/withdrawal/", review.take_back_break_glass, name="glass_withdrawal"),
    path("proposals/<int:pk>/break-glass/confirmation/", review.confirm_break_glass, name="glass_confirmation"),
]

HISTORY = [
    path("history/", history.show, name="history"),
    path("history/feed/", feed.show, name="feed"),
    path("history/feed/<str:key>/", feed.secret, name="secret_feed"),
    path("history/<int:sequence>/", history.act, name="act"),
    path("ledger/", ledger.export, name="ledger"),
    path("ledger/key", ledger.key, name="ledger_key"),
    path("ledger/checkpoints/<int:size>/continuation", ledger.continuation, name="continuation"),
]

ACCOUNT = [
    path("sign-in/", account.sign_in, name="sign_in"),
    path("sign-in/again/", account.sign_in_again, name="sign_in_again"),
    path("sign-out/", account.sign_out, name="sign_out"),
    path("demo/<str:username>/", account.demo_door, name="demo_door"),
    path("language/", account.language, name="language"),
    path("account/", account.preferences, name="preferences"),
    path("account/password/", account.password, name="password"),
    path("account/delegations/", account.delegate, name="delegations"),
    path("account/delegations/<int:pk>/ending/", account.end_delegation, name="delegation_ending"),
]

PEOPLE = [
    path("inbox/", inbox.show, name="inbox"),
    path("people/", people.index, name="people"),
    path("people/new/", people.new, name="person_new"),
    path("people/<str:username>/", people.show, name="person"),
    path("people/<str:username>/profile/", people.profile, name="person_profile"),
    path("people/<str:username>/password/", people.password, name="person_password"),
    path("people/<str:username>/memberships/", people.join, name="memberships"),
    path("people/<str:username>/memberships/<int:membership>/ending/", people.leave, name="membership_ending"),
    path("people/<str:username>/delegations/", people.delegate, name="person_delegations"),
    path(
        "people/<str:username>/delegations/<int:delegation>/ending/",
        people.end_delegation,
        name="person_delegation_ending",
    ),
    path("people/<str:username>/stewardship/", people.stewardship, name="stewardship"),
    path("people/<str:username>/deactivation/", people.deactivation, name="deactivation"),
    path("people/<str:username>/erasure/", people.erasure, name="erasure"),
    path("people/<str:username>/reactivation/", people.reactivation, name="reactivation"),
    path("teams/", teams.index, name="teams"),
    path("teams/<slug:key>/", teams.show, name="team"),
    path("teams/<slug:key>/names/", teams.names, name="team_names"),
    path("stages/", teams.stages, name="stages"),
    path("stages/<slug:key>/", teams.stage, name="stage"),
]

VOCABULARY = [
    path("vocabulary/", vocabulary.show, name="vocabulary"),
    path("vocabulary/proposals/", carrying.propose, name="vocabulary_proposals"),
    path("vocabulary/change/", vocabulary.change, name="vocabulary_change"),
    path("vocabulary/versions/<int:number>/", vocabulary.version, name="vocabulary_version"),
]

DATASETS = [
    path("datasets/", datasets.index, name="datasets"),
    path("datasets/new/", datasets.new, name="dataset_new"),
    path("datasets/<slug:key>/", datasets.show, name="dataset"),
    path("datasets/<slug:key>/mapping/<slug:entity>/", datasets.mapping, name="dataset_mapping"),
    path("datasets/<slug:key>/mapping/<slug:entity>/removal/", datasets.removal, name="mapping_removal"),
    path("datasets/<slug:key>/readings/", datasets.reading, name="dataset_readings"),
    path("datasets/<slug:key>/choice/", datasets.choice, name="dataset_choice"),
    path("datasets/<slug:key>/conformance/", datasets.conformance, name="conformance"),
    path("datasets/<slug:key>/conformance.csv", datasets.conformance_csv, name="conformance_csv"),
]

HEALTH = [path("livez", health.alive, name="livez"), path("readyz", health.ready, name="readyz")]

urlpatterns = [
    *GLOSSARY,
    *PROPOSALS,
    *HISTORY,
    *ACCOUNT,
    *PEOPLE,
    *VOCABULARY,
    *DATASETS,
    *HEALTH,
    path("admin/", admin.site.urls),
]

handler400 = "registry.views.fault.show_bad"
handler404 = "registry.views.refusal.missing"
handler500 = "registry.views.fault.show"

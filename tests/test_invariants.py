"""The fifteen invariants. `test_guards` takes each guard away and shows that it is what refuses.

no  invariant                                    guard
1   one version per number, without gaps         constraints one_version_per_number, first_version_alone_has_no_base
2   a version's base is the previous digest      Clause.document; Definition.base is one-to-one
3   ranges never overlap                         publication.put_in_force; constraint one_meaning_per_day
4   what is published is what was signed         publication._check_again and _require_signed_words;
                                                 rules.as_it_was_on_screen
5   signatories: no writers, distinct, in office rules.no_contributor, has_not_sealed, holds_seat; SignOff.holds;
                                                 Standing.agreed (stand-ins); constraint one_person_fills_one_place;
                                                 publication._check_again
6   no open objection at publication             rules.undisputed_if_last, undisputed
7   a joint proposal whole or not at all         record.verb (one transaction)
8   what is published or ended never changes     triggers.guards; rules.open_
9   change voids seals, identity voids none      submitting.submit (a seal belongs to its revision);
                                                 readiness._about_difference
10  a stale proposal never publishes             rules.fresh; lock_with_metrics; Definition.base is unique
11  an act and its event, or neither             record.verb (one transaction)
12  no gap; every link and every row verifies    record.Act; base.refuse_unrecorded; triggers.guards
13  every way in decides alike                   rules.ACTS, asked by every verb (tests/test_rules.py); admin.ReadOnly
14  drafts are their contributors' alone         ProposalQuerySet.visible_to, EventQuerySet.visible_to; rules.may_see
15  as_of answers the same for ever              publication.put_in_force closes known_to and rewrites nothing

The tests below carry the number of their invariant.
"""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, models, transaction

from registry import clock, triggers
from registry.models import (
    GOVERNED,
    Clause,
    Contributor,
    Dataset,
    Definition,
    Dismissal,
    Event,
    ExampleAnswer,
    InForce,
    Mention,
    Objection,
    OpenAct,
    Proposal,
    Revision,
    Run,
    SignOff,
    Unrecorded,
    Use,
    User,
    VocabularyClause,
    VocabularyVersion,
)
from registry.readiness import NotReady
from registry.workflow import drafting, people, reviewing, submitting
from tests.cast import (
    FOUNDED,
    NOW,
    TODAY,
    Cast,
    agreed_rate,
    drafted,
    fresh,
    in_review,
    latest,
    published,
    refuses,
    revised,
    seal,
    sealed,
    started,
    versions_of,
    words,
    write,
)
from tests.database import past_the_guards, refused_by, rows_of
from tests.verification import flaws, overlaps


def a_copy(version: Definition, **changed: object) -> Definition:
    """Another row with the same values, save those given."""
    values = {field.attname: getattr(version, field.attname) for field in version._meta.concrete_fields}
    return Definition(**(values | {"id": None} | changed))


def test_1_versions_are_numbered_without_gaps_and_once(cast: Cast):
    for day in range(3):
        published(cast, effective_from=TODAY + timedelta(days=day))
    numbers = cast.target_lead.versions.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4]
    version = cast.target_lead.versions.get(number=4)
    base = published(cast, "meeting")[0]
    with refused_by("one_version_per_number", "registry_definition.metric_id, registry_definition.number"):
        rows_of(Definition).bulk_create([a_copy(version, base_id=base.pk)])
    with refused_by("first_version_alone_has_no_base"):
        rows_of(Definition).bulk_create([a_copy(version, number=5, base_id=None)])


def test_2_a_version_is_based_on_the_one_before_and_no_two_on_the_same(cast: Cast):
    (second,) = published(cast)
    assert second.base == cast.target_lead.versions.get(number=1)
    assert second.document()["base"] == second.base.digest
    with refused_by("registry_definition_base_id", "registry_definition.base_id"):
        rows_of(Definition).bulk_create([a_copy(second, number=3)])


def test_3_ranges_never_overlap(cast: Cast):
    for hour, (offset, retroactive) in enumerate([(9, False), (-9, True), (30, False), (-30, True)]):
        with clock.at(NOW + timedelta(hours=hour)):
            published(cast, effective_from=TODAY + timedelta(days=offset), retroactive=retroactive)
        assert list(overlaps()) == []
    span = InForce.objects.as_of(TODAY).get(key="target_lead")
    span.pk = None
    columns = ("metric_id", "valid_from")
    with refused_by("one_meaning_per_day", ", ".join(f"registry_inforce.{name}" for name in columns)):
        InForce.objects.bulk_create([span])


def test_4_words_changed_after_the_seal_are_not_published(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(Clause).filter(revision=latest(proposal)).update(wording=words(text_ja="差し替えた文"))
    with refuses("not_agreed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_4_a_seal_on_other_words_counts_for_nothing(cast: Cast):
    proposal = in_review(cast)
    given = seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(SignOff).filter(pk=given.pk).update(digest="0" * 64)
    with refuses("not_agreed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_4_what_is_published_is_what_every_team_signed(cast: Cast):
    (version,) = published(cast)
    signed = {seal.digest for seal in version.revision.sign_offs.all()}
    assert signed == {version.revision.digest}
    assert version.document() in version.revision.document()["definitions"]


def test_5_who_wrote_it_is_no_signatory_even_if_it_came_out_later(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(Contributor).bulk_create(
            [Contributor(proposal=proposal, user=cast.ryo, invited_by=cast.misaki, since=NOW)]
        )
    with refuses("not_agreed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_5_signatories_are_distinct_people(cast: Cast):
    proposal = in_review(cast)
    given = seal(proposal, team=cast.marketing, by=cast.ryo)
    given.pk, given.team = None, cast.sales
    with refused_by("one_person_fills_one_place", "registry_signoff.revision_id, registry_signoff.signed_by_id"):
        rows_of(SignOff).bulk_create([given])


def test_5_who_has_left_by_the_moment_of_publication_does_not_count(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    people.deactivate(cast.ryo, by=cast.megumi)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_6_nothing_is_published_over_an_open_objection(cast: Cast):
    proposal = in_review(cast)
    objection = reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with refuses("objection_open", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    reviewing.close_objection(objection, by=cast.kenta)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_7_a_joint_proposal_is_published_whole_or_not_at_all(cast: Cast):
    proposal = in_review(cast, "meeting", "target_lead")
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(Clause).filter(revision=latest(proposal), key="target_lead").update(wording=words())
    with refuses("not_agreed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert versions_of(proposal) == []
    assert cast.meeting.versions.count() == cast.target_lead.versions.count() == 1


TABLES = {model._meta.db_table: model for model in (*GOVERNED, SignOff.history.model, Event)}
FINAL = [
    guard
    for guard in triggers.guards(connection.vendor)
    if guard.refusal == triggers.FINAL and guard.table in TABLES and guard.event != triggers.TRUNCATE
]


@pytest.mark.parametrize("guard", FINAL, ids=lambda guard: guard.name)
def test_8_what_is_published_or_ended_never_changes(cast: Cast, guard: triggers.Guard):
    proposal = in_review(cast, "meeting", "target_lead")
    reviewing.comment(proposal, by=cast.kenta, words="承知しました")
    sealed(cast, proposal)
    table = TABLES[guard.table]
    OpenAct.objects.create()
    rows = rows_of(table).filter(pk=proposal.pk) if table is Proposal else rows_of(table)
    if table in (VocabularyVersion, VocabularyClause, ExampleAnswer, Dismissal, Run):
        rows.bulk_create([_kept(table, version=latest(proposal), by=cast.kenta)])
    assert rows.exists()
    with pytest.raises(IntegrityError, match="what is published, ended or recorded"), transaction.atomic():
        _write_past_the_product(rows, guard.event)
    OpenAct.objects.all().delete()


def _kept(table: type[models.Model], *, version: Revision, by: User) -> models.Model:
    """A row that the cast has no occasion to write."""
    if table in (VocabularyVersion, VocabularyClause):
        declared = VocabularyVersion(number=1, source="x", digest="0" * 64, recorded_by=by, recorded_at=NOW, reason="x")
        if table is VocabularyVersion:
            return declared
        (base,) = rows_of(VocabularyVersion).bulk_create([declared])
        return VocabularyClause(revision=version, base=base, source="x")
    if table is Dismissal:
        return Dismissal(proposal=version.proposal, key="meeting", dismissed_by=by, dismissed_at=NOW)
    if table is Run:
        dataset = Dataset(key="crm", content="0", tables=[], fingerprint="0", read_by=by, read_at=NOW)
        rows_of(Dataset).bulk_create([dataset])
        return Run(key="meeting", dataset=dataset, as_of=TODAY, months=[], broken=[], counted_by=by, counted_at=NOW)
    return ExampleAnswer(
        proposal=version.proposal, revision=version, key="meeting", record={}, answered_by=by, answered_at=NOW
    )


def _write_past_the_product(rows: models.QuerySet, event: str) -> None:
    if event == "DELETE":
        rows._raw_delete(rows.db)
    else:
        column = "digest" if rows.model is Event else rows.model._meta.concrete_fields[1].attname
        rows.update(**{column: rows.values_list(column, flat=True).last()})


def test_8_no_verb_changes_what_has_ended(cast: Cast):
    proposal = in_review(cast)
    reviewing.reject(proposal, by=cast.naoko, reason="範囲が広すぎる")
    with refuses("ended", 409):
        drafting.save(proposal, by=cast.misaki, heading={"title_ja": "別の題"}, effective_from=TODAY)


def test_9_any_change_voids_every_seal(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    revised(proposal, by=cast.misaki)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_9_an_identical_resubmission_is_refused_and_voids_none(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with pytest.raises(NotReady):
        submitting.submit(proposal, by=cast.misaki)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_10_a_stale_proposal_never_publishes(cast: Cast):
    behind = in_review(cast)
    seal(behind, team=cast.marketing, by=cast.ryo)
    published(cast, by=cast.kenta)
    with refuses("stale", 409):
        seal(behind, team=cast.sales, by=cast.naoko)


def test_11_a_refused_act_leaves_nothing_at_all(cast: Cast):
    """The last seal is written and recorded before publishing is refused, and both are undone together."""
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(Clause).filter(revision=latest(proposal)).update(wording=words())
    history = SignOff.history.count()
    with refuses("not_agreed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert latest(proposal).sign_offs.count() == 1
    assert SignOff.history.count() == history


def test_11_every_act_has_its_event(cast: Cast):
    before = Event.objects.count()
    proposal = in_review(cast)
    reviewing.comment(proposal, by=cast.kenta, words="承知しました")
    assert Event.objects.count() > before
    assert proposal.events.filter(act="commented", actor=cast.kenta).count() == 1


def test_12_every_link_and_every_row_verifies(cast: Cast):
    published(cast, "meeting", "target_lead")
    people.deactivate(cast.koji, by=cast.megumi)
    assert flaws() == []


def test_12_a_changed_event_is_found(cast: Cast):
    with past_the_guards():
        rows_of(Event).filter(act="sealed").update(detail={})
    assert any("is not what its digest says" in flaw for flaw in flaws())


def test_12_a_changed_history_row_is_found(cast: Cast):
    with past_the_guards():
        SignOff.history.update(history_change_reason="別の理由")
    assert any("is not what event" in flaw for flaw in flaws())


@pytest.mark.parametrize("model", GOVERNED, ids=lambda model: model.__name__)
def test_12_no_governed_row_is_written_outside_an_act(cast: Cast, model: type[models.Model]):
    reviewing.comment(in_review(cast), by=cast.kenta, words="承知しました")
    row = model.objects.first() or model()
    with pytest.raises(Unrecorded), transaction.atomic():
        row.save()
    with pytest.raises(Unrecorded), transaction.atomic():
        row.save_base(raw=True)
    if row.pk:
        with pytest.raises((Unrecorded, models.ProtectedError)), transaction.atomic():
            row.delete()
    assert flaws() == []


@pytest.mark.parametrize("model", [InForce, Use, Mention], ids=lambda model: model.__name__)
def test_12_what_pages_are_found_by_is_written_by_acts_alone(cast: Cast, model):
    agreed_rate(cast)
    rows = rows_of(model)
    ways = (
        lambda: rows.bulk_create([model(key="elsewhere")]),
        lambda: rows.update(key="elsewhere"),
        lambda: rows._raw_delete("default"),
    )
    for way in ways:
        with pytest.raises(IntegrityError, match="only an act"), transaction.atomic():
            way()


@pytest.mark.parametrize("model", [*GOVERNED, Event, InForce], ids=lambda model: model.__name__)
def test_13_the_admin_changes_nothing(cast: Cast, rf, model):
    request = rf.get("/")
    request.user = cast.megumi
    page = admin.site.get_model_admin(model)
    assert page.has_view_permission(request)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_14_a_draft_is_its_contributors_alone(cast: Cast):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    assert sees(cast.misaki, proposal)
    assert sees(cast.kenta, proposal)
    for other in (cast.naoko, cast.megumi, cast.takuya, AnonymousUser()):
        assert not sees(other, proposal)
    with refuses("hidden", 403):
        reviewing.comment(proposal, by=cast.naoko, words="見えますか")


def test_14_from_submission_on_everyone_signed_in_sees_it(cast: Cast):
    proposal = in_review(cast)
    assert all(sees(user, proposal) for user in (cast.misaki, cast.naoko, cast.takuya))


def test_14_a_draft_that_was_withdrawn_stays_hidden(cast: Cast):
    proposal = drafted(cast)
    reviewing.withdraw(proposal, by=cast.misaki)
    assert not sees(cast.naoko, proposal)
    assert sees(cast.misaki, proposal)


def test_14_events_about_no_proposal_are_visible(cast: Cast):
    assert Event.objects.visible_to(cast.takuya).filter(act="joined").exists()


def sees(user: User | AnonymousUser, proposal: Proposal) -> bool:
    """Whether every list shows it; lists that disagree fail."""
    shown = {
        Proposal.objects.visible_to(user).filter(pk=proposal.pk).exists(),
        not Proposal.objects.hidden_from(user).filter(pk=proposal.pk).exists(),
        Event.objects.visible_to(user).filter(proposal=proposal).exists(),
        Event.objects.visible_to(user).filter(mentions__key="target_lead", proposal=proposal).exists(),
    }
    assert len(shown) == 1
    return shown.pop()


def test_15_what_was_known_stays_known(cast: Cast):
    moment = NOW - timedelta(hours=1)
    before = InForce.objects.as_of(TODAY, moment).get(key="target_lead").definition
    published(cast, effective_from=FOUNDED, retroactive=True)
    assert InForce.objects.as_of(TODAY, moment).get(key="target_lead").definition == before
    assert InForce.objects.as_of(TODAY).get(key="target_lead").definition != before


def test_objections_and_new_metrics_leave_no_flaw_either(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"follow_lead": words()})
    submitting.submit(proposal, by=cast.misaki)
    objection = reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    reviewing.close_objection(objection, by=cast.megumi, reason="答えた")
    sealed(cast, proposal)
    assert Objection.objects.get(pk=objection.pk).closed_by == cast.megumi
    assert flaws() == []

"""What is agreed stays readable, and keeps its meaning, on every one of its days: whatever is changed around it."""

from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from registry import advice, carrying, effect, meaning, reading
from registry.models import Metric, OpenAct, Proposal, Use
from registry.readiness import NotReady, before_publication, before_submission
from registry.seeding.content import Content
from registry.standing import Standing
from registry.workflow import submitting, vocabulary
from tests.cast import TODAY, Cast, drafted, fresh, refuses, seal, sealed, started, words, write
from tests.counting import RATE, plain
from tests.ledger.tampering import wrong

SOURCE = Content().vocabulary
TOMORROW, SOON, LATER = (TODAY + timedelta(days=days) for days in (1, 30, 40))
HELD = (
    "status = 'held' AND lead.company.employees >= 10"
    " AND EXISTS (SELECT 1 FROM lead.contacts c WHERE c.reached IS TRUE)"
)
WITH_TARGET = "status = 'held' AND lead.is_target_lead"
BEE = words(name_ja="ビー数", name_en="Bees", condition="company.employees >= 5")
CONTACTS = {"counts": "contact", "counting_key": "contact_id", "dated_by": "made_on", "condition": "reached IS TRUE"}


@pytest.fixture(autouse=True)
def _declared(request: pytest.FixtureRequest, cast: Cast) -> None:
    if getattr(request, "param", True):
        vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")


def proposed(cast: Cast, day: date = TODAY, *, retroactive: bool = False, **wordings: Any) -> Proposal:
    """A draft of Misaki's with these wordings, those of metrics there are not yet as new ones."""
    proposal = started(cast.misaki, effective_from=day, retroactive=retroactive)
    known = set(Metric.objects.values_list("key", flat=True))
    new = {key: said for key, said in wordings.items() if key not in known}
    change = {key: said for key, said in wordings.items() if key in known}
    return write(proposal, by=cast.misaki, change=change, new=new)


def submitted(cast: Cast, *args: Any, **wordings: Any) -> Proposal:
    proposal = proposed(cast, *args, **wordings)
    submitting.submit(proposal, by=cast.misaki)
    return fresh(proposal)


def agreed(cast: Cast, *args: Any, **wordings: Any) -> Proposal:
    return sealed(cast, submitted(cast, *args, **wordings))


def refused(proposal: Proposal, by: Any) -> dict[str, list[str]]:
    """What submitting it is refused with: sentences by code."""
    with pytest.raises(NotReady) as caught:
        submitting.submit(proposal, by=by)
    found: dict[str, list[str]] = {}
    for need in caught.value.needs:
        found.setdefault(need.code, []).append(need.sentence)
    return found


# --- another vocabulary ---

ALTERING = {
    "the date is renamed": ("      held_on: {", "      took_place_on: {"),
    "the date may be blank": ("created_on: {type: date, low", "created_on: {type: date, nullable: true, low"),
    "the key": ("    key: meeting_id", "    key: lead_id"),
    "the way up": ("company: {entity: company, link: company_id", "company: {entity: company, link: lead_id"),
    "the way down": ("contacts: {entity: contact, link: lead_id", "contacts: {entity: contact, link: contact_id"),
    "the key above": ("    key: company_id", "    key: code"),
}  # fmt: skip
NAMING_ONLY = ("label: {ja: 開催日, en: day held}", "label: {ja: 実施日, en: day of the meeting}")


OTHERS = {"target_lead", "meeting"}


def changed(written: str, instead: str) -> str:
    assert written in SOURCE
    return SOURCE.replace(written, instead).replace("      region: {", "      code: {type: text}\n      region: {")


@pytest.mark.parametrize("pair", ALTERING.values(), ids=ALTERING)
def test_a_vocabulary_that_alters_anything_counting_reads_is_refused(cast: Cast, pair: tuple[str, str]):
    agreed(cast, meeting={"condition": HELD})
    with refuses("alters_definitions", 409):
        vocabulary.change_vocabulary(changed(*pair), by=cast.megumi, reason="列に合わせる")


def test_one_that_only_names_things_otherwise_is_recorded(cast: Cast):
    agreed(cast, meeting={"condition": HELD})
    assert vocabulary.change_vocabulary(changed(*NAMING_ONLY), by=cast.megumi, reason="呼び名").number == 2


def test_a_metric_that_is_calculated_does_not_hold_a_vocabulary_back(cast: Cast):
    agreed(cast, rate=words(**RATE | {"counts": "lead", "counting_key": "lead_id"}))
    elsewhere = changed("time_zone: Asia/Tokyo", "time_zone: UTC")
    assert carrying.altered(*(meaning.declared_by(source) for source in (SOURCE, elsewhere))).keys() == OTHERS


def test_a_proposal_that_carries_it_has_to_speak_of_the_metric_that_is_dated_by_it(cast: Cast):
    proposal = drafted(cast, "target_lead", by=cast.megumi)
    vocabulary.carry(proposal, source=changed(*ALTERING["the date is renamed"]), by=cast.megumi)
    assert "商談数" in refused(proposal, cast.megumi)["alters_definitions"][0]


def test_a_vocabulary_is_held_against_what_is_agreed_from_a_later_day(cast: Cast):
    said = {"condition": "status = 'held' AND minutes >= 20 AND lead.is_bee"}
    agreed(cast, SOON, meeting=said, bee=BEE)
    with refuses("alters_definitions", 409):
        source = changed("      minutes: {", "      length_in_minutes: {")
        vocabulary.change_vocabulary(source, by=cast.megumi, reason="列に合わせる")


def test_what_a_condition_refers_to_is_asked_of_the_day_on_which_it_holds(cast: Cast):
    """Employees are spoken of only by what the agreed condition will refer to later."""
    agreed(cast, LATER, bee=words(**BEE | {"condition": "company.region = '東京'"}))
    agreed(cast, LATER + timedelta(days=1), meeting={"condition": "status = 'held' AND lead.is_bee"})
    with refuses("alters_definitions", 409):
        source = changed("      region: {", "      prefecture: {")
        vocabulary.change_vocabulary(source, by=cast.megumi, reason="列に合わせる")


# --- references, by day ---


def test_metrics_scheduled_one_after_the_other_do_not_refer_to_each_other(cast: Cast):
    agreed(cast, SOON, target_lead={"condition": "company.employees >= 100 AND is_bee"}, bee=BEE)
    circle = proposed(cast, SOON + timedelta(days=1), bee={"condition": "is_target_lead"})
    assert "循環" in refused(circle, cast.misaki)["incomplete"][0]


def test_a_circle_that_closes_on_a_later_day_is_refused_with_the_day(cast: Cast):
    agreed(cast, bee=BEE)
    agreed(cast, SOON, target_lead={"condition": "company.employees >= 100 AND is_bee"})
    circle = proposed(cast, TOMORROW, bee={"condition": "is_target_lead"})
    (sentence,) = refused(circle, cast.misaki)["condition_broken"]
    assert "2026年7月15日" in sentence
    assert "循環" in sentence


def test_a_circle_that_another_proposal_closes_meanwhile_stops_the_seal(cast: Cast):
    agreed(cast, bee=BEE)
    first = submitted(cast, SOON, target_lead={"condition": "company.employees >= 100 AND is_bee"})
    second = submitted(cast, SOON + timedelta(days=1), bee={"condition": "is_target_lead"})
    sealed(cast, first)
    with refuses("condition_broken", 409):
        seal(second, team=cast.marketing, by=cast.ryo)


def test_a_condition_names_a_metric_that_is_in_force_by_then(cast: Cast):
    agreed(cast, SOON, bee=BEE)
    too_early = proposed(cast, TOMORROW, target_lead={"condition": "is_bee"})
    assert "is_bee" in refused(too_early, cast.misaki)["incomplete"][0]
    later = agreed(cast, LATER, target_lead={"condition": "is_bee"})
    assert later.state == Proposal.PUBLISHED


def test_a_correction_of_the_past_names_what_was_in_force_then(cast: Cast):
    agreed(cast, bee=BEE)
    past = proposed(cast, TODAY - timedelta(days=20), retroactive=True, target_lead={"condition": "is_bee"})
    assert "is_bee" in refused(past, cast.misaki)["incomplete"][0]


def test_while_one_writes_references_are_read_on_the_day_it_takes_effect(client: Client, cast: Cast):
    agreed(cast, SOON, bee=BEE)
    client.force_login(cast.misaki)
    for day, is_known in ((TOMORROW, False), (LATER, True)):
        proposal = proposed(cast, day, target_lead={"condition": "is_bee"})
        page = plain(client.get(f"/proposals/{proposal.pk}/draft/"))
        assert ("is_bee に当たる指標は、その日には適用されていません" not in page) is is_known
        assert bool(reading.every(Standing(proposal))["target_lead"].lines) is is_known


@pytest.mark.parametrize("by", ["what is agreed", "the proposal itself"])
def test_reviewers_read_in_plain_words_what_is_not_in_force_yet(client: Client, cast: Cast, by: str):
    mine = {"target_lead": {"condition": "is_bee"}, "bee": BEE}
    if by == "what is agreed":
        agreed(cast, SOON, bee=mine.pop("bee"))
    proposal = submitted(cast, LATER, **mine)
    client.force_login(cast.ryo)
    for address in ("", "sign-offs/?team=marketing"):
        assert "「ビー数」として数えられる" in plain(client.get(f"/proposals/{proposal.pk}/{address}"))


def test_advice_reads_the_condition_on_the_day_it_takes_effect(cast: Cast):
    agreed(cast, SOON, bee=BEE)
    said = {"condition": "is_bee AND company.employees >= 50", "text_ja": "従業員100名以上の会社の人を数える。"}
    proposal = submitted(cast, LATER, target_lead=said)
    for given in (advice.written(Standing(proposal)), advice.submitted(Standing(proposal))):
        assert ("text_ja", "number_differs") in {(each.finding.field, each.finding.code) for each in given}


# --- what others refer to ---


def breaking(cast: Cast, kind: str) -> Proposal:
    calculated = {**RATE, "name_ja": "ターゲット", "name_en": "Target", "formula": "meeting × 2"}
    return proposed(cast, TOMORROW, target_lead=CONTACTS if kind == "contacts" else calculated)


@pytest.mark.parametrize("kind", ["contacts", "calculated"])
def test_what_others_refer_to_is_not_changed_so_that_they_cannot_be_read(cast: Cast, kind: str):
    agreed(cast, meeting={"condition": WITH_TARGET})
    proposal = breaking(cast, kind)
    (sentence,) = refused(proposal, cast.misaki)["breaks_others"]
    assert "商談数" in sentence
    assert "2026年6月16日" in sentence
    write(proposal, by=cast.misaki, change={"meeting": {"condition": "status = 'held' AND minutes >= 20"}})
    assert {need.code for need in before_submission(Standing(fresh(proposal)))} == {"ready"}


def test_a_condition_left_over_in_a_metric_that_became_calculated_cannot_be_referred_to(cast: Cast):
    agreed(cast, meeting={"condition": WITH_TARGET})
    left_over = {"kind": "calculated", "formula": "meeting × 2", "unit_ja": "件", "unit_en": "meetings"}
    proposal = proposed(cast, TOMORROW, target_lead=left_over)
    assert "商談数" in refused(proposal, cast.misaki)["breaks_others"][0]


def test_what_others_are_dated_by_is_not_changed_so_that_they_cannot_be_read(cast: Cast):
    case = "CASE WHEN is_target_lead THEN created_on ELSE created_on + INTERVAL 1 DAY END"
    agreed(cast, SOON, bee=BEE | {"dated_by": case})
    proposal = proposed(cast, TOMORROW, target_lead=CONTACTS)
    (sentence,) = refused(proposal, cast.misaki)["breaks_others"]
    assert "ビー数" in sentence
    assert "2026年7月15日" in sentence


def test_what_others_are_dated_by_reaches_them_in_the_ripple(client: Client, cast: Cast):
    """Their own condition stays, and their date refers to what changes."""
    case = "CASE WHEN is_target_lead THEN created_on ELSE created_on + INTERVAL 1 DAY END"
    agreed(cast, bee=BEE | {"dated_by": case})
    proposal = submitted(cast, TOMORROW, target_lead={"condition": "company.employees >= 50"})
    (rippled,) = effect.ripple(Standing(fresh(proposal)))
    assert (rippled.key, rippled.verdict, rippled.cards) == ("bee", "redated", [])
    client.force_login(cast.misaki)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "may count in another month" in client.get(f"/proposals/{proposal.pk}/?tab=effect").content.decode()
    assert "ビー数" in client.get("/metrics/target_lead/", headers={"Accept-Language": "ja"}).content.decode()


def test_uses_in_dates_are_added_to_what_was_published_before_they_were_kept(cast: Cast):
    agreed(cast, bee=BEE | {"dated_by": "CASE WHEN is_target_lead THEN created_on ELSE created_on END"})
    agreed(cast, half=words(**RATE | {"formula": "meeting ÷ 2", "condition": "is_target_lead"}))
    kept = Use.objects.filter(key="target_lead", definition__metric__key="bee", how=Use.CONDITION)
    half = Use.objects.filter(definition__metric__key="half")
    with transaction.atomic():
        opened = OpenAct.objects.create()
        kept.delete()
        Use.objects.create(definition=Metric.objects.get(key="half").latest, key="target_lead", how=Use.CONDITION)
        opened.delete()
    assert len(wrong()) == 2
    migration = import_module("registry.migrations.0011_uses_in_dates")
    migration.mend_uses(apps, None)
    assert (kept.count(), [use.how for use in half]) == (1, [Use.FORMULA])
    assert wrong() == []


CASE = "CASE WHEN is_target_lead THEN {} ELSE {} END"
COUNTED_BY = [
    ("dated_by", CASE.format("created_on", "created_on + INTERVAL 1 DAY"), "redated"),
    ("first_per", CASE.format("company_id", "lead_id"), "recounted"),
    ("counting_key", CASE.format("company_id", "lead_id"), "recounted"),
    ("sums", CASE.format(1, 0), "recounted"),
]


@pytest.mark.parametrize(("field", "said", "verdict"), COUNTED_BY)
def test_what_says_how_it_counts_may_refer_to_another_metric_is_linked_and_reached(
    client: Client, cast: Cast, field: str, said: str, verdict: str
):
    kind = {"kind": "summed"} if field == "sums" else {}
    agreed(cast, bee=BEE | kind | {field: said})
    proposal = submitted(cast, TOMORROW, target_lead={"condition": "company.employees >= 50"})
    (rippled,) = effect.ripple(Standing(fresh(proposal)))
    assert (rippled.key, rippled.verdict, rippled.cards) == ("bee", verdict, [])
    client.force_login(cast.misaki)
    english = {"accept-language": "en"}
    assert "refers to what changes" in plain(client.get(f"/proposals/{proposal.pk}/?tab=effect", headers=english))
    page = client.get("/metrics/bee/", headers=english).content.decode()
    assert '<a href="/metrics/target_lead/">' in page
    assert "Condition or counting refers to:" in page


def test_a_reference_in_a_sum_that_cannot_be_followed_is_named(cast: Cast):
    naming = proposed(cast, target_lead={"kind": "summed", "sums": CASE.format(1, 0).replace("target_lead", "nobody")})
    assert "is_nobody" in refused(naming, cast.misaki)["incomplete"][0]


@pytest.mark.parametrize("kind", ["contacts", "calculated"])
def test_one_that_came_to_refer_to_it_meanwhile_stops_the_seal_and_is_named(cast: Cast, kind: str):
    proposal = breaking(cast, kind)
    submitting.submit(proposal, by=cast.misaki)
    agreed(cast, SOON, meeting={"condition": WITH_TARGET})
    found = {need.code: need for need in before_publication(Standing(fresh(proposal)))}
    assert "plausible" not in found
    assert "2026年7月15日" in found["breaks_others"].sentence
    with refuses("breaks_others", 409):
        seal(proposal, team=cast.marketing, by=cast.ryo)
    (rippled,) = effect.ripple(Standing(fresh(proposal)))
    assert (rippled.key, rippled.verdict, rippled.begins) == ("meeting", "broken", SOON)


def test_the_reason_names_a_metric_that_is_calculated(cast: Cast):
    agreed(cast, bee=words(**RATE))
    naming = proposed(cast, target_lead={"condition": "is_bee"})
    assert "計算" in refused(naming, cast.misaki)["incomplete"][0]


# --- the ripple ---


def test_the_ripple_names_what_refers_to_it_from_a_later_day(client: Client, cast: Cast):
    agreed(cast, SOON, meeting={"condition": WITH_TARGET})
    proposal = submitted(cast, TOMORROW, target_lead={"condition": "company.employees >= 50"})
    found = [(each.key, each.verdict, each.begins) for each in effect.ripple(Standing(proposal))]
    assert found == [("meeting", "wider", SOON)]
    client.force_login(cast.kenta)
    assert "takes effect on 15 Jul 2026" in plain(
        client.get(f"/proposals/{proposal.pk}/?tab=effect&lang=en", follow=True)
    )


# --- formulas, by day ---

YEN = {"unit_ja": "円", "unit_en": "yen"}
FIRST = words(**RATE | {"name_ja": "第一の率", "name_en": "First rate", "formula": "target_lead × 2"})
SECOND = words(**RATE | {"name_ja": "第二の率", "name_en": "Second rate", "formula": "target_lead × 3"})
TOTAL = words(**RATE | {"name_ja": "合計", "name_en": "Total", "formula": "target_lead + meeting"})
TWICE = words(**RATE | {"name_ja": "二倍", "name_en": "Twice", "formula": "total × 2"})
SQUARE = {**RATE, "name_ja": "二乗", "name_en": "Square", "formula": "meeting × meeting"}


# Formulas are held against each other also where no vocabulary has been declared.
EITHER_WAY = pytest.mark.parametrize("_declared", [True, False], ids=["declared", "undeclared"], indirect=True)


@EITHER_WAY
def test_a_circle_of_formulas_of_which_another_proposal_holds_the_other_half_stops_the_last_seal(cast: Cast):
    agreed(cast, first_rate=FIRST, second_rate=SECOND)
    one = submitted(cast, TOMORROW, first_rate={"formula": "second_rate × 2"})
    other = submitted(cast, SOON, second_rate={"formula": "first_rate × 2"})
    seal(other, team=cast.marketing, by=cast.ryo)
    sealed(cast, one)
    found = {need.code: need for need in before_publication(Standing(fresh(other)))}
    assert "plausible" not in found
    assert "第二の率" in found["formula_broken"].sentence
    with refuses("formula_broken", 409):
        seal(other, team=cast.sales, by=cast.naoko)


def test_a_circle_of_formulas_that_closes_on_a_later_day_is_refused_with_the_day(cast: Cast):
    agreed(cast, first_rate=FIRST, second_rate=SECOND)
    agreed(cast, SOON, first_rate={"formula": "second_rate × 2"})
    circle = proposed(cast, TOMORROW, second_rate={"formula": "first_rate × 2"})
    needs = {need.code: need for need in before_submission(Standing(circle))}
    assert "2026年7月15日" in needs["formula_broken"].sentence
    assert needs["formula_broken"].target == "id_second_rate-formula"


@pytest.mark.parametrize("change", [YEN, SQUARE], ids=["unit", "kind"])
@EITHER_WAY
def test_a_factor_whose_unit_changes_does_not_leave_a_sum_of_others_without_a_value(cast: Cast, change: Any):
    agreed(cast, total=TOTAL, twice=TWICE)
    proposal = proposed(cast, SOON, target_lead=change)
    total, twice = refused(proposal, cast.misaki)["breaks_others"]
    assert ("合計" in total, "二倍" in twice, "2026年7月15日" in total) == (True, True, True)
    write(proposal, by=cast.misaki, change={"total": {"formula": "meeting × 2"}})
    submitting.submit(proposal, by=cast.misaki)
    assert sealed(cast, proposal).state == Proposal.PUBLISHED


@EITHER_WAY
def test_a_sum_that_was_agreed_meanwhile_stops_the_seal_and_is_named(cast: Cast):
    proposal = submitted(cast, TOMORROW, target_lead=YEN)
    agreed(cast, SOON, total=TOTAL)
    found = {need.code: need for need in before_publication(Standing(proposal))}
    assert "合計" in found["breaks_others"].sentence
    assert "2026年7月15日" in found["breaks_others"].sentence
    with refuses("breaks_others", 409):
        seal(proposal, team=cast.marketing, by=cast.ryo)

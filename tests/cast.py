"""The fixed cast, and the way a proposal goes, taken through the same verbs as the product.

Nothing here writes past `registry.workflow`: what a test finds has happened as it would have for people.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from registry import clock, wording
from registry.models import (
    Definition,
    Event,
    Membership,
    Metric,
    Proposal,
    Revision,
    SignOff,
    Stage,
    Team,
    User,
)
from registry.refusals import Refused
from registry.workflow import drafting, people, reviewing, submitting

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 6, 15, 9, tzinfo=TOKYO)
TODAY = NOW.date()
FOUNDED = TODAY - timedelta(days=60)
PASSWORD = "sakura-no-hana-7"


@dataclass(frozen=True)
class Cast:
    """Everybody by first name. Teams need each other's agreement on both metrics."""

    misaki: User  # marketing, member
    ryo: User  # marketing, signatory
    aya: User  # marketing, second signatory
    kenta: User  # sales, member
    naoko: User  # sales, signatory
    koji: User  # sales, second signatory
    megumi: User  # steward
    makoto: User  # second steward
    takuya: User  # signed in, in no team
    marketing: Team
    sales: Team
    target_lead: Metric  # version 1, in force since FOUNDED
    meeting: Metric  # likewise

    def seat(self, user: User) -> Membership:
        """The one team place that `user` holds now."""
        return Membership.objects.current().get(user=user)


def assemble() -> Cast:
    """Everybody in place and two metrics agreed, each at its own time."""
    with clock.at(NOW - timedelta(days=90)):
        system = User.objects.system()
        marketing = people.add_team(
            Team(key="marketing", name_ja="マーケティング", name_en="Marketing", mark_ja="マ", mark_en="M"),
            by=system,
        )
        sales = people.add_team(
            Team(key="sales", name_ja="営業", name_en="Sales", mark_ja="営", mark_en="S"),
            by=system,
        )
        for position, (key, ja, en) in enumerate(STAGES, start=1):
            people.add_stage(Stage(key=key, name_ja=ja, name_en=en, position=position), by=system)
        everybody = {name: _person(name, ja, en, by=system) for name, ja, en in PEOPLE}
        for name in ("megumi", "makoto"):
            everybody[name] = people.appoint_steward(everybody[name], by=system)
        for team, name, role in (
            (marketing, "misaki", "member"),
            (marketing, "ryo", "signatory"),
            (marketing, "aya", "signatory"),
            (sales, "kenta", "member"),
            (sales, "naoko", "signatory"),
            (sales, "koji", "signatory"),
        ):
            people.join(team, user=everybody[name], role=role, by=system)
    with clock.at(NOW - timedelta(days=70)):
        founding = started(everybody["misaki"], effective_from=FOUNDED)
        write(founding, by=everybody["misaki"], new={"target_lead": TARGET_LEAD, "meeting": MEETING})
        submitting.submit(founding, by=everybody["misaki"])
        seal(founding, team=marketing, by=everybody["ryo"])
        seal(founding, team=sales, by=everybody["naoko"])
    metrics = {metric.key: metric for metric in Metric.objects.select_related("latest__metric")}
    return Cast(marketing=marketing, sales=sales, **everybody, **metrics)


def _person(username: str, name_ja: str, name_en: str, *, by: User) -> User:
    user = User(username=username, name_ja=name_ja, name_en=name_en, email=f"{username}@example.com")
    return people.register(user, by=by, password=PASSWORD)


def legal_team(cast: Cast) -> Team:
    """A third team that need not agree to anything yet; Takuya is its only signatory."""
    legal = Team(key="legal", name_ja="法務", name_en="Legal", mark_ja="法", mark_en="L")
    people.add_team(legal, by=cast.megumi)
    people.join(legal, user=cast.takuya, role=Membership.SIGNATORY, by=cast.megumi)
    return legal


# The way of a proposal


def started(
    by: User, *, effective_from: date | None = None, retroactive: bool = False, title: str = "定義を改める"
) -> Proposal:
    """A draft of `by` with title, reason and date, holding no metric yet."""
    proposal = drafting.start(by=by)
    heading = {
        "title_ja": title,
        "title_en": "Reword it",
        "reason_ja": "数が合わない",
        "reason_en": "Numbers differ",
    }
    return drafting.save(
        proposal,
        by=by,
        heading=heading,
        effective_from=effective_from or clock.today(),
        retroactive=retroactive,
    )


def write(
    proposal: Proposal,
    *,
    by: User,
    change: Mapping[str, Mapping[str, Any]] | None = None,
    new: Mapping[str, Mapping[str, Any]] | None = None,
) -> Proposal:
    """Put wordings into the draft by metric key, adding the metrics it does not hold yet."""
    held = set(proposal.working_copies.values_list("key", flat=True))
    for key in (change or {}).keys() - held:
        drafting.add_metric(proposal, metric=Metric.objects.get(key=key), by=by)
    for key in (new or {}).keys() - held:
        drafting.add_new_metric(proposal, key=key, by=by)
    proposal.refresh_from_db()
    return drafting.save(
        proposal,
        by=by,
        effective_from=proposal.effective_from,
        retroactive=proposal.retroactive,
        wordings={**(change or {}), **(new or {})},
    )


def drafted(
    cast: Cast,
    *keys: str,
    by: User | None = None,
    effective_from: date | None = None,
    retroactive: bool = False,
) -> Proposal:
    """A complete draft of Misaki's (or `by`) that rewords `keys` (default: target_lead), ready to submit."""
    by = by or cast.misaki
    proposal = started(by, effective_from=effective_from, retroactive=retroactive)
    return write(proposal, by=by, change={key: reworded(proposal) for key in keys or ("target_lead",)})


def in_review(cast: Cast, *keys: str, **rest: Any) -> Proposal:
    """Likewise, submitted."""
    proposal = drafted(cast, *keys, **rest)
    submitting.submit(proposal, by=rest.get("by") or cast.misaki)
    return fresh(proposal)


def sealed(cast: Cast, proposal: Proposal) -> Proposal:
    """The proposal once Ryo and Naoko have sealed it for both teams, which publishes it."""
    seal(proposal, team=cast.marketing, by=cast.ryo)
    seal(proposal, team=cast.sales, by=cast.naoko)
    return fresh(proposal)


def published(cast: Cast, *keys: str, **rest: Any) -> list[Definition]:
    """Likewise, sealed by Ryo and Naoko: the new versions, in order of their keys."""
    proposal = in_review(cast, *keys, **rest)
    sealed(cast, proposal)
    return list(versions_of(proposal))


def retired(cast: Cast, metric: Metric, successor: Metric | None = None, **rest: Any) -> Definition:
    """The version by which all agreed to retire `metric`."""
    proposal = started(cast.misaki, **rest)
    drafting.add_retirement(proposal, metric=metric, successor=successor, by=cast.misaki)
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    return versions_of(proposal)[0]


def agreed_rate(cast: Cast) -> Definition:
    """A third metric, calculated from the other two."""
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"meeting_rate": MEETING_RATE})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    return versions_of(proposal)[0]


def seal(proposal: Proposal, *, team: Team, by: User) -> SignOff:
    """Press the seal on the latest revision, as it is on the screen now."""
    revision = latest(proposal)
    return reviewing.sign_off(revision, team=team, by=by, digest=revision.digest)


def revised(proposal: Proposal, *, by: User) -> Revision:
    """Other words for every metric in it, submitted as the next revision."""
    proposal = fresh(proposal)
    keys = proposal.working_copies.values_list("key", flat=True)
    write(proposal, by=by, change={key: reworded(proposal) for key in keys})
    return submitting.submit(proposal, by=by)


def fresh(proposal: Proposal) -> Proposal:
    """The proposal as it is stored now."""
    return Proposal.objects.select_related("revision", "author").get(pk=proposal.pk)


def latest(proposal: Proposal) -> Revision:
    """The revision under review, or that was last."""
    return Revision.objects.select_related("proposal").filter(proposal=proposal).latest("number")


def versions_of(proposal: Proposal) -> list[Definition]:
    """What the proposal published, in order of metric keys."""
    published_by = Definition.objects.filter(revision__proposal=proposal)
    return list(published_by.select_related("metric", "base").order_by("metric__key"))


def reworded(proposal: Proposal) -> dict[str, str]:
    """A text nobody wrote before, so that something differs."""
    told = f"{proposal.pk}-{proposal.edits}"
    return {"text_ja": f"新しい説明 {told}。", "text_en": f"A new text {told}."}


@contextmanager
def refuses(code: str, status: int) -> Iterator[None]:
    """What happens inside is refused with this code and status, in a sentence, and leaves no event."""
    before = Event.objects.count()
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.code, caught.value.status) == (code, status), str(caught.value)
    assert str(caught.value).strip()
    assert Event.objects.count() == before


@contextmanager
def rejects_text(*fields: str) -> Iterator[None]:
    """What happens inside is refused at these form fields, and leaves no event."""
    before = Event.objects.count()
    with pytest.raises(ValidationError) as caught:
        yield
    assert set(caught.value.message_dict) == set(fields), caught.value
    assert Event.objects.count() == before


def acts(proposal: Proposal) -> list[str]:
    """What was done to the proposal, in order."""
    return list(proposal.events.order_by("sequence").values_list("act", flat=True))


def on(day: date) -> Any:
    """Let it be nine in the morning of that day, in a `with`."""
    return clock.at(datetime(day.year, day.month, day.day, 9, tzinfo=TOKYO))


def words(**some: Any) -> dict[str, Any]:
    """A complete wording of a counted metric; `some` replaces fields."""
    return wording.tidy({**COUNTED, **some})


COUNTED = {
    "stage": "targeting",
    "producer": "marketing",
    "judge": "sales",
    "kind": wording.COUNTED,
    "name_ja": "見込み客の数",
    "name_en": "Prospects",
    "summary_ja": "見込み客の人数",
    "summary_en": "How many prospects there are",
    "text_ja": "条件に当てはまる人を数える。",
    "text_en": "People to whom the condition applies.",
    "counting_ja": "1人を1件とする。",
    "counting_en": "One person is one.",
    "unit_ja": "件",
    "unit_en": "leads",
    "counts": "lead",
    "counting_key": "lead_id",
    "dated_by": "created_on",
    "condition": "company.employees >= 100",
}
TARGET_LEAD = words(
    name_ja="ターゲットリード数",
    name_en="Target leads",
    synonyms_ja=["対象リード", "TL"],
    synonyms_en=["TL"],
    summary_ja="従業員100名以上の会社に勤める人の数",
    summary_en="People at companies with 100 or more employees",
)
MEETING = words(
    stage="meeting",
    producer="sales",
    judge="marketing",
    name_ja="商談数",
    name_en="Meetings",
    summary_ja="約束して実際に開かれた商談の数",
    summary_en="Meetings that were arranged and took place",
    counts="meeting",
    counting_key="meeting_id",
    dated_by="held_on",
    condition="status = 'held'",
)
MEETING_RATE = words(
    kind=wording.CALCULATED,
    name_ja="商談化率",
    name_en="Meeting rate",
    formula="meeting ÷ target_lead",
    condition="",
    counts="",
    counting_key="",
    dated_by="",
)
STAGES = (("targeting", "ターゲット", "Targeting"), ("meeting", "商談", "Meeting"), ("deal", "受注", "Deal"))
PEOPLE = (
    ("misaki", "田中 美咲", "Misaki Tanaka"),
    ("ryo", "高橋 亮", "Ryo Takahashi"),
    ("aya", "中村 彩", "Aya Nakamura"),
    ("kenta", "佐藤 健太", "Kenta Sato"),
    ("naoko", "鈴木 直子", "Naoko Suzuki"),
    ("koji", "山本 浩司", "Koji Yamamoto"),
    ("megumi", "渡辺 恵", "Megumi Watanabe"),
    ("makoto", "伊藤 誠", "Makoto Ito"),
    ("takuya", "小林 拓也", "Takuya Kobayashi"),
)

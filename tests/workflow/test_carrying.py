"""A proposal that carries a vocabulary: agreed on and published with the definitions it alters, or not at all."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

import verify
from registry import meaning
from registry.ledger.canonical import digest
from registry.models import Event, Proposal, VocabularyClause, VocabularyVersion
from registry.models.vocabulary import vocabulary_digest
from registry.proof import certificate
from registry.readiness import NotReady, before_publication
from registry.seeding.content import Content
from registry.standing import Standing
from registry.workflow import drafting, people, publication, submitting, vocabulary
from tests.cast import TODAY, Cast, acts, drafted, fresh, latest, refuses, seal, sealed, versions_of, write
from tests.database import past_the_guards, rows_of
from tests.ledger.tampering import wrong

SOURCE = Content().vocabulary
STAFF = "      employees: {type: int, nullable: true, low: 1, high: 1000000"
WIDER = SOURCE.replace(STAFF, STAFF.replace("low: 1", "low: 0"))
RENAMED = SOURCE.replace("      employees: {", "      staff: {")
ADDED = SOURCE.replace(
    "      region: {", "      founded_in: {type: int, label: {ja: 設立年, en: year founded}}\n      region: {"
)


@pytest.fixture(autouse=True)
def _declared(cast: Cast) -> None:
    vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")


def carrying(cast: Cast, source: str = RENAMED, *keys: str, condition: str = "company.staff >= 100") -> Proposal:
    """A draft of Megumi's that carries `source` and rewords target_lead to fit it."""
    proposal = drafted(cast, *keys or ("target_lead",), by=cast.megumi)
    vocabulary.carry(proposal, source=source, by=cast.megumi)
    if not keys:
        write(proposal, by=cast.megumi, change={"target_lead": {"condition": condition}})
    return fresh(proposal)


def submitted(cast: Cast, **rest: Any) -> Proposal:
    proposal = carrying(cast, **rest)
    submitting.submit(proposal, by=cast.megumi)
    return fresh(proposal)


def test_alone_it_is_refused_with_the_definitions_it_breaks_or_alters(cast: Cast):
    for source in (RENAMED, WIDER):
        with refuses("alters_definitions", 409):
            vocabulary.change_vocabulary(source, by=cast.megumi, reason="名前を変える")
    assert vocabulary.change_vocabulary(ADDED, by=cast.megumi, reason="設立年を足す").number == 2


def test_both_are_published_together_and_everything_verifies(cast: Cast):
    proposal = submitted(cast)
    sealed(cast, proposal)
    assert fresh(proposal).state == Proposal.PUBLISHED
    version = VocabularyVersion.objects.get(number=2)
    assert (version.source, version.digest) == (RENAMED, vocabulary_digest(RENAMED))
    (definition,) = versions_of(proposal)
    assert definition.wording["condition"] == "company.staff >= 100"
    assert meaning.sentences("target_lead", definition.wording) == {}
    told = proposal.events.get(act="published").detail
    assert told["vocabulary"] == {"number": 2, "digest": version.digest}
    assert wrong() == []


def test_the_digest_binds_the_vocabulary(cast: Cast):
    proposal = submitted(cast)
    document = latest(proposal).document()
    assert document["vocabulary"]["source"] == RENAMED
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(VocabularyClause).update(source=WIDER)
    with refuses("not_agreed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert VocabularyVersion.objects.count() == 1


def test_without_a_vocabulary_the_document_is_what_it_was(cast: Cast):
    proposal = drafted(cast)
    submitting.submit(proposal, by=cast.misaki)
    assert set(latest(proposal).document()) == {"definitions", "effective_from", "heading", "retroactive", "signed_by"}


def test_a_changed_vocabulary_voids_every_seal(cast: Cast):
    proposal = submitted(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    vocabulary.carry(proposal, source=RENAMED + "# 注\n", by=cast.megumi)
    submitting.submit(proposal, by=cast.megumi)
    assert Standing(fresh(proposal)).seals == {}


def test_it_is_not_submitted_while_a_metric_it_alters_is_left_out(cast: Cast):
    proposal = carrying(cast, WIDER, "meeting")
    with pytest.raises(NotReady) as caught:
        submitting.submit(proposal, by=cast.megumi)
    assert "alters_definitions" in {need.code for need in caught.value.needs}
    drafting.add_metric(proposal, metric=cast.target_lead, by=cast.megumi)
    submitting.submit(proposal, by=cast.megumi)
    assert {clause.key for clause in latest(proposal).clauses.all()} == {"meeting", "target_lead"}


def test_its_conditions_are_checked_in_its_own_words(cast: Cast):
    proposal = carrying(cast, condition="company.employees >= 100")
    with pytest.raises(NotReady):
        submitting.submit(proposal, by=cast.megumi)


def test_a_definition_agreed_meanwhile_that_it_would_break_stops_the_seal(cast: Cast):
    proposal = submitted(cast)
    other = drafted(cast, "meeting", by=cast.kenta)
    write(other, by=cast.kenta, change={"meeting": {"condition": "status = 'held' AND lead.company.employees >= 10"}})
    submitting.submit(other, by=cast.kenta)
    sealed(cast, other)
    with refuses("alters_definitions", 409):
        seal(proposal, team=cast.marketing, by=cast.ryo)


def test_another_vocabulary_makes_it_stale_until_it_is_rebased(cast: Cast):
    proposal = submitted(cast)
    vocabulary.change_vocabulary(ADDED, by=cast.makoto, reason="設立年を足す")
    with refuses("stale", 409):
        seal(proposal, team=cast.marketing, by=cast.ryo)
    with refuses("not_decided", 409):
        submitting.rebase(proposal, by=cast.megumi, wordings={})
    both = ADDED.replace("      employees: {", "      staff: {")
    submitting.rebase(proposal, by=cast.megumi, wordings={}, vocabulary=both)
    submitting.submit(proposal, by=cast.megumi)
    sealed(cast, proposal)
    assert VocabularyVersion.objects.get(number=3).source == both
    assert wrong() == []


def test_a_condition_that_a_later_vocabulary_breaks_is_not_published(cast: Cast):
    vocabulary.change_vocabulary(ADDED, by=cast.megumi, reason="設立年を足す")
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"condition": "company.founded_in >= 2000"}})
    submitting.submit(proposal, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert "plausible" in needs(proposal)
    vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="設立年をやめる")
    assert ("plausible" in needs(proposal), needs(proposal)["condition_broken"]) == (False, "attention")
    with refuses("condition_broken", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def needs(proposal: Proposal) -> dict[str, str]:
    return {need.code: need.state for need in before_publication(Standing(fresh(proposal)))}


def test_only_a_steward_who_contributes_writes_it(cast: Cast):
    proposal = drafted(cast)
    with refuses("not_a_steward", 403):
        vocabulary.carry(proposal, source=RENAMED, by=cast.misaki)
    with refuses("not_a_contributor", 403):
        vocabulary.carry(proposal, source=RENAMED, by=cast.megumi)
    drafting.invite(proposal, user=cast.megumi, by=cast.misaki)
    vocabulary.carry(proposal, source=RENAMED, by=cast.megumi)
    assert acts(proposal)[-1] == "vocabulary_carried"
    with pytest.raises(ValidationError):
        vocabulary.carry(proposal, source="entities: 3", by=cast.megumi)


def test_saying_the_same_again_writes_nothing_and_leaving_it_out_is_recorded(cast: Cast):
    proposal = carrying(cast)
    before = Event.objects.count()
    vocabulary.carry(proposal, source=RENAMED, by=cast.megumi)
    assert Event.objects.count() == before
    vocabulary.leave_out(proposal, by=cast.megumi)
    assert Standing(fresh(proposal)).drafted_vocabulary is None
    with refuses("no_vocabulary", 409):
        vocabulary.leave_out(proposal, by=cast.megumi)


def test_a_vocabulary_that_says_the_same_is_not_submitted(cast: Cast):
    proposal = drafted(cast, by=cast.megumi)
    vocabulary.carry(proposal, source=SOURCE, by=cast.megumi)
    with pytest.raises(NotReady):
        submitting.submit(proposal, by=cast.megumi)


def test_breaking_the_glass_publishes_it_too(cast: Cast):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.makoto, by=cast.misaki)
    third = cast.kenta
    people.appoint_steward(third, by=cast.megumi)
    vocabulary.carry(proposal, source=RENAMED, by=cast.makoto)
    write(proposal, by=cast.misaki, change={"target_lead": {"condition": "company.staff >= 100"}})
    submitting.submit(proposal, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="期限が今日")
    publication.confirm_break_glass(proposal, by=third, digest=latest(proposal).digest)
    assert VocabularyVersion.objects.count() == 2


def test_a_steward_who_was_refused_proposes_both_on_the_web(client: Client, cast: Cast):
    client.force_login(cast.megumi)
    sent = {"source": RENAMED, "reason": "項目名を実際の列に合わせる"}
    refused = client.post("/vocabulary/change/", sent)
    assert refused.status_code == 422
    assert "/vocabulary/proposals/" in refused.content.decode()
    draft = client.post("/vocabulary/proposals/", sent, follow=True).content.decode()
    proposal = Proposal.objects.latest("pk")
    assert {copy.key for copy in proposal.working_copies.all()} == {"target_lead"}
    assert "<ins>staff</ins>" in draft
    write(proposal, by=cast.megumi, change={"target_lead": {"condition": "company.staff >= 100"}})
    drafting.save(proposal, by=cast.megumi, heading={"title_ja": "項目名"}, effective_from=TODAY)
    submitting.submit(proposal, by=cast.megumi)
    client.force_login(cast.naoko)
    for address in ("", "sign-offs/?team=sales"):
        page = client.get(f"/proposals/{proposal.pk}/{address}").content.decode()
        assert "vocabulary-heading" in page
        assert "staff" in page


def test_a_vocabulary_that_cannot_be_read_leaves_no_draft(client: Client, cast: Cast):
    client.force_login(cast.megumi)
    before = Proposal.objects.count()
    assert client.post("/vocabulary/proposals/", {"source": "entities: [", "reason": "項目名"}).status_code == 422
    assert Proposal.objects.count() == before


def test_taking_the_vocabulary_out_keeps_what_was_typed(client: Client, cast: Cast):
    client.force_login(cast.megumi)
    draft = client.post("/vocabulary/proposals/", {"source": RENAMED, "reason": "項目名"}).headers["Location"]
    client.post(draft.replace("/draft/", "/vocabulary/removal/"), {"title_ja": "いま打った題"})
    proposal = Proposal.objects.latest("pk")
    assert proposal.title_ja == "いま打った題"
    assert not hasattr(proposal, "vocabulary_draft")


def test_the_certificate_holds_the_vocabulary_and_verifies(cast: Cast, tmp_path: Any):
    proposal = submitted(cast)
    sealed(cast, proposal)
    document = certificate.build(versions_of(proposal)[0])
    assert document["revision"]["document"]["vocabulary"]["source"] == RENAMED
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert list(verify.findings(file)) == []
    document["revision"]["document"]["vocabulary"]["source"] = WIDER
    document["revision"]["digest"] = digest("goi/revision/1", document["revision"]["document"])
    file.write_text(json.dumps(document), encoding="utf-8")
    assert any("another vocabulary" in finding for finding in verify.findings(file))


def test_a_vocabulary_typed_while_it_is_taken_out_of_the_proposal_stays_on_the_page(client: Client, cast: Cast):
    proposal = submitted(cast)
    vocabulary.change_vocabulary(ADDED, by=cast.makoto, reason="設立年を足す")
    client.force_login(cast.megumi)
    address = f"/proposals/{proposal.pk}/rebase/"
    seen = client.get(address).context["seen"]
    vocabulary.leave_out(proposal, by=cast.megumi)
    response = client.post(address, {"seen": seen, "source": ADDED + "  # 書きかけの注記\n"})
    assert response.status_code == 409
    assert "\n  # 書きかけの注記" in response.content.decode()

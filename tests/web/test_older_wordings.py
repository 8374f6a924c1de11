"""A field that was added to definitions after versions, revisions and drafts were written without it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry import wording
from registry.forms import drafts
from registry.models import Definition, Proposal
from registry.readiness import before_submission
from registry.standing import Standing
from registry.wording import Field
from registry.workflow import drafting, submitting
from tests.cast import TODAY, Cast, acts, drafted, fresh, in_review, published, sealed, started, versions_of

ADDED = (
    Field("remark_ja", "Remark", "prose"),
    Field("remark_en", "Remark", "prose"),
    Field("labels", "Labels", "list"),
    Field("rounded", "Rounded", "flag"),
)


@pytest.fixture
def writer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.misaki)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def later(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Adds the fields as the recipe says, when called."""

    def add() -> None:
        fields = (*wording.FIELDS, *ADDED)
        monkeypatch.setattr(wording, "FIELDS", fields)
        monkeypatch.setattr(wording, "BY_NAME", {field.name: field for field in fields})
        monkeypatch.setattr(wording, "NAMES", tuple(field.name for field in fields))
        monkeypatch.setattr(drafts, "GROUPS", (*drafts.GROUPS, ("Later", ("remark", "labels", "rounded"))))

    return add


def said(proposal: Proposal) -> set[str]:
    return {need.code for need in before_submission(Standing(fresh(proposal)))}


def test_an_untouched_copy_of_an_older_version_changes_nothing(cast: Cast, later: Any):
    later()
    proposal = started(cast.misaki)
    drafting.add_metric(proposal, metric=cast.target_lead, by=cast.misaki)
    assert "no_difference" in said(proposal)


def test_an_older_version_that_says_more_now_is_published(cast: Cast, later: Any):
    later()
    proposal = started(cast.misaki)
    drafting.add_metric(proposal, metric=cast.target_lead, by=cast.misaki)
    drafting.save(proposal, by=cast.misaki, wordings={"target_lead": {"remark_ja": "追記", "remark_en": "More"}})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    (version,) = versions_of(proposal)
    assert version.wording["remark_en"] == "More"
    assert "remark_en" not in Definition.objects.get(pk=version.base_id).wording


def test_older_sides_are_brought_together_field_by_field(writer: Client, cast: Cast, later: Any):
    proposal = in_review(cast, effective_from=TODAY + timedelta(days=40))
    (theirs,) = published(cast, by=cast.kenta, effective_from=TODAY + timedelta(days=10))
    later()
    drafting.save(proposal, by=cast.misaki, wordings={"target_lead": {"remark_ja": "追記", "labels": ["x"]}})
    address = f"/proposals/{proposal.pk}/rebase/"
    page = writer.get(address)
    (way,) = page.context["outdated"]
    verdicts = {side.name: side.verdict for side in way.sides}
    assert verdicts == {"text_ja": "conflict", "text_en": "conflict", "remark_ja": "ours", "labels": "ours"}
    chosen = {f"rebase-target_lead-{name}": "theirs" for name in verdicts} | {"rebase-target_lead-labels": "ours"}
    assert writer.post(address, {"seen": page.context["seen"], **chosen}).status_code == 302
    copy = fresh(proposal).working_copies.get()
    assert (copy.base, copy.wording["text_ja"]) == (theirs, theirs.wording["text_ja"])
    assert (copy.wording["remark_ja"], copy.wording["labels"]) == ("", ["x"])


def test_an_older_draft_is_written_on_and_submitted(writer: Client, cast: Cast, later: Any):
    proposal = drafted(cast)
    later()
    assert writer.get(f"/proposals/{proposal.pk}/draft/").status_code == 200
    before = len(acts(proposal))
    drafting.save(proposal, by=cast.misaki, wordings={"target_lead": {"remark_ja": ""}})
    assert len(acts(proposal)) == before
    submitting.submit(proposal, by=cast.misaki)


def test_an_older_revision_that_was_edited_and_put_back_is_not_submitted_again(cast: Cast, later: Any):
    proposal = in_review(cast)
    before = proposal.working_copies.get().wording["text_ja"]
    later()
    for text in ("別の説明。", before):
        drafting.save(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": text}})
    assert "remark_ja" in proposal.working_copies.get().wording
    assert "identical" in said(proposal)
    drafting.save(proposal, by=cast.misaki, wordings={"target_lead": {"remark_ja": "追記"}})
    assert "identical" not in said(proposal)


@pytest.mark.parametrize("tab", ["words", "discussion", "record"])
def test_an_older_revision_is_read_and_discussed(writer: Client, cast: Cast, later: Any, tab: str):
    proposal = in_review(cast)
    later()
    assert writer.get(f"/proposals/{proposal.pk}/?tab={tab}").status_code == 200
    assert writer.get("/metrics/target_lead/").status_code == 200
    assert writer.get("/metrics/target_lead/versions/1/").status_code == 200

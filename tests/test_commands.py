"""What is run from a shell or by cron: the first steward, and the end of silent proposals."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command

from registry.models import Event, Proposal, User
from registry.workflow import people, reviewing
from tests.cast import PASSWORD, TODAY, Cast, acts, drafted, fresh, in_review, on, refuses, seal


def run(name: str, *args: str, **options: str) -> str:
    said = io.StringIO()
    call_command(name, *args, stdout=said, **options)
    return said.getvalue()


# steward


def test_a_real_registry_begins_with_a_steward(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOI_PASSWORD", PASSWORD)
    run("steward", "haruka", name_ja="森 春香", email="h@example.com")
    haruka = User.objects.get(username="haruka")
    assert haruka.is_steward
    assert haruka.check_password(PASSWORD)
    made = list(Event.objects.values_list("act", "actor__username")[:2])
    assert made == [("steward_appointed", "goi"), ("registered", "goi")]


def test_somebody_already_here_is_appointed_and_keeps_their_password(cast: Cast):
    assert "misaki is a steward now" in run("steward", "misaki")
    assert "a steward already" in run("steward", "misaki")
    misaki = User.objects.get(username="misaki")
    assert misaki.is_steward
    assert misaki.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("username", "options", "password", "sentence"),
    [
        ("haruka", {}, PASSWORD, "--name-ja"),
        ("haruka", {"name_ja": "春香"}, "", "GOI_PASSWORD"),
        ("haruka", {"name_ja": "春香"}, "haruka", "短すぎます"),
        ("haruka", {"name_ja": "春香", "email": "nowhere"}, PASSWORD, "メール"),
        ("goi", {}, PASSWORD, "cannot sign in"),
    ],
)
def test_a_steward_who_cannot_be_is_refused_in_a_sentence(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    username: str,
    options: dict[str, str],
    password: str,
    sentence: str,
):
    monkeypatch.setenv("GOI_PASSWORD", password)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    before = Event.objects.count()
    with pytest.raises(CommandError, match=sentence):
        run("steward", username, **options)
    assert Event.objects.count() == before


def test_a_deactivated_person_is_not_appointed(cast: Cast):
    people.deactivate(cast.misaki, by=cast.megumi)
    with pytest.raises(CommandError, match="Reactivate"):
        run("steward", "misaki")


# expire


REMINDER = TODAY + timedelta(days=settings.EXPIRY_DAYS - settings.REMINDER_DAYS)
EXPIRY = TODAY + timedelta(days=settings.EXPIRY_DAYS)


def addressees() -> set[str]:
    return {letter.to[0].partition("@")[0] for letter in mail.outbox}


def test_a_proposal_somebody_acts_on_is_left_alone(cast: Cast):
    proposal = in_review(cast)
    with on(REMINDER - timedelta(days=1)):
        assert run("expire") == ""
    assert fresh(proposal).state == Proposal.IN_REVIEW
    assert mail.outbox == []


def test_a_silent_proposal_is_announced_once_and_then_expires(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with on(REMINDER):
        assert f"Proposal {proposal.pk}" in run("expire")
        assert addressees() == {"misaki", "naoko", "koji"}
    with on(REMINDER + timedelta(days=1)):
        assert run("expire") == ""
        assert len(mail.outbox) == 3
    with on(EXPIRY):
        assert "expired" in run("expire")
        assert run("expire") == ""
    assert fresh(proposal).state == Proposal.EXPIRED
    assert acts(proposal)[-2:] == ["reminded", "expired"]
    last = proposal.events.latest("sequence")
    assert last.actor == User.objects.system()


def test_nothing_expires_before_its_people_were_reminded(cast: Cast):
    """The command may have been set up late, or not have run for months."""
    proposal = in_review(cast)
    late = EXPIRY + timedelta(days=30)
    for days in (0, settings.REMINDER_DAYS - 1):
        with on(late + timedelta(days=days)):
            run("expire")
        assert fresh(proposal).state == Proposal.IN_REVIEW
    with on(late + timedelta(days=settings.REMINDER_DAYS)):
        run("expire")
    assert fresh(proposal).state == Proposal.EXPIRED
    assert acts(proposal)[-2:] == ["reminded", "expired"]
    assert f"あと{settings.REMINDER_DAYS}日" in mail.outbox[0].subject


def test_what_somebody_acts_on_meanwhile_does_not_expire(cast: Cast):
    proposal = in_review(cast)
    looked = proposal.events.latest("sequence").at
    with on(EXPIRY):
        reviewing.comment(proposal, by=cast.naoko, words="見ています")
        with refuses("acted_meanwhile", 409):
            reviewing.expire(proposal, by=User.objects.system(), days=60, silent_since=looked)


def test_a_stand_in_is_reminded_too(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with on(REMINDER):
        seat, dates = cast.seat(cast.naoko), {"starts_on": REMINDER, "ends_on": REMINDER}
        people.delegate(seat, stand_in=cast.kenta, **dates, reason="休暇", by=cast.naoko)
        run("expire")
    assert "kenta" in addressees()


def test_a_silent_draft_concerns_its_contributors_only(cast: Cast):
    proposal = drafted(cast)
    with on(REMINDER):
        run("expire")
    assert addressees() == {"misaki"}
    with on(EXPIRY):
        run("expire")
    assert fresh(proposal).state == Proposal.EXPIRED


def test_each_reads_the_reminder_in_their_own_language(cast: Cast):
    people.change_profile(cast.misaki, by=cast.misaki, values={"language": "en"})
    people.change_profile(cast.naoko, by=cast.naoko, values={"language": "ja"})
    in_review(cast)
    with on(REMINDER):
        run("expire")
    subjects = {letter.to[0].partition("@")[0]: letter.subject for letter in mail.outbox}
    assert "Reword it" in subjects["misaki"]
    assert "定義を改める" in subjects["naoko"]
    assert f"{settings.REMINDER_DAYS} days" in subjects["misaki"]


def test_the_reminder_links_to_the_proposal_where_people_open_goi(cast: Cast, settings: Any):
    proposal = drafted(cast)
    settings.BASE_URL = "https://goi.example.com"
    with on(REMINDER):
        run("expire")
    (letter,) = mail.outbox
    assert letter.body.endswith(f"\nhttps://goi.example.com/proposals/{proposal.pk}/\n")


def test_who_has_no_address_is_passed_over(cast: Cast):
    people.change_profile(cast.misaki, by=cast.misaki, values={"email": ""})
    proposal = drafted(cast)
    with on(REMINDER):
        run("expire")
    assert mail.outbox == []
    assert acts(proposal)[-1] == "reminded"


def test_a_word_in_the_discussion_begins_a_new_silence(cast: Cast):
    proposal = in_review(cast)
    with on(REMINDER):
        run("expire")
    said = REMINDER + timedelta(days=2)
    with on(said):
        reviewing.comment(proposal, by=cast.kenta, words="来週見ます")
    with on(EXPIRY):
        assert run("expire") == ""
    with on(said + timedelta(days=settings.EXPIRY_DAYS - settings.REMINDER_DAYS)):
        assert "reminded" in run("expire")
    assert acts(proposal).count("reminded") == 2


def test_if_the_post_fails_nothing_is_recorded_and_the_next_run_tries_again(cast: Cast, settings: object):
    proposal = in_review(cast)
    with on(REMINDER):
        settings.MAILERS = {"default": {"BACKEND": "tests.test_commands.Unreachable"}}  # type: ignore[attr-defined]
        with pytest.raises(ConnectionRefusedError):
            run("expire")
        assert "reminded" not in acts(proposal)


class Unreachable:
    """A post office that is closed."""

    def __init__(self, **options: object) -> None:
        pass

    def send_messages(self, letters: object) -> int:
        raise ConnectionRefusedError("the mail server does not answer")

"""`manage.py expire`: remind the people of silent proposals, and end those that stayed silent. Run daily."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.management.base import BaseCommand
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from registry import clock
from registry.models import Proposal, User
from registry.refusals import WrongState
from registry.standing import Standing
from registry.workflow import reviewing

REMINDED = Q(events__act="reminded")


class Command(BaseCommand):
    help = (
        "Remind the people of proposals on which nobody acted for GOI_EXPIRY_DAYS less GOI_REMINDER_DAYS, "
        "and expire those on which nobody acted for GOI_EXPIRY_DAYS and whose people were reminded GOI_REMINDER_DAYS "
        "ago or earlier. Running it again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        system, today = User.objects.system(), clock.today()
        reminder_due = settings.EXPIRY_DAYS - settings.REMINDER_DAYS
        for proposal in _open_proposals():
            silent = _days(proposal.acted_at, today)
            reminded = proposal.reminded_at is not None and proposal.reminded_at > proposal.acted_at
            if silent >= reminder_due and not reminded:
                sent = _remind(proposal, system, settings.REMINDER_DAYS)
                self.stdout.write(f"Proposal {proposal.pk}: {sent} people were reminded.")
            elif silent >= settings.EXPIRY_DAYS and _days(proposal.reminded_at, today) >= settings.REMINDER_DAYS:
                self.stdout.write(f"Proposal {proposal.pk} {_expire(proposal, system)}")


def _expire(proposal: Any, system: User) -> str:
    """What came of it: since the proposals were read somebody may have acted."""
    try:
        reviewing.expire(proposal, by=system, days=settings.EXPIRY_DAYS, silent_since=proposal.acted_at)
    except WrongState:
        return "was left alone: somebody acted on it just now."
    return f"expired: nobody acted for {settings.EXPIRY_DAYS} days."


def _open_proposals() -> list[Any]:
    """With `acted_at`, when somebody last acted on it, and `reminded_at`; a reminder is no act of anybody."""
    acted, reminded = Max("events__at", filter=~REMINDED), Max("events__at", filter=REMINDED)
    opened = Proposal.objects.filter(state__in=Proposal.OPEN).select_related("author", "revision")
    return list(opened.annotate(acted_at=acted, reminded_at=reminded).order_by("pk"))


def _days(moment: Any, today: date) -> int:
    """Whole calendar days, so that the hour at which the command runs does not matter."""
    return (today - timezone.localdate(moment)).days


def _remind(proposal: Proposal, system: User, days_left: int) -> int:
    """Mails first: if the post fails nothing is recorded, and the next run tries again."""
    people = [person for person in _recipients(Standing(proposal)) if person.email]
    mail.mailers.default.send_messages([_letter(proposal, person, days_left) for person in people])
    reviewing.remind(proposal, by=system)
    return len(people)


def _recipients(standing: Standing) -> list[User]:
    """Who writes it and, once submitted, who could still press a missing seal. Each once."""
    people = [each.user for each in standing.contributors]
    people += [user for team in standing.missing for user in standing.eligible(team)]
    return [person for person in dict.fromkeys(people) if person.is_active]


def _letter(proposal: Proposal, person: User, days_left: int) -> mail.EmailMessage:
    with translation.override(person.language or settings.LANGUAGE_CODE):
        subject = _("“%(proposal)s” expires in %(days)d days") % {"proposal": proposal.title, "days": days_left}
        body = _(
            "Hello %(who)s,\n\n"
            "nobody has acted on proposal %(number)d, “%(proposal)s”, for a while. "
            "If that stays so, it expires in %(days)d days.\n\n"
            "Silence never agrees: open your inbox in Goi to seal, discuss, revise or withdraw it.\n"
        ) % {"who": person.name, "number": proposal.pk, "proposal": proposal.title, "days": days_left}
        if settings.BASE_URL:
            body += f"\n{settings.BASE_URL}{reverse('proposal', args=[proposal.pk])}\n"
    return mail.EmailMessage(subject, body, to=[person.email])

"""`manage.py erase USERNAME`: forget somebody who has left; what they did and sealed stays proven."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry.models import User
from registry.refusals import Refused
from registry.workflow import erasure


class Command(BaseCommand):
    help = (
        "Empty the name, user name and address of a deactivated person, and the reasons of their acts, in the history "
        "and the ledger. What is part of an agreement stays: proposals, objections, comments and why the glass was "
        "broken. It cannot be undone; backups made before still hold them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--reason", required=True, help="why, as it will stand in the ledger; without a name")
        parser.add_argument("--yes", action="store_true", help="do not ask again")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(_("Nobody here has the user name %(name)s.") % {"name": options["username"]})
        if not options["yes"]:
            self._ask(person)
        try:
            erased = erasure.erase_person(person, by=User.objects.system(), reason=options["reason"])
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages)) from refusal
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(_("✓ Erased. In the record this person is now called %(name)s.") % {"name": erased.username})

    def _ask(self, person: User) -> None:
        self.stdout.write(_("This erases %(name)s for good. Type the user name to go on:") % {"name": person.name})
        if input().strip() != person.username:
            raise CommandError(_("Nothing was erased."))

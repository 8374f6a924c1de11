"""`manage.py rotate_key`: let a new key sign the checkpoints, attested by the old one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry.models import User
from registry.proof import checkpoints, rotation


class Command(BaseCommand):
    help = (
        "Make a new signing key. The old one attests it in a last checkpoint and is then destroyed; its public part "
        "stays beside the new key, under its name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="why, as it will stand in the ledger")
        parser.add_argument("--lost", action="store_true", help="the old key is gone and cannot attest the new one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            event = self._rotate(options["lost"], options["reason"])
        except checkpoints.Unsigned as refusal:
            raise CommandError(str(refusal)) from refusal
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages)) from refusal
        self.stdout.write(
            _("The key %(new)s signs from now on in the place of %(old)s (event %(number)d).")
            % {"new": event.detail["new"], "old": event.detail["old"], "number": event.sequence}
        )
        self.stdout.write(_("Tell that name to those who check the ledger, and keep a copy of the key elsewhere."))

    def _rotate(self, lost: bool, reason: str) -> Any:
        system = User.objects.system()
        if not lost:
            return rotation.rotate(by=system, reason=reason)
        if not rotation.is_lost():
            raise CommandError(_("The signing key is not lost: leave out --lost, so that it attests the new one."))
        return rotation.replace_lost(by=system, reason=reason)

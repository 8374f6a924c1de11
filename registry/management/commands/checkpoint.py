"""`manage.py checkpoint`: sign the ledger as it is now. For cron, and for operators before they copy it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry.proof import checkpoints


class Command(BaseCommand):
    help = "Sign the Merkle root of the ledger as it is now, into the directory GOI_CHECKPOINTS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--put-back", action="store_true", help="first write files that are gone again, from the database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            put_back = checkpoints.put_back() if options["put_back"] else []
            signed = checkpoints.write()
        except checkpoints.Unsigned as refusal:
            raise CommandError(str(refusal)) from refusal
        if put_back:
            self.stdout.write(_("Put back, by events: %(sizes)s.") % {"sizes": ", ".join(map(str, put_back))})
        if signed is None:
            self.stdout.write(_("The ledger is empty, so there is nothing to sign."))
        else:
            self.stdout.write(_("Signed: %(size)d events, root %(root)s.") % {"size": signed.size, "root": signed.root})

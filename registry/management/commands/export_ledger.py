"""`manage.py export_ledger FILE`: the ledger as JSON Lines, to be verified with verify.py wherever one likes."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry.ledger import keys
from registry.proof import checkpoints, export


class Command(BaseCommand):
    help = "Write the whole ledger as JSON Lines. It holds drafts and names: keep it as you keep a backup."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lines = export.lines()
        except checkpoints.Unreadable as refusal:
            raise CommandError(_("Nothing was exported. %(why)s") % {"why": refusal}) from refusal
        try:
            with options["file"].open("x", encoding="utf-8") as file:
                file.writelines(lines)
        except OSError as error:
            sentence = _("%(file)s could not be written (%(why)s). Name a new file in a folder that is there.")
            raise CommandError(sentence % {"file": options["file"], "why": keys.reason(error)}) from error
        self.stdout.write(_("Written: %(file)s. Verify it with verify.py.") % {"file": options["file"]})

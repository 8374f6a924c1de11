"""`manage.py backup FILE`: a complete copy of the registry in one file, while people write."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.backup import archive, databases
from registry.ledger import keys
from registry.proof import checkpoints


class Command(BaseCommand):
    help = (
        "Write the database, the checkpoints and the public keys into one new FILE, while people go on working. "
        "The signing key is not in it: keep a copy of GOI_SIGNING_KEY elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if file.exists():
            raise CommandError(
                _("%(file)s exists already, and a backup is never overwritten. Choose another name.") % {"file": file}
            )
        self._sign()
        try:
            manifest = self._write(file)
        except (databases.Failed, OSError) as failure:
            raise CommandError(_("No backup was made: %(why)s") % {"why": failure}) from failure
        self.stdout.write(
            _("✓ %(file)s holds everything up to event %(events)d.") % {"file": file, "events": manifest.events}
        )

    def _sign(self) -> None:
        """So that the copy can be checked to its end. A ledger that cannot be signed is copied all the same."""
        try:
            checkpoints.write()
        except checkpoints.Unsigned as refusal:
            self.stderr.write(str(refusal))
        for sentence in checkpoints.unreadable_keys():
            self.stderr.write(sentence)

    def _write(self, file: Path) -> archive.Manifest:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".goi-backup-") as folder:
            copied = Path(folder) / archive.DATABASE
            state = databases.copy(copied)
            manifest = archive.Manifest(
                vendor=connection.vendor,
                events=state.events,
                migration=state.migration,
                made_at=timezone.now().isoformat(),
                sha256=archive.sha256(copied),
            )
            signed = self._signed_by_then(state.events)
            archive.pack(file, manifest, copied, signed, keys.public_files(settings.SIGNING_KEY))
        return manifest

    def _signed_by_then(self, events: int) -> dict[str, bytes]:
        """Without those that were signed after the copy was taken, over events that it does not hold.

        One that cannot be read is left out: a backup without it is better than none.
        """
        found = {}
        for path in checkpoints.files(settings.CHECKPOINTS):
            if int(path.stem) <= events:
                try:
                    found[path.name] = path.read_bytes()
                except OSError as error:
                    sentence = _("The checkpoint %(file)s cannot be read (%(why)s), so the backup lacks it.")
                    self.stderr.write(sentence % {"file": path.name, "why": error.strerror or error})
        return found

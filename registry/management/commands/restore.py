"""`manage.py restore FILE`: put a backup in place, and verify it against the checkpoints."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from registry.backup import archive, databases
from registry.ledger import keys
from registry.ledger.note import key_id


class Command(BaseCommand):
    help = (
        "Put the backup in FILE in the place of this registry's database, with its checkpoints and public keys, "
        "and verify it. Stop the server first."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="replace what the database holds now")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["overwrite"] and not databases.is_empty():
            raise CommandError(
                _("There is a registry here already. To replace it with the backup, add --overwrite; back it up first.")
            )
        with _room(options["file"]) as folder:
            manifest = _unpacked(options["file"], folder)
            _require_fit(manifest)
            _require_readable_keys()
            _require_room_beside(folder)
            try:
                databases.load(folder / archive.DATABASE)
            except databases.Failed as failure:
                raise CommandError(_("The backup could not be put in place: %(why)s") % {"why": failure}) from failure
            _lay_beside(folder)
            self._trust(folder)
            call_command("migrate", verbosity=0)
            self.stdout.write(_("Everything up to event %(events)d is in place.") % {"events": manifest.events})
            call_command("verify", stdout=self.stdout, stderr=self.stderr)

    def _trust(self, folder: Path) -> None:
        """Lay the backup's public keys where `verify` looks."""
        found = _new_keys(folder)
        if not found:
            return
        for key in found:
            keys.keep_public(settings.SIGNING_KEY, key)
        self.stdout.write(
            _(
                "There is no key here, so the backup's own is taken: %(names)s. Compare the name with what you "
                "were told elsewhere, and put the signing key back to GOI_SIGNING_KEY."
            )
            % {"names": ", ".join(map(key_id, found))}
        )


@contextmanager
def _room(file: Path) -> Iterator[Path]:
    """Beside the backup, where there was room for it; elsewhere if that cannot be written to."""
    beside = file.absolute().parent
    with tempfile.TemporaryDirectory(
        dir=beside if os.access(beside, os.W_OK) else None, prefix=".goi-restore-"
    ) as name:
        yield Path(name)


def _unpacked(file: Path, folder: Path) -> archive.Manifest:
    try:
        return archive.unpack(file, folder)
    except OSError as failure:
        sentence = _("%(file)s could not be unpacked (%(why)s). Nothing was changed.")
        raise CommandError(sentence % {"file": file, "why": failure.strerror or failure}) from failure
    except archive.Unreadable as refusal:
        sentence = _("%(file)s is no backup of Goi, or was damaged. Nothing was changed; take another copy.")
        raise CommandError(sentence % {"file": file}) from refusal


def _require_fit(manifest: archive.Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise CommandError(
            _("The backup is of a %(its)s database and this one is %(ours)s. Set DATABASE_URL to one of its kind.")
            % {"its": manifest.vendor, "ours": connection.vendor}
        )
    if ("registry", manifest.migration) not in MigrationLoader(None).disk_migrations:
        raise CommandError(_("The backup was made by a newer version of Goi. Update Goi first; nothing was changed."))


def _require_readable_keys() -> None:
    """A damaged key would have the backup's own taken in its place, or what is restored not verify."""
    for file, why in keys.unreadable(settings.SIGNING_KEY).items():
        sentence = _(
            "The key in %(file)s cannot be read (%(why)s). Nothing was changed; put it back from its copy, or move it "
            "elsewhere."
        )
        raise CommandError(sentence % {"file": file, "why": why})


def _require_room_beside(folder: Path) -> None:
    """Tried before the database is replaced, so that nothing stops half way."""
    if _new_checkpoints(folder):
        _require_writable("GOI_CHECKPOINTS", Path(settings.CHECKPOINTS))
    if _new_keys(folder):
        _require_writable("GOI_SIGNING_KEY", keys.public_folder(settings.SIGNING_KEY))


def _require_writable(setting: str, folder: Path) -> None:
    """A folder that is not there is made later, in the nearest one above it that is."""
    nearest = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as failure:
        sentence = _(
            "Nothing can be written to %(folder)s (%(why)s). Nothing was changed; make it a folder that can be written "
            "to, or set %(setting)s to another place."
        )
        values = {"folder": nearest, "why": keys.reason(failure), "setting": setting}
        raise CommandError(sentence % values) from failure


def _new_checkpoints(folder: Path) -> list[Path]:
    """Those in the backup that are not here yet."""
    found = sorted((folder / archive.CHECKPOINTS).glob("*.json"))
    return [path for path in found if not os.path.exists(Path(settings.CHECKPOINTS) / path.name)]


def _new_keys(folder: Path) -> list[Ed25519PublicKey]:
    """The backup's public keys, unless some are here: a backup's maker chose its keys."""
    return [] if keys.public_keys(settings.SIGNING_KEY) else keys.public_keys_in(folder / archive.KEYS)


def _lay_beside(folder: Path) -> None:
    """Checkpoints that are here already stay as they are: they may say more than the backup."""
    for path in _new_checkpoints(folder):
        keys.write_once(Path(settings.CHECKPOINTS) / path.name, path.read_bytes(), 0o644)

"""`manage.py verify`: was anything altered since it was agreed? Exits 1 if so, and says what and where."""

import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry.ledger import keys
from registry.proof.checkpoints import unreadable_keys
from registry.proof.verification import Verification


class Command(BaseCommand):
    help = "Verify the ledger, what it seals, and its checkpoints; exit 1 and say what is wrong if anything is."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--checkpoints", type=Path, default=settings.CHECKPOINTS, help="default: GOI_CHECKPOINTS")
        parser.add_argument(
            "--key",
            type=Path,
            action="append",
            default=[],
            help="a public key (PEM) to trust instead of those kept here",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        trusted = [_public_key(path) for path in options["key"]] or self._own_keys()
        verification = Verification(options["checkpoints"], trusted)
        began, wrong = time.perf_counter(), 0
        for finding in verification.findings():
            self.stdout.write(f"✗ {finding}")
            wrong += 1
        self._sum_up(verification, wrong, time.perf_counter() - began)

    def _own_keys(self) -> list[Ed25519PublicKey]:
        for sentence in unreadable_keys():
            self.stderr.write(sentence)
        return keys.public_keys(settings.SIGNING_KEY)

    def _sum_up(self, verification: Verification, wrong: int, seconds: float) -> None:
        self.stdout.write(
            _("%(events)d events and %(checkpoints)d checkpoints read in %(seconds).1f s: %(speed)d events per second.")
            % {
                "events": verification.events,
                "checkpoints": verification.checkpoints,
                "seconds": seconds,
                "speed": verification.events / seconds,
            }
        )
        if wrong:
            raise CommandError(_("The record does not verify: %(count)d findings, listed above.") % {"count": wrong})
        if not verification.checkpoints:
            self.stdout.write(_("There is no checkpoint yet, so what was cut off at the end cannot be seen."))
        self.stdout.write(_("✓ Everything is as it was recorded."))


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        return keys.read_public(path)
    except OSError as error:
        sentence = _("%(file)s cannot be read (%(why)s).")
        raise CommandError(sentence % {"file": path, "why": keys.reason(error)}) from error
    except ValueError as error:
        raise CommandError(_("%(file)s holds no Ed25519 public key.") % {"file": path}) from error

"""`manage.py quickstart`: everything from an empty folder to the example registry being served."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from registry import clock
from registry.models import Dataset, Proposal, User
from registry.seeding import dataset, story
from registry.seeding.content import Content

DEMO_PASSWORD = "goi-demo-2026"


class Command(BaseCommand):
    help = "Prepare the database, fill it with the example registry if it is empty, and serve it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="Prepare only.")

    def handle(self, *args: Any, **options: Any) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        content = Content()
        with clock.at(story.beginning(content)):
            call_command("migrate", verbosity=0)
        if not Proposal.objects.exists():
            self.stdout.write("Filling the example registry …")
            story.tell(content, DEMO_PASSWORD)
        if not Dataset.objects.exists():
            self.stdout.write("Reading the example CRM data …")
            dataset.write()
            dataset.register(by=User.objects.system())
        connection.close()
        self._greet(content)
        if not options["no_serve"]:
            _serve()

    @property
    def port(self) -> str:
        return os.environ.get("PORT", "8000")

    def _greet(self, content: Content) -> None:
        self.stdout.write(f"\n  語彙 Goi   http://127.0.0.1:{self.port}/\n\n  Sign in with one click, or with:")
        for person in content.demo_people:
            label = f"{person['demo']['label_en']} · {person['demo']['label_ja']}"
            self.stdout.write(f"    {person['username']:<12} {DEMO_PASSWORD}   {label}")
        self.stdout.write("")


def _serve() -> None:
    """In the place of this process, as in production: whoever stops it waits for those who are being answered.

    One worker, since pages are kept in its memory.
    """
    os.environ |= {"GOI_BIND": "127.0.0.1", "GOI_WORKERS": "1"}
    command = [sys.executable, "-m", "gunicorn", "registry.wsgi"]
    os.execv(
        sys.executable, [*command, "--config", str(settings.BASE_DIR / "gunicorn.conf.py"), "--log-level", "warning"]
    )

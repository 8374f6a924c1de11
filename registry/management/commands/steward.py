"""`manage.py steward`: the first steward of a real registry, or another one from the command line."""

import getpass
import os
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.models import User
from registry.refusals import Refused
from registry.workflow import people


class Command(BaseCommand):
    help = (
        "Make USERNAME a steward, registering them if nobody has that name yet. A new password is asked for "
        "on the terminal, or read from the environment variable GOI_PASSWORD."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--name-ja", default="", help="Name in Japanese, for a new person.")
        parser.add_argument("--name-en", default="", help="Name in English, for a new person.")
        parser.add_argument("--email", default="", help="E-mail address, for a new person.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = User.objects.filter(username=options["username"]).first() or self._register(options)
            self._appoint(person)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        except Refused as error:
            raise CommandError(str(error)) from error

    def _register(self, options: dict[str, Any]) -> User:
        names = {name: options[name] for name in ("username", "name_ja", "name_en", "email")}
        if not (names["name_ja"] or names["name_en"]):
            raise CommandError("Nobody has this user name yet: give --name-ja or --name-en as well.")
        person = User(**names)
        person = people.register(person, by=User.objects.system(), password=_new_password(person))
        self.stdout.write(f"{person.username} is registered.")
        return person

    def _appoint(self, person: User) -> None:
        if not person.is_active or person.is_system:
            raise CommandError(f"{person.username} cannot sign in. Reactivate the account or name somebody else.")
        if person.is_steward:
            self.stdout.write(f"{person.username} is a steward already.")
            return
        people.appoint_steward(person, by=User.objects.system())
        self.stdout.write(f"{person.username} is a steward now.")


def _new_password(person: User) -> str:
    """From GOI_PASSWORD or, twice, from the terminal. Raises `ValidationError` for a weak one."""
    password = os.environ.get("GOI_PASSWORD", "")
    if not password:
        if not sys.stdin.isatty():
            raise CommandError("Set GOI_PASSWORD, or run this on a terminal to be asked for the password.")
        password = getpass.getpass("Password: ")
        if getpass.getpass("Password again: ") != password:
            raise CommandError("The two passwords differ. Nobody was registered; run it again.")
    validate_password(password, person)
    return password

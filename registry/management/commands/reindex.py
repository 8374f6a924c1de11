"""`manage.py reindex`: make the index of the search anew, should it ever be in doubt."""

from typing import Any

from django.core.management.base import BaseCommand

from registry import search_index


class Command(BaseCommand):
    help = "Make the index of the search anew from the versions. Searches and acts wait until it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        search_index.lay_anew()

"""`manage.py reindex`: make anew what is only derived, should it ever be in doubt."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry import search_index
from registry.models import Head
from registry.proof import tree


class Command(BaseCommand):
    help = (
        "Make the index of the search anew from the versions, and the kept hashes of the ledger's tree from the "
        "events. Searches and acts wait until they are there."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        search_index.lay_anew()
        try:
            tree.keep_anew(Head.objects.get().sequence)
        except tree.Missing as refusal:
            raise CommandError(str(refusal)) from refusal

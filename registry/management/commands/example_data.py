"""`manage.py example_data`: the example company's CRM export, the same bytes each time."""

from typing import Any

from django.core.management.base import BaseCommand

from registry.seeding import dataset


class Command(BaseCommand):
    help = "Write the example CRM data as CSV files into the folder “example” below GOI_IMPORTS."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for name, rows in dataset.write().items():
            self.stdout.write(f"{name}: {rows}")

"""What every governed table shares: its history, and the refusal of writes that no act records."""

from typing import Any

from django.db import models
from django.db.models.signals import pre_delete, pre_save
from django.dispatch import receiver
from django.utils import translation
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record


class Unrecorded(RuntimeError):
    """A governed row was written outside an act, so no event would answer for it."""


class Governed(models.Model):
    """A table whose every change is an act with a person, a reason and an event."""

    # Set by `workflow.record.Act.save` on the instance it writes, and taken off again.
    _history_rows: list[models.Model] | None = None

    class Meta:
        abstract = True


@receiver([pre_save, pre_delete])
def refuse_unrecorded(sender: Any, instance: models.Model, **rest: Any) -> None:
    """Runs before the write, so that nothing is left of a refused one, inside a transaction or not."""
    if isinstance(instance, Governed) and instance._history_rows is None:
        raise Unrecorded(
            f"{type(instance).__name__} is a governed table: change it through a verb of registry.workflow, "
            "so that the act has a person, a reason and an event."
        )


@receiver(post_create_historical_record)
def keep_history_row(sender: Any, instance: models.Model, history_instance: models.Model, **rest: Any) -> None:
    if isinstance(instance, Governed) and instance._history_rows is not None:
        instance._history_rows.append(history_instance)


class Bilingual:
    """Reads `<stem>_ja` and `<stem>_en`, falling back to the other language where one is missing."""

    def in_language(self, stem: str, language: str | None = None) -> str:
        """The text of `stem` in `language` (default: the reader's)."""
        language = language or translation.get_language() or "ja"
        first, second = ("en", "ja") if language.startswith("en") else ("ja", "en")
        return getattr(self, f"{stem}_{first}") or getattr(self, f"{stem}_{second}")


__all__ = ["Bilingual", "Governed", "HistoricalRecords", "Unrecorded"]

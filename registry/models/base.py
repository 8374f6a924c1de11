"""What every governed table shares: its history, and the refusal of writes that no act records."""

import secrets
from functools import cache
from typing import Any, Never

from django.db import models
from django.db.models.signals import pre_delete, pre_save
from django.dispatch import receiver
from django.utils import translation
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords as EveryHistory
from simple_history.signals import post_create_historical_record


class Unrecorded(RuntimeError):
    """A governed row was written outside an act, so no event would answer for it."""


class GovernedQuerySet[M: models.Model](models.QuerySet[M]):
    """Reads, and refuses what would write many rows at once: no history row would come of it."""

    def update(self, **values: Any) -> Never:
        self._refuse()

    def delete(self) -> Never:
        self._refuse()

    def bulk_create(self, *args: Any, **options: Any) -> Never:
        self._refuse()

    def bulk_update(self, *args: Any, **options: Any) -> Never:
        self._refuse()

    # Django's own marks: templates may not call them, and managers do not offer `delete`.
    update.alters_data = delete.alters_data = bulk_create.alters_data = bulk_update.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _refuse(self) -> Never:
        raise Unrecorded(_unrecorded(self.model))


class Governed(models.Model):
    """A table whose every change is an act with a person, a reason and an event."""

    # Set by `workflow.record.Act.save` on the instance it writes, and taken off again.
    _history_rows: list[models.Model] | None = None

    objects = GovernedQuerySet.as_manager()

    class Meta:
        abstract = True


class RememberedManager(HistoryManager):
    """The manager of history rows, of a class that is made once: as it comes, one is made for every row written."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        return super().from_queryset(queryset_class, class_name)


class HistoricalRecords(EveryHistory):
    def __init__(self, **options: Any) -> None:
        super().__init__(history_manager=RememberedManager, **options)


def _unrecorded(model: type[models.Model]) -> str:
    return (
        f"{model.__name__} is a governed table: change it through a verb of registry.workflow, "
        "so that the act has a person, a reason and an event."
    )


def _salt() -> str:
    return secrets.token_hex(16)


class PersonalHistory(models.Model):
    """A history row with personal data, which enters the event by a salted digest of its own.

    So it can be emptied, salt and all, without breaking the chain; see `workflow.erasure`.
    """

    PERSONAL: tuple[str, ...] = ("personal_salt", "username", "name_ja", "name_en", "email")

    personal_salt = models.CharField(max_length=32, default=_salt)

    class Meta:
        abstract = True


@receiver([pre_save, pre_delete])
def refuse_unrecorded(sender: Any, instance: models.Model, **rest: Any) -> None:
    """Runs before the write, so that nothing is left of a refused one, inside a transaction or not."""
    if isinstance(instance, Governed) and instance._history_rows is None:
        raise Unrecorded(_unrecorded(type(instance)))


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


__all__ = ["Bilingual", "Governed", "GovernedQuerySet", "HistoricalRecords", "PersonalHistory", "Unrecorded"]

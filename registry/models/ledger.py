"""The ledger's tables: one event per act, and the head that every act locks last."""

from typing import Any

from django.db import models

from registry.ledger import chain
from registry.models.people import Team, User


class Head(models.Model):
    """The one row that says where the chain ends. Locked after everything else, so acts cannot interleave."""

    sequence = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default=chain.GENESIS)

    def __str__(self) -> str:
        return str(self.sequence)


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: User) -> "EventQuerySet":
        """Without what was done to drafts that were never submitted, save those the reader contributes to."""
        from registry.models.proposals import Proposal

        hidden = Proposal.objects.hidden_from(user).values("pk")
        return self.exclude(proposal_id__in=hidden)

    def visible_to_every_member(self) -> "EventQuerySet":
        """Without what was done to drafts that were never submitted, whoever writes them."""
        from registry.models.proposals import Proposal

        return self.exclude(proposal_id__in=Proposal.objects.filter(revision=None).values("pk"))


class Event(models.Model):
    """One act: who did what to what, when and why, chained to the one before."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, models.PROTECT, related_name="acts")
    act = models.CharField(max_length=40)
    proposal = models.ForeignKey("Proposal", models.PROTECT, null=True, related_name="events")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="events")
    detail = models.JSONField(default=dict, help_text="What was done, without personal data")
    personal = models.JSONField(null=True, help_text="Names and written reasons, which may be erased")
    personal_digest = models.CharField(max_length=64)
    rows = models.JSONField(default=list, help_text="What the act wrote: see `rows.sealed`")
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["proposal", "-sequence"], name="event_of_proposal"),
            models.Index(fields=["actor", "-sequence"], name="event_of_actor"),
            models.Index(fields=["team", "-sequence"], name="event_of_team"),
            models.Index(fields=["act", "-sequence"], name="event_of_act"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.act}"

    @property
    def reason(self) -> str:
        return (self.personal or {}).get("reason", "")

    def document(self) -> dict[str, Any]:
        """What its digest is taken over."""
        return chain.event_document(
            sequence=self.sequence,
            at=self.at,
            actor=self.actor_id,
            act=self.act,
            proposal=self.proposal_id,
            team=self.team_id,
            detail=self.detail,
            personal_digest=self.personal_digest,
            rows=self.rows,
            previous=self.previous,
        )


class OpenAct(models.Model):
    """That an act is under way in this transaction. Governed tables can be written while the row is there.

    It names an event that never exists through a foreign key that is checked at the end, so a transaction
    that leaves it behind, having written without an event, cannot commit. Hence it is never seen by others.
    """

    NO_EVENT = 0

    event = models.ForeignKey(Event, models.DO_NOTHING, related_name="+", default=NO_EVENT)

    def __str__(self) -> str:
        return str(self.pk)


class Checkpoint(models.Model):
    """The Merkle root over the first `size` events, signed. The file in GOI_CHECKPOINTS is what counts."""

    size = models.PositiveBigIntegerField(primary_key=True)
    root = models.CharField(max_length=64)
    at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ["-size"]

    def __str__(self) -> str:
        return str(self.size)


class Node(models.Model):
    """A hash high up in the Merkle tree, kept so that a proof need not read every event.

    Derived: it covers the events `position * 2**level` to the next multiple, counted from 0.
    """

    level = models.PositiveSmallIntegerField()
    position = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="one_node_per_place")]

    def __str__(self) -> str:
        return f"{self.level}.{self.position}"

    @staticmethod
    def forget_all() -> None:
        """They can be made again from the events."""
        Node.objects.all().delete()


class Mention(models.Model):
    """That an event concerns a metric, by key, since a proposed metric has no row yet."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="mentions")
    key = models.SlugField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "event"], name="mentioned_once")]

    def __str__(self) -> str:
        return self.key

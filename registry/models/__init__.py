"""The tables. A question about one record is a model method; a set of records is a queryset method."""

from registry.models.base import Governed, Unrecorded
from registry.models.datasets import Dataset
from registry.models.ledger import Checkpoint, Event, Head, Mention, Node, OpenAct
from registry.models.metrics import FOREVER, STILL_KNOWN, Definition, InForce, Metric, Stage, Use
from registry.models.people import Delegation, Membership, Team, User
from registry.models.proposals import (
    BreakGlass,
    Clause,
    Comment,
    Contributor,
    Dismissal,
    Objection,
    Place,
    Proposal,
    Revision,
    SignOff,
    WorkingCopy,
)
from registry.models.runs import Run
from registry.models.vocabulary import ExampleAnswer, VocabularyClause, VocabularyDraft, VocabularyVersion

GOVERNED: tuple[type[Governed], ...] = (
    User,
    Team,
    Membership,
    Delegation,
    Stage,
    Metric,
    Definition,
    Proposal,
    Contributor,
    WorkingCopy,
    Revision,
    Clause,
    Place,
    SignOff,
    Objection,
    Comment,
    BreakGlass,
    VocabularyVersion,
    ExampleAnswer,
    Dataset,
    Run,
    Dismissal,
    VocabularyDraft,
    VocabularyClause,
)

__all__ = [
    "FOREVER",
    "GOVERNED",
    "STILL_KNOWN",
    "BreakGlass",
    "Checkpoint",
    "Clause",
    "Comment",
    "Contributor",
    "Dataset",
    "Definition",
    "Delegation",
    "Dismissal",
    "Event",
    "ExampleAnswer",
    "Governed",
    "Head",
    "InForce",
    "Membership",
    "Mention",
    "Metric",
    "Node",
    "Objection",
    "OpenAct",
    "Place",
    "Proposal",
    "Revision",
    "Run",
    "SignOff",
    "Stage",
    "Team",
    "Unrecorded",
    "Use",
    "User",
    "VocabularyClause",
    "VocabularyDraft",
    "VocabularyVersion",
    "WorkingCopy",
]

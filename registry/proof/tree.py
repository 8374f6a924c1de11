"""The Merkle tree over the stored events: high nodes are kept in a table, low ones are made from the events."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from registry.ledger import merkle
from registry.models import Event, Node

# A block of 2**KEPT_FROM events is hashed anew when a proof asks for something in it.
KEPT_FROM = 8
BLOCK = 1 << KEPT_FROM


def leaf(digest: str) -> bytes:
    """The leaf of an event: its digest as it is written."""
    return merkle.leaf(digest.encode())


class Missing(LookupError):
    """The tree was asked about an event that the ledger does not hold."""

    def __init__(self, sequence: int) -> None:
        super().__init__(
            _("Event %(number)d is not in the ledger. Run manage.py verify to see what is wrong.")
            % {"number": sequence}
        )


class StoredTree:
    """Answers for complete subtrees (`merkle.Node`); remembers what it read, so make one per question.

    Of what lies below the kept nodes, the last block alone: a ledger of any length takes little memory.
    Raises `Missing` where the ledger is shorter than was asked about, or has a gap.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bytes] = {}
        self._in_block: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, position: int) -> bytes:
        known, place = self._known if level >= KEPT_FROM else self._in_block, (level, position)
        if place not in known:
            found = self._leaf(position) if level == 0 else self._kept(level, position) or self.joined(level, position)
            known[place] = found
        return known[place]

    def _leaf(self, position: int) -> bytes:
        first = position >> KEPT_FROM << KEPT_FROM
        events = Event.objects.filter(sequence__gt=first, sequence__lte=first + BLOCK).order_by("sequence")
        rows = events.values_list("sequence", "digest")
        self._in_block.clear()
        self._in_block.update(((0, sequence - 1), leaf(digest)) for sequence, digest in rows)
        if (0, position) not in self._in_block:
            raise Missing(position + 1)
        return self._in_block[0, position]

    def _kept(self, level: int, position: int) -> bytes | None:
        if level < KEPT_FROM:
            return None
        kept = Node.objects.filter(level=level, position=position).values_list("digest", flat=True).first()
        return bytes.fromhex(kept) if kept else None

    def joined(self, level: int, position: int) -> bytes:
        """From the two below, whether it is kept or not."""
        return merkle.join(self(level - 1, 2 * position), self(level - 1, 2 * position + 1))


def keep(size: int) -> None:
    """Keep every high node that the first `size` events complete and that is not kept yet."""
    last = Node.objects.filter(level=KEPT_FROM).order_by("-position").values_list("position", flat=True).first()
    tree = StoredTree()
    nodes: list[Node] = []
    for block in range(0 if last is None else last + 1, size >> KEPT_FROM):
        level, position, complete = KEPT_FROM, block, True
        while complete:
            nodes.append(Node(level=level, position=position, digest=tree(level, position).hex()))
            complete = position & 1 == 1
            level, position = level + 1, position >> 1
    Node.objects.bulk_create(nodes, ignore_conflicts=True, batch_size=500)


def keep_anew(size: int) -> None:
    """Throw every kept node away and make them from the events. Where that raises `Missing`, nothing changes."""
    with transaction.atomic():
        Node.forget_all()
        keep(size)


def altered() -> Iterator[Node]:
    """Kept nodes that are not what is below them: of the lowest the events, of the others two kept ones."""
    for node in Node.objects.order_by("level", "position").iterator():
        if node.digest != _made(node.level, node.position):
            yield node


def _made(level: int, position: int) -> str | None:
    """A tree for each, since it remembers what it read."""
    try:
        return StoredTree().joined(level, position).hex()
    except Missing:
        return None

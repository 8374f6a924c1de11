"""The Merkle tree of RFC 6962 (section 2.1) over the digests of the events. Knows no Django.

A tree is read through a `Node`: a function from level and position to the hash of the complete subtree over
the leaves `position * 2**level` up to the next multiple. Whoever keeps the high nodes answers in O(log n).
"""

import hashlib
from collections.abc import Callable, Sequence

type Node = Callable[[int, int], bytes]

EMPTY = hashlib.sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Frontier:
    """A tree that only grows: appending joins at most O(log n) hashes, and only as many are kept."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, hashed: bytes) -> None:
        """One more leaf, hashed already. A set bit of the size is a complete subtree, smallest last."""
        size = self.size
        while size & 1:
            hashed = join(self._peaks.pop(), hashed)
            size >>= 1
        self._peaks.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY
        hashed = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            hashed = join(peak, hashed)
        return hashed


def root(size: int, node: Node) -> bytes:
    """MTH of the first `size` leaves."""
    return _hash(0, size, node) if size else EMPTY


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """PATH: the hashes that lead from leaf `index` (from 0) to the root of the first `size` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    return _path(index, 0, size, node)


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """PROOF: the hashes that show the first `old` leaves to be the beginning of the first `new`."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} leaves does not continue one of {old}")
    return _subproof(old, 0, new, node, known=True)


def included(hashed: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether `proof` leads from the leaf's hash to the root `expected` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last = index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            hashed = join(sibling, hashed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hashed = join(hashed, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and hashed == expected


def consistent(old: int, new: int, before: bytes, after: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree with root `after` continues the one with root `before` (2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and before == after
    path = [before, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = join(sibling, first), join(sibling, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = join(second, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and first == before and second == after


def _hash(start: int, end: int, node: Node) -> bytes:
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(count)
    return join(_hash(start, middle, node), _hash(middle, end, node))


def _path(index: int, start: int, end: int, node: Node) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, node), _hash(middle, end, node)]
    return [*_path(index, middle, end, node), _hash(start, middle, node)]


def _subproof(old: int, start: int, end: int, node: Node, *, known: bool) -> list[bytes]:
    """SUBPROOF. `known` says that the old root itself is what is to be shown, so it need not be told."""
    if old == end:
        return [] if known else [_hash(start, end, node)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, node, known=known), _hash(middle, end, node)]
    return [*_subproof(old, middle, end, node, known=False), _hash(start, middle, node)]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)

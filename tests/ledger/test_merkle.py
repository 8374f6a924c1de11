"""The Merkle tree is that of RFC 6962, and its proofs show what they say and nothing else."""

import hashlib
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.ledger import merkle

# The leaves and roots that the implementations of RFC 6962 share as test vectors (certificate-transparency).
LEAVES = [
    bytes.fromhex(data)
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 300)


def tree(leaves: list[bytes]) -> merkle.Node:
    """Every complete subtree over `leaves`, by joining the two below."""

    @cache
    def node(level: int, position: int) -> bytes:
        if level == 0:
            return merkle.leaf(leaves[position])
        return merkle.join(node(level - 1, 2 * position), node(level - 1, 2 * position + 1))

    return node


NUMBERS = tree([number.to_bytes(4) for number in range(400)])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_rfc_6962(size: int):
    assert merkle.root(size, tree(LEAVES)).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_that_of_rfc_6962():
    assert merkle.root(0, tree([])) == hashlib.sha256(b"").digest() == merkle.Frontier().root()


def test_the_proofs_are_those_of_rfc_6962():
    """Section 2.1.3: the tree of seven leaves d0 … d6, its audit paths and consistency proofs."""
    node = tree(LEAVES)
    b, c, d, f, j = (node(0, place) for place in (1, 2, 3, 5, 6))
    g, h, i, k = node(1, 0), node(1, 1), node(1, 2), node(2, 0)
    below = merkle.join(i, j)
    assert merkle.inclusion(0, 7, node) == [b, h, below]
    assert merkle.inclusion(3, 7, node) == [c, g, below]
    assert merkle.inclusion(4, 7, node) == [f, j, k]
    assert merkle.inclusion(6, 7, node) == [i, k]
    assert merkle.consistency(3, 7, node) == [c, d, g, below]
    assert merkle.consistency(4, 7, node) == [below]
    assert merkle.consistency(6, 7, node) == [i, j, k]


def test_growing_leaf_by_leaf_gives_every_root_on_the_way():
    frontier = merkle.Frontier()
    for size in range(1, 300):
        frontier.append(NUMBERS(0, size - 1))
        assert frontier.root() == merkle.root(size, NUMBERS)


@settings(deadline=None)
@given(SIZES.flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1), st.integers(0, 299))))
def test_a_leaf_is_proved_in_its_place_and_in_no_other(drawn: tuple[int, int, int]):
    size, index, other = drawn
    root, proof = merkle.root(size, NUMBERS), merkle.inclusion(index, size, NUMBERS)
    assert len(proof) <= size.bit_length()
    assert merkle.included(NUMBERS(0, index), index, size, proof, root)
    if other != index:
        assert not merkle.included(NUMBERS(0, other), index, size, proof, root)
        assert not merkle.included(NUMBERS(0, index), other, size, proof, root)


@settings(deadline=None)
@given(SIZES.flatmap(lambda new: st.tuples(st.just(new), st.integers(1, new), st.integers(1, 300))))
def test_a_tree_is_proved_to_continue_its_beginning_and_no_other(drawn: tuple[int, int, int]):
    new, old, other = drawn
    before, after = merkle.root(old, NUMBERS), merkle.root(new, NUMBERS)
    proof = merkle.consistency(old, new, NUMBERS)
    assert merkle.consistent(old, new, before, after, proof)
    if other != old:
        assert not merkle.consistent(old, new, merkle.root(other, NUMBERS), after, proof)
    if other != new:
        assert not merkle.consistent(old, new, before, merkle.root(other, NUMBERS), proof)


@settings(deadline=None)
@given(SIZES.flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))), st.data())
def test_a_proof_with_one_hash_changed_or_missing_proves_nothing(drawn: tuple[int, int], data: st.DataObject):
    size, index = drawn
    root, proof = merkle.root(size, NUMBERS), merkle.inclusion(index, size, NUMBERS)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:place], merkle.leaf(proof[place]), *proof[place + 1 :]]
        assert not merkle.included(NUMBERS(0, index), index, size, changed, root)
        assert not merkle.included(NUMBERS(0, index), index, size, proof[:place] + proof[place + 1 :], root)


@pytest.mark.parametrize(("index", "size"), [(3, 3), (-1, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int):
    with pytest.raises(ValueError, match="has no leaf"):
        merkle.inclusion(index, size, NUMBERS)
    assert not merkle.included(merkle.EMPTY, index, size, [], merkle.EMPTY)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_a_tree_that_does_not_continue_another_has_no_proof(old: int, new: int):
    with pytest.raises(ValueError, match="does not continue"):
        merkle.consistency(old, new, NUMBERS)
    assert not merkle.consistent(old, new, merkle.EMPTY, merkle.EMPTY, [])

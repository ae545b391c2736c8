from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery import merkle
from lottery.errors import MerkleError

from .makers import VECTORS

LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["rfc6962"]["leaves"]]


def by_the_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, written as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_the_definition(leaves[:k]) + by_the_definition(leaves[k:])).digest()


def test_roots_of_the_certificate_transparency_set() -> None:
    assert [merkle.build(LEAVES[:n]).root.hex() for n in range(9)] == VECTORS["rfc6962"]["roots"]


def test_path_of_the_certificate_transparency_set() -> None:
    wanted = VECTORS["rfc6962"]["path"]
    path = merkle.build(LEAVES[: wanted["size"]]).path(wanted["index"])
    assert [step.hex() for step in path] == wanted["hashes"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=6), max_size=40))
def test_levels_give_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert merkle.build(leaves).root == by_the_definition(leaves)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=6), min_size=1, max_size=40), st.data())
def test_every_path_verifies_and_no_changed_one_does(leaves: list[bytes], data: st.DataObject) -> None:
    tree, size = merkle.build(leaves), len(leaves)
    position = data.draw(st.integers(0, size - 1))
    path, leaf = tree.path(position), leaves[position]
    merkle.verify_path(leaf, position, size, path, tree.root)
    wrong = [(leaf + b"x", position, size, path), (leaf, position, size, (*path, b"\0" * 32))]
    if path:
        step = data.draw(st.integers(0, len(path) - 1))
        flipped = bytes([path[step][0] ^ 1]) + path[step][1:]
        wrong += [
            (leaf, position, size, (*path[:step], flipped, *path[step + 1 :])),
            (leaf, position, size, path[:-1]),
            (leaf, position, size, (path[0][:31], *path[1:])),
        ]
        if leaves[position ^ 1 if position ^ 1 < size else position] != leaf:
            wrong.append((leaf, position ^ 1, size, path))
    for one in wrong:
        with pytest.raises(MerkleError):
            merkle.verify_path(*one, tree.root)


def test_a_lone_last_leaf_is_not_doubled() -> None:
    assert merkle.build([b"a", b"b", b"c"]).root != merkle.build([b"a", b"b", b"c", b"c"]).root


@pytest.mark.parametrize("position", [-1, 3, 10**9])
def test_positions_outside_are_refused(position: int) -> None:
    tree = merkle.build([b"a", b"b", b"c"])
    with pytest.raises(MerkleError):
        tree.path(position)
    with pytest.raises(MerkleError):
        tree.leaf(position)
    with pytest.raises(MerkleError):
        merkle.root_from_path(b"a", position, 3, ())


@pytest.mark.parametrize(
    ("position", "size", "path"),
    [
        (5, 1, ()),
        (-1, 1, ()),
        (0, 0, ()),
        (0, 3, (b"\0" * 32,)),
        (0, 1, (b"\0" * 32,)),
        (0, 2, (b"\0" * 32, b"\0" * 32)),
        (0, 2, (b"\0" * 31,)),
    ],
)
def test_a_path_that_fits_no_such_tree_has_no_root(position: int, size: int, path: tuple[bytes, ...]) -> None:
    with pytest.raises(MerkleError):
        merkle.root_from_path(b"a", position, size, path)


def test_the_empty_tree() -> None:
    tree = merkle.build([])
    assert (tree.size, tree.root) == (0, merkle.EMPTY_ROOT)
    assert merkle.build([b"a"]).leaf(0) == merkle.leaf_hash(b"a")

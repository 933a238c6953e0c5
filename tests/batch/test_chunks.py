"""Packing loses no row, keeps the order, and never exceeds a limit; neither does what really leaves."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mi_core.interfaces import by_code
from mi_core.testing import examples
from mi_core.uploads import Dicts
from mi_core.uploads.checking import CheckedTable, Row, plain_request
from mi_core.uploads.chunks import packed
from mi_core.uploads.shape import shape_of

SIZES = st.lists(st.integers(2, 400), max_size=60)


def rows(sizes: list[int], visits: list[int]) -> list[Row]:
    locks = visits or [0]
    return [
        Row(number=i, data={}, size=size, digest=str(i), lock=(str(locks[i % len(locks)]),))
        for i, size in enumerate(sizes)
    ]


@given(SIZES, st.lists(st.integers(0, 2), max_size=5), st.integers(1, 20), st.integers(20, 900))
def test_nothing_is_lost_and_nothing_too_large(
    sizes: list[int], visits: list[int], most: int, limit: int
) -> None:
    given_rows = rows(sizes, visits)
    chunks = list(packed(iter(given_rows), most=most, limit=limit, frame=12))
    assert [row for chunk in chunks for row in chunk] == given_rows
    for chunk in chunks:
        size = 12 + sum(row.size for row in chunk) + len(chunk) - 1
        assert len(chunk) == 1 or (len(chunk) <= most and size <= limit)
        assert len({row.lock for row in chunk}) == 1
    for before, after in itertools.pairwise(chunks):
        size = 12 + sum(row.size for row in before) + len(before) - 1
        full = len(before) >= most or size + 1 + after[0].size > limit
        assert full or before[0].lock != after[0].lock  # as many as fit


@given(st.lists(st.text('药a"\\\n㐂', max_size=80), min_size=1, max_size=12), st.integers(600, 4_000))
def test_the_size_is_that_of_the_message(memos: list[str], limit: int) -> None:
    """Characters are counted as they leave: escapes, wide characters, commas and the list around."""
    base = examples.values("3501A")["invinfoDetail"][0]
    shape = shape_of(by_code("3501A"))
    table = CheckedTable(shape, Dicts([{**base, "memo": memo or None} for memo in memos]))
    good = [row for row in table.rows() if isinstance(row, Row)]
    assert len(good) == len(memos)
    for chunk in packed(iter(good), most=100, limit=limit, frame=table.frame):
        request = plain_request(shape, chunk)
        size = len(shape.interface.encode_input(request).decode())
        assert size == table.frame + sum(row.size for row in chunk) + len(chunk) - 1
        assert size <= limit or len(chunk) == 1


def test_exactly_as_many_characters_as_allowed() -> None:
    three = rows([10, 10, 10], [])
    full = 12 + 10 + 1 + 10  # frame, two rows, a comma
    assert [len(c) for c in packed(iter(three), most=9, limit=full, frame=12)] == [2, 1]
    assert [len(c) for c in packed(iter(three), most=9, limit=full - 1, frame=12)] == [1, 1, 1]

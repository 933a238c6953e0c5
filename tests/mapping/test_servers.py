"""What a database server could mix up, on every kind of it."""

from __future__ import annotations

from pathlib import Path

import attrs

from mi_core.mapping.items import Item
from tests.mapping.shelf import hospital
from tests.mapping.test_story import desk, known


async def test_ids_that_differ_in_case_or_are_rare_are_different_items(any_url: str, tmp_path: Path) -> None:
    """Servers whose collation takes a for A, or cuts characters beyond the basic plane, would mix two drugs up."""
    config = hospital(tmp_path, database=any_url)
    ids = ["d1", "D1", "ｄ1", "王㐂𠮷", "a_b", "a%b", "ab", "é", "e"]
    items = [Item(id=one, name=f"{one}药", fields={"spec": "0.25g×24" * 20}) for one in ids]
    async with desk(config) as (book, _):
        assert attrs.astuple(await book.take(items)) == (len(ids), 0, 0, 0)
        assert attrs.astuple(await book.take(items)) == (0, 0, len(ids), 0)
        assert {key: entry.item.name for key, entry in (await known(book)).items()} == {
            one: f"{one}药" for one in ids
        }
        assert list(await book.get(["d1"])) == ["d1"]
        await book.decide({"d1": ("accepted", "N" * 64, "名" * 600)}, "张三")
        await book.uploaded([("d1", "accepted", "", "拒绝" * 5000)])
        found = await known(book)
        assert [key for key, entry in found.items() if entry.state == "accepted"] == ["d1"]
        assert found["d1"].said == "拒绝" * 5000 and found["d1"].code_name == "名" * 500
        await book.remove(["D1", "a%b"])
        assert set(await known(book)) == set(ids) - {"D1", "a%b"}

"""Catalogues that are asked for page by page (1304, 1312, 1316–1319) and dictionaries (1901).

1312, 1316, 1318 and 1319 tell the benefit list of :mod:`~mi_plugins.sandbox.price_list` for its documented items and for the
first entries of the catalogues of drugs, services and materials: what a fee is reckoned with is what they say. 1317 tells
what the institution uploaded by 3301. ``updt_time`` asks for what changed on that day or later.

Dictionaries are the catalogue's code tables. With ``dictionary_changes`` switched on (``POST /_control/catalogues``) some
differ: ``med_type`` and every tenth table have a new code ``S9``, another label for their last code and no second code.
"""

from __future__ import annotations

import datetime as dt
import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.catalogue_data import FIRST_VERSION, Shelf, moment_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.price_list import ITEMS, Item, item_of
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["CHANGES", "DESKS", "MOVED", "version_now"]

MOVED: Final = "catalogue_version"
CHANGES: Final = "dictionary_changes"
"""Names of counters."""
_LISTED: Final = (("1301", "101"), ("1305", "201"), ("1306", "301"))
_SAMPLE: Final = 500
"""Entries of each of these catalogues that stand in the benefit list."""
_PAGING: Final = frozenset({"page_num", "page_size", "updt_time", "query_date"})
_LARGEST: Final = 5000
_CLERK: Final[Mapping[str, str]] = {
    "crter_id": "SBX001", "crter_name": "沙箱经办人", "crte_optins_no": AREA, "opter_id": "SBX001", "opter_name": "沙箱经办人",
    "optins_no": AREA,
}  # fmt: skip
"""Who entered a record: the same whatever page it stands on."""
Row = dict[str, Any]


def version_now(books: Books) -> int:
    """The version that the catalogues are at."""
    row = books.one("SELECT value FROM counter WHERE name = ?", MOVED)
    return FIRST_VERSION + (row["value"] if row is not None else 0)


def _ethnic(books: Books, call: Call) -> Iterable[Row]:
    """1304."""
    shelf, now = call.shelves["1304"], version_now(books)
    return (shelf.row(number, now) for number in shelf.numbers(0, now))


def _listed(books: Books, call: Call) -> Iterator[tuple[Item, Row]]:
    """The benefit list with the entry that each item stands for."""
    now = version_now(books)
    for code, kind in _LISTED:
        shelf: Shelf = call.shelves[code]
        e = shelf.entries
        for number in itertools.islice(shelf.numbers(0, now), _SAMPLE):
            row = shelf.row(number, now)
            item = item_of(row[e.code])
            common = {
                "hilist_code": item.code, "list_type": item.list_type if item.code in ITEMS else kind, "insu_admdvs": AREA,
                "begndate": "2025-01-01", "vali_flag": row[e.valid], "rid": f"{call.infno}{row[e.record]}",
                "updt_time": moment_of(shelf.changes(number, now)[0]), "crte_time": moment_of(1),
                "poolarea_no": AREA,
            }  # fmt: skip
            yield item, common | {"name": row[e.names[0]], "pinyin": row.get(e.pinyin or "", "")}


def _benefits(books: Books, call: Call) -> Iterable[Row]:
    """1312."""
    for item, row in _listed(books, call):
        yield row | {
            "hilist_name": row["name"], "chrgitm_lv": item.grade, "med_chrgitm_type": item.charge_type, "pinyin": row["pinyin"],
            "lmt_used_flag": "1" if item.limited else "0",
        }  # fmt: skip


def _matches(books: Books, call: Call) -> Iterable[Row]:
    """1316: the national code is the code of the benefit list."""
    return (row | {"med_list_codg": item.code} for item, row in _listed(books, call))


def _ceilings(books: Books, call: Call) -> Iterable[Row]:
    """1318."""
    for item, row in _listed(books, call):
        if item.ceiling is not None:
            yield row | {
                "hilist_lmtpric_type": "3",
                "overlmt_dspo_way": "1",
                "hilist_pric_uplmt_amt": item.ceiling,
            }


def _ratios(books: Books, call: Call) -> Iterable[Row]:
    """1319."""
    for item, row in _listed(books, call):
        yield row | {
            "selfpay_prop_psn_type": "310",
            "selfpay_prop_type": "10",
            "selfpay_prop": item.self_pay_ratio,
        }


def _institution_matches(books: Books, call: Call) -> Iterable[Row]:
    """1317: what 3301 brought; what 3302 took back is not valid."""
    sql = "SELECT * FROM record WHERE kind = 'mapping' AND institution = ? ORDER BY number"
    for kept in books.all(sql, call.institution.code):
        said = from_json(kept["content"])
        yield {
            **said, "fixmedins_code": call.institution.code, "medins_list_codg": said.get("fixmedins_hilist_id"),
            "medins_list_name": said.get("fixmedins_hilist_name"), "insu_admdvs": AREA, "rid": kept["rid"],
            "vali_flag": "1" if kept["state"] == "live" else "0", "updt_time": kept["updated"],
            "crte_time": kept["at"],
        }  # fmt: skip


def _agrees(row: Row, asked: Mapping[str, Any]) -> bool:
    if str(row["updt_time"])[:10] < str(asked["updt_time"])[:10]:
        return False
    return all(
        str(row.get(name)) == str(value)
        for name, value in asked.items()
        if name not in _PAGING and name in row
    )


def _page(rows: Any, root_is_list: bool) -> Desk:
    def answer(books: Books, call: Call) -> Output:
        asked = {name: value for name, value in call.data.items() if value not in (None, "")}
        number, size = int(asked["page_num"]), int(asked["page_size"])
        if not (number >= 1 and 1 <= size <= _LARGEST):
            raise BureauRefusal(f"页码应不小于1，每页1至{_LARGEST}行")
        found = [
            {**_CLERK, "opt_time": row["updt_time"], **row}
            for row in rows(books, call)
            if _agrees(row, asked)
        ]
        page = found[(number - 1) * size : number * size]
        if root_is_list:
            return page
        pages = -(-len(found) // size)
        return {
            "data": page, "pageNum": number, "pageSize": size, "size": len(page), "startRow": (number - 1) * size,
            "recordCounts": len(found), "pages": pages, "firstPage": number == 1, "lastPage": number >= pages,
        }  # fmt: skip

    return Desk(answer, writes=False, partial=True)


def _dictionary(books: Books, call: Call) -> Output:
    """1901."""
    asked = call.data
    table = call.tables.get(str(asked["type"]))
    codes = dict(table.codes) if table is not None else {}
    if table is not None and _changed(books, table.key):
        codes = _altered(codes)
    return {"list": [
        {
            "type": asked["type"], "label": label[:50], "value": value, "parentValue": asked["parent_value"], "sort": place,
            "valiFlag": asked["Vali_Flag"], "createUser": "sandbox", "createDate": dt.date(2025, 1, 1).isoformat(), "version": 1,
        }
        for place, (value, label) in enumerate(codes.items(), 1)
    ]}  # fmt: skip


def _changed(books: Books, key: str) -> bool:
    row = books.one("SELECT value FROM counter WHERE name = ?", CHANGES)
    return bool(row is not None and row["value"]) and (
        key == "med_type" or zlib.crc32(key.encode()) % 10 == 0
    )


def _altered(codes: dict[str, str]) -> dict[str, str]:
    if len(codes) > 2:
        second = list(codes)[1]
        del codes[second]
    last = list(codes)[-1]
    return {**codes, last: f"{codes[last]}（沙箱改名）"[:50], "S9": "沙箱新增代码"}


DESKS: Final[Mapping[str, Desk]] = {
    "1304": _page(_ethnic, root_is_list=False),
    "1312": _page(_benefits, root_is_list=False),
    "1316": _page(_matches, root_is_list=False),
    "1317": _page(_institution_matches, root_is_list=True),
    "1318": _page(_ceilings, root_is_list=True),
    "1319": _page(_ratios, root_is_list=True),
    "1901": Desk(_dictionary, writes=False, partial=True),
}

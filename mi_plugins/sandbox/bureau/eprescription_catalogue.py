"""7211: the drugs that may be prescribed electronically, from the price list."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.price_list import ITEMS, Item
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

DRUGS: Final = "101"
"""``list_type`` of western and patent drugs."""


def list_drugs(books: Books, call: Call) -> Output:
    """7211: the drugs of the price list, by code, codes or a part of the name."""
    data = call.data
    page, size = int(data["pageNum"]), int(data["pageSize"])
    if not 1 <= size <= 100 or page < 1:
        raise BureauRefusal("分页大小[pageSize]须为1至100，页码[pageNum]从1起")
    code, codes, name = data.get("medListCodg"), data.get("medListCodgs") or (), data.get("drugName")
    found = [
        item for item in ITEMS.values()
        if item.list_type == DRUGS and (not code or item.code == code) and (not codes or item.code in codes)
        and (not name or name in item.name)
    ]  # fmt: skip
    rows = found[(page - 1) * size : page * size]
    return {"data": {"total": len(found), "size": len(rows), "list": [_drug(call, item) for item in rows]}}


def _drug(call: Call, item: Item) -> dict[str, Any]:
    node = next(one for one in call.spec.output.nodes if one.code == "data").nodes[0]
    known = {
        "medListCodg": item.code, "genname": item.name, "regName": item.name, "listType": item.list_type, "listTypeName": "西药中成药",
        "specName": "标准规格", "prdrName": "沙箱制药", "dosformName": item.dose_form, "dualchnlFlag": "0", "oppoolFlag": "1",
        "chrgitmLv": item.grade, "hiPayStd": item.ceiling.quantize(Decimal("0.01")) if item.ceiling is not None else None,
    }  # fmt: skip
    return {field.code: known.get(field.code) for field in node.fields}


DESKS: Final[Mapping[str, Desk]] = {"7211": Desk(list_drugs, writes=False)}

"""Groups of diagnoses (DRG and DIP, 3605–3611) and applications to leave them (3601–3604).

What can be grouped are settlement lists (4101) of settled stays and visits. The groups are the sandbox's own: a code made
from the first three characters of the main diagnosis. An application is about one live settlement; ``rchk_flag`` is 0 while
it waits, 1 granted, 2 refused (:mod:`decisions`). It is changed and withdrawn (3603) while it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.decisions import EXIT, OFFICER, decision_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import check_row, plainly
from mi_plugins.sandbox.bureau.record_rules import Change, Query, page_of
from mi_plugins.sandbox.bureau.records import Record, find, keep, live, look_up, view
from mi_plugins.sandbox.bureau.settlement_lists import Listed, lists_of_month
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import ZERO, rounded, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

_DONE: Final = {"data": {"code": "0", "message": "成功", "type": "success"}}
"""``code`` 0, as the remark of 3602 has it."""


def _grouped(books: Books, call: Call, month: str, one: Listed) -> dict[str, Any]:
    """A list with its group under the names of all these interfaces."""
    record, setl = one
    main = next(
        (row for row in record.content.get("diseinfo") or [] if row.get("maindiag_flag") == "1"), None
    )
    code = (main or {}).get("diag_code", "")
    name = (main or {}).get("diag_name", "")
    group = f"{code[:3]}9" if code else "0000"
    total = yuan(setl["total"])
    return view(books, record) | {
        "setlym": month, "setlmon": month, "setltime": setl["setl_time"], "setllistsn": record.content["setl_list_id"],
        "insutype": setl["insutype"], "insuadmdvs": setl["area"], "cloptins": AREA, "clroptins": AREA, "drgadmdvs": AREA, "admdvs": AREA,
        "drgcode": group, "drgname": f"沙箱分组{name}"[:100], "adrgcode": group[:3], "adrgname": f"沙箱分组{name}"[:100],
        "mdccodg": group[:1], "grprslt": "1" if main else "0", "errinfo": None if main else "没有主诊断，不能入组", "grpver": "1.0",
        "grptime": record.updated, "grpstas": "1" if main else "0", "dipdisegrpcode": group, "dipdisegrpname": f"沙箱分组{name}"[:100],
        "grpdiagcode": code, "grpdiagname": name, "oprngrpcode": "-", "oprngrpname": "-", "medfeesumamt": total,
        "avemedfeesumamt": total, "setlpsntime": 1, "grpsum": 1, "disecode": group,
    }  # fmt: skip


def _results(books: Books, call: Call) -> Output:
    """3605, 3606: one row for each list of the month."""
    asked = plainly(call.data)
    month = asked["setlym"]
    rows = [_grouped(books, call, month, one) for one in lists_of_month(books, call, month)]
    return {"data": page_of(asked, [row for row in rows if asked.get("setlid") in (None, row["setlid"])])}


def _sums(*by: str) -> Callable[[Books, Call], Output]:
    """3608–3611: cases and amounts of the month, by group or altogether."""

    def tell(books: Books, call: Call) -> Output:
        asked = plainly(call.data)
        if asked.get("fixmedinscode", call.institution.code) != call.institution.code:
            raise BureauRefusal("只能统计本机构的分组结果")
        month = asked["setlmon"]
        rows = [_grouped(books, call, month, one) for one in lists_of_month(books, call, month)]
        wanted = (row for row in rows if asked.get("disecode") in (None, row["disecode"]))
        return {"data": page_of(asked, _added(wanted, by))}

    return tell


def _added(rows: Iterable[dict[str, Any]], by: tuple[str, ...]) -> list[dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    added = []
    for members in groups.values():
        total = sum((one["medfeesumamt"] for one in members), ZERO)
        added.append(members[0] | {
            "medfeesumamt": total, "setlpsntime": len(members), "avemedfeesumamt": rounded(total / len(members)),
            "grpsum": len({one["drgcode"] for one in members}),
        })  # fmt: skip
    return added


def _apply(books: Books, call: Call) -> Output:
    """3602: one application for each settlement."""
    said = call.data
    if not said.get("setl_id"):
        raise BureauRefusal("退出申请须提供结算ID[setl_id]")
    check_row(books, call, said)
    if live(books, call, EXIT, (said["setl_id"],)) is not None and not call.allow_repeats:
        raise BureauRefusal("该结算已有退出申请")
    keep(books, call, EXIT, (said["setl_id"],), {**said, "rchk_flag": "0"}, number_as="appy_chk_setl_list_id")
    return dict(_DONE)


def _reviewed(books: Books, call: Call, record: Record) -> Mapping[str, Any]:
    """What 3601 tells of the decision."""
    decision = decision_of(books, call.now, record)
    return (
        {} if decision is None else {"rchk_flag": "1" if decision.passed else "2", "memo": decision.opinion}
    )


def _waits(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    """3603: what is decided stays as it is."""
    there = look_up(books, call, EXIT, str(row["appy_chk_setl_list_id"]))
    if there is not None and decision_of(books, call.now, there) is not None:
        raise BureauRefusal("该退出申请已审核，不能修改或撤销")


def _opinion(books: Books, call: Call, record: Record) -> dict[str, Any] | None:
    decision = decision_of(books, call.now, record)
    if decision is None:
        return None
    return view(books, record) | {
        "appychksetllistopnnid": f"{record.rid}P", "opnn": decision.opinion, "opnntime": decision.at, "opnnrespername": OFFICER,
        "opnnresperoptinsno": AREA, "opnnexittype": record.content.get("exit_type"),
    }  # fmt: skip


def _opinions(books: Books, call: Call) -> Output:
    """3604: applications with the funds they are about, and the opinion on those that are decided."""
    asked = plainly(call.data)
    if not asked:
        raise BureauRefusal("查询条件至少提供一项")
    rows = [(one, view(books, one)) for one in find(books, call, (EXIT,))]
    chosen = [
        (one, row)
        for one, row in rows
        if all(str(row.get(name)) == str(value) for name, value in asked.items())
    ]
    return {
        "preSetl_invy_evt_list": [row | {"drgpresetlinvyid": row["rid"]} for _, row in chosen],
        "appy_chk_opnn_evt_list": list(filter(None, (_opinion(books, call, one) for one, _ in chosen))),
    }


DESKS: Final[Mapping[str, Desk]] = {
    "3601": Query(
        (EXIT,), "data", ("begndate", "enddate", "crtetime"), ignore=("fixmedinsname",), more=_reviewed
    ).desk,
    "3602": Desk(_apply, partial=True),
    "3603": Change(
        EXIT, "data", (), by_number="appy_chk_setl_list_id", flag="vali_flag", answer=_DONE, check=_waits
    ).desk,
    "3604": Desk(_opinions, writes=False, partial=True),
    "3605": Desk(_results, writes=False, partial=True),
    "3606": Desk(_results, writes=False, partial=True),
    "3608": Desk(_sums("fixmedinscode"), writes=False, partial=True),
    "3609": Desk(_sums("dipdisegrpcode"), writes=False, partial=True),
    "3610": Desk(_sums("fixmedinscode"), writes=False, partial=True),
    "3611": Desk(_sums("drgcode"), writes=False, partial=True),
}

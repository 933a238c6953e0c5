"""Appeals against findings of the audit (3701–3704).

The sandbox has one document with one finding for every settled stay of the institution; it stays at node 1 (appeal) until
an appeal is submitted (3702), then at node 2 (discussion), which 3703 asks for. The appeal is checked again, the discussion
is concluded (:mod:`decisions`): a granted appeal ends the matter, as any conclusion of a discussion does. 3701 tells at stage
1 what may be appealed against, at stage 2 what was, with what became of it. Attachments (3704) get a number that an appeal may name.
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.decisions import APPEAL, DISCUSSION, OFFICER, Decision, decision_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import plainly
from mi_plugins.sandbox.bureau.record_rules import page_of
from mi_plugins.sandbox.bureau.records import Record, keep, live, look_up, rewrite, rows_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

FILES: Final = "appeal files"
MAX_FILES: Final = 5
MAX_BYTES: Final = 100 * 1024 * 1024


def _documents(books: Books, call: Call, first: str = "", last: str = "9999") -> Iterator[dict[str, Any]]:
    """One for each settled stay of the institution that was settled on these days."""
    rows = books.all(
        "SELECT * FROM settlement WHERE institution = ? AND care = 'inpatient' AND kind = 'settlement' AND state = 'settled'"
        " AND entered <= ? AND substr(setl_time, 1, 10) BETWEEN ? AND ? ORDER BY setl_id",
        call.institution.code, call.horizon, first, last,
    )  # fmt: skip
    for row in rows:
        yield _document(books, call, row)


def _document(books: Books, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    doc, finding = f"D{row['setl_id']}", f"S{row['setl_id']}"
    person = books.one("SELECT * FROM person WHERE psn_no = ?", row["psn_no"])
    assert person is not None
    common = {"docId": doc, "docSusptId": finding, "rid": doc, "taskId": f"T{call.institution.code}"}
    return {
        **common, "mdtrtsn": row["mdtrt_id"], "admdvs": row["area"], "medinsId": call.institution.code, "medinsName": call.institution.name,
        "patnId": row["psn_no"], "patnName": person["name"], "gend": person["gend"], "patnIdcard": person["certno"],
        "setlTime": row["setl_time"], "insutype": row["insutype"], "docSusptDTOS": [{
            **common, "mdtrtsn": row["mdtrt_id"], "volaCont": "沙箱审核疑点",
            "checkoutSusptAmt": yuan(row["total"]), "chkerName": OFFICER, "violationDetailIds": [],
            **_checked_again(books, call, doc, yuan(row["total"])), **_concluded(books, call, doc, yuan(row["total"])),
        }],
    }  # fmt: skip


def _standing(books: Books, call: Call, kind: str, doc: str) -> tuple[Record | None, Decision | None]:
    """What was submitted about a document, and what became of it."""
    there = live(books, call, kind, (doc,))
    return there, None if there is None else decision_of(books, call.now, there)


def _checked_again(books: Books, call: Call, doc: str, amount: Decimal) -> dict[str, Any]:
    """The appeal, and what the second check of it said."""
    appeal, decision = _standing(books, call, APPEAL, doc)
    told: dict[str, Any] = {} if appeal is None else {"applFlag": "1", "applTime": appeal.at}
    if decision is None:
        return told
    return told | {
        "rchkerName": OFFICER, "rchkTime": decision.at, "rchkOpnn": decision.opinion, "rchkVolaFlag": "0" if decision.passed else "1",
        "cnfmVolaAmt": ZERO if decision.passed else amount,
    }  # fmt: skip


def _concluded(books: Books, call: Call, doc: str, amount: Decimal) -> dict[str, Any]:
    """The discussion, and its conclusion."""
    asked, decision = _standing(books, call, DISCUSSION, doc)
    told: dict[str, Any] = {} if asked is None else {"appyClglFlag": "1", "appyClglTime": asked.at}
    if decision is None:
        return told
    return told | {
        "clglFlag": "1", "clglCcls": decision.opinion, "clglTime": decision.at,
        "cnfmVolaAmt": ZERO if decision.passed else amount,
    }  # fmt: skip


def _node(books: Books, call: Call, doc: str) -> str:
    """Where a document stands: ``1`` appeal, ``2`` discussion, ``3`` nothing more can be asked for."""
    if live(books, call, DISCUSSION, (doc,)) is not None:
        return "3"
    appeal, decision = _standing(books, call, APPEAL, doc)
    if decision is not None and decision.passed:
        return "3"
    return "2" if appeal is not None else "1"


def _query(books: Books, call: Call) -> Output:
    """3701."""
    asked = plainly(rows_of(call.input, "FsiIntlgSupnApplEvtCQueryDTO.input")[0])
    if asked["medinscodg"] != call.institution.code:
        raise BureauRefusal("只能查询本机构的审核单据")
    found = _documents(books, call, str(asked["starttime"])[:10], str(asked["endtime"])[:10])
    rows = [one for one in found if (_node(books, call, one["docId"]) == "1") == (asked["stage"] == "1")]
    return {"pageResult": {
        "recordCounts": len(rows), "pageSize": asked["pagesize"], "pageNum": asked["currentpage"], "data": page_of(asked, rows),
    }}  # fmt: skip


def _submit(kind: str, path: str, node: str) -> Callable[[Books, Call], Output]:
    """3702 and 3703: each document by itself; what cannot be taken is told with the reason."""

    def submit(books: Books, call: Call) -> Output:
        known = {
            one["docId"]: {f["docSusptId"] for f in one["docSusptDTOS"]} for one in _documents(books, call)
        }
        wrong = []
        for row in rows_of(call.input, path):
            for doc in row["docs"]:
                reason = _reason(books, call, doc, known, node)
                if reason:
                    wrong.append({"docId": doc["docId"], "docCode": "1", "docReason": reason, "docsuspt": []})
                else:
                    keep(books, call, kind, (doc["docId"],), doc)
        return {"FsiApplDocResultDTO": wrong}

    return submit


def _reason(
    books: Books, call: Call, doc: Mapping[str, Any], known: Mapping[str, set[str]], node: str
) -> str:
    if doc["docId"] not in known:
        return "本机构没有该审核单据"
    if _node(books, call, doc["docId"]) != node:
        return "该单据不在可提交的环节"
    for finding in doc["docSusptDTOS"]:
        if finding["docSusptId"] not in known[doc["docId"]]:
            return "疑点与单据不对应"
        files = finding.get("attUploadId")
        if files and look_up(books, call, FILES, files) is None:
            return "附件批次不存在"
    return ""


def _attach(books: Books, call: Call) -> Output:
    """3704: five files and 100 MB at most; a number that was given before gets more files."""
    said = rows_of(call.input, "FsiAttFileUploadDTO.input")[0]
    files = said["fsiAppealFileDTOList"]
    if not 0 < len(files) <= MAX_FILES or sum(len(_bytes(one["bytes"])) for one in files) > MAX_BYTES:
        raise BureauRefusal(f"单次上传1至{MAX_FILES}个文件，总大小不超过100M")
    names = [one["name"] for one in files]
    number = said.get("attUploadId")
    if not number:
        return {"FsiFileUploadRsltDTO": {"attUploadId": keep(books, call, FILES, (), {"names": names}).rid}}
    there = look_up(books, call, FILES, number)
    if there is None:
        raise BureauRefusal("附件批次不存在")
    rewrite(books, call, there, {"names": [*there.content["names"], *names]})
    return {"FsiFileUploadRsltDTO": {"attUploadId": number}}


def _bytes(value: Any) -> bytes | list[int]:
    if isinstance(value, list):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BureauRefusal("文件内容须为Base64") from error


DESKS: Final[Mapping[str, Desk]] = {
    "3701": Desk(_query, writes=False, partial=True),
    "3702": Desk(_submit(APPEAL, "FsiIntlgSupnApplSaveDTO.input", "1"), partial=True),
    "3703": Desk(_submit(DISCUSSION, "FsiIntlgSupnApplDiscussDTO.input", "2"), partial=True),
    "3704": Desk(_attach, partial=True),
}

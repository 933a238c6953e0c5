"""3202: every settlement of a clearing type and office, through files both ways (9101, 3202, 9102)."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import attrs

from mi_core.config import Institution
from mi_core.errors import ReplyUnreadable
from mi_core.files import BadFile, Call, Cells, download, make_table, read_table, upload
from mi_core.model import ReplyMeta
from mi_core.pipeline import CallOptions
from mi_core.pipeline.raw import find
from mi_core.reconcile.rows import TOLD_COLUMNS, CentreRow, LocalRow, cells_of, centre_row
from mi_core.reconcile.totals import Totals, Way
from mi_core.regions import filled
from mi_core.types import CHINA_TIME

__all__ = ["Details", "compare_details"]

T = TypeVar("T")


@attrs.frozen
class Details:
    """The centre's word on one clearing type and office on one day."""

    way: Way
    day: dt.date
    rows: tuple[CentreRow, ...]
    asked_at: int
    """Milliseconds, by the centre's clock where it tells it."""


async def compare_details(
    call: Call, institution: Institution, day: dt.date, way: Way, rows: Sequence[LocalRow]
) -> Details:
    """Send our ``rows`` of that day and way, fetch what the centre makes of them. Raises the errors of calls, ``BadFile``."""
    code = institution.code
    options = CallOptions(institution=code, lane="bulk")
    stem = f"3202_{code}_{day:%Y%m%d}_{secrets.token_hex(4)}"
    content = await asyncio.to_thread(make_table, f"{stem}.txt", [cells_of(row) for row in rows])
    sent = await _again(lambda: upload(call, content, f"{stem}.zip", code=code, options=options))
    sums = Totals.of(rows)
    asked = int(time.time() * 1000)
    known = {
        "setl_optins": way[1], "clr_optins": way[1], "file_qury_no": sent.file_qury_no or "", "stmt_begndate": day,
        "stmt_enddate": day, "medfee_sumamt": sums.total, "fund_pay_sumamt": sums.fund, "cash_payamt": sums.cash,
        "fixmedins_setl_cnt": sums.count, "clr_type": way[0],
        "fixmedins_refd_setl_flag": "1" if any(row.flag == "1" for row in rows) else "0",
    }  # fmt: skip
    reply = await call(filled(institution.interface("3202"), known), options)
    told = reply.to_dict()
    number, name = find(told, "file_qury_no"), find(told, "filename")
    if not number or not name:
        raise ReplyUnreadable(
            "明细对账没有给出结果文件", "3202 named no result file",
            hint_zh="可以重新对账", hint_en="reconcile again", interface="3202", institution=code, msgid=reply.meta.msgid,
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="mi-recon-") as folder:
        path = Path(folder) / "result.zip"

        async def fetch() -> list[Cells]:
            await download(call, number, name, path, owner=code, options=options)
            return await asyncio.to_thread(read_table, path, len(TOLD_COLUMNS))

        cells = await _again(fetch)
    lines = tuple(centre_row(one, clr_type=way[0], optins=way[1], day=day) for one in cells)
    return Details(way, day, lines, _asked_at(reply.meta, asked))


async def _again(work: Callable[[], Awaitable[T]]) -> T:
    """Once more when no usable answer or a damaged file came: sending a file twice is harmless (``repeat: safe``)."""
    try:
        return await work()
    except (ReplyUnreadable, BadFile):
        return await work()


def _asked_at(meta: ReplyMeta, here: int) -> int:
    """When the centre looked: its own clock, if the reply has it; the earlier time, so that no fence ends too soon."""
    moment = meta.refmsg_time or meta.respond_time
    return here if moment is None else int(moment.replace(tzinfo=CHINA_TIME).timestamp() * 1000)

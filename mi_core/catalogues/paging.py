"""A catalogue that is asked for page by page."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mi_core.catalogues.asking import field_of, rows_of_reply, text_of
from mi_core.catalogues.filters import fingerprint, passes
from mi_core.catalogues.keeping import State, newest
from mi_core.catalogues.progress import Progress
from mi_core.catalogues.syncing import Job, SyncResult
from mi_core.errors import MiError

__all__ = ["sync_pages"]

_EVER: Final = dt.date(2000, 1, 1)
"""Before any record: ``updt_time`` must be given."""
_LAST_PAGE: Final = 9999
"""``page_num`` has four digits."""


async def sync_pages(job: Job) -> SyncResult:
    """Ask for what changed since the latest change that is here (that day included), page by page."""
    state = await job.keeper.state()
    asked = passes(job.institution.region, job.source, job.filters)
    if asked == [{}] and state.filters and job.demands_filters():
        asked = json.loads(state.filters)  # as last time
    narrowed = fingerprint(asked)
    full = job.full or not state.cursor or not state.same_columns or state.filters != narrowed
    pending = _continued(state, full, narrowed) or {
        "full": full, "since": (_EVER if full else _day(state.cursor)).isoformat(), "page": 1, "size": job.page_size,
        "from": state.run + 2, "cursor": "" if full else state.cursor, "pass": 0, "filters": narrowed,
    }  # fmt: skip
    state = await job.keeper.begin(state, pending)
    done = SyncResult(source=job.source.code, title=job.source.title, kind=job.source.entries.kind, full=full)
    before: list[str] = []
    while True:
        page = await _page(job, pending, asked[pending["pass"]])
        records = [row["record"] for row in page.rows]
        if records and records == before:
            raise _same_again(job, pending["page"])
        before = records
        cursor = newest([pending["cursor"], *(row["version"] for row in page.rows)])
        more = page.last and pending["pass"] + 1 < len(asked)
        place = {"page": 1, "pass": pending["pass"] + 1} if more else {"page": pending["page"] + 1}
        told = (pending["page"] - 1) * pending["size"] + len(records)
        pending = {**pending, **place, "cursor": cursor}
        state = await job.keeper.put(state, page.rows, pending)
        done = attrs.evolve(done, changed=done.changed + len(page.rows), pages=done.pages + 1)
        job.tell(Progress(job.source.code, job.source.title, "page", told, page.total))
        if more:
            before = []
        elif page.last:
            break
    keep_from = pending["from"] if full else 0
    state = await job.keeper.end(state, keep_from=keep_from, cursor=pending["cursor"], filters=narrowed)
    job.tell(Progress(job.source.code, job.source.title, "done", state.rows, state.rows))
    return attrs.evolve(done, rows=state.rows, cursor=state.cursor)


def _continued(state: State, full: bool, filters: str) -> dict[str, Any] | None:
    """What an interrupted run of the same kind left; one of an older program had no filters."""
    left = state.pending
    if not left or left.get("full") != full or left.get("filters", "") != filters:
        return None
    return {"pass": 0, "filters": "", **left}


def _day(cursor: str) -> dt.date:
    try:
        return dt.date.fromisoformat(cursor[:10])
    except ValueError:
        return _EVER


@attrs.frozen
class _Page:
    rows: Sequence[dict[str, Any]]
    last: bool
    total: int | None


async def _page(job: Job, pending: Mapping[str, Any], filters: Mapping[str, str]) -> _Page:
    number, size = pending["page"], pending["size"]
    if number > _LAST_PAGE:
        raise MiError(
            f"{job.source.code} 超过 {_LAST_PAGE} 页", f"{job.source.code} has more than {_LAST_PAGE} pages",
            hint_zh="加大 --page-size，并加 --full 重新同步", hint_en="choose a larger --page-size and synchronise with --full",
        )  # fmt: skip
    since = dt.date.fromisoformat(pending["since"])
    content = (
        await job.ask({**filters, "updt_time": since, "page_num": number, "page_size": size})
    ).to_dict()
    given = rows_of_reply(content)
    rows = [job.source.row([text_of(row.get(name)) for name in job.source.columns]) for row in given]
    around = (
        {name: value for name, value in content.items() if not isinstance(value, list | tuple)}
        if isinstance(content, Mapping)
        else {}
    )
    total, pages = _whole(field_of(around, "recordCounts")), _whole(field_of(around, "pages"))
    if not given:
        last = True
    elif pages is not None:
        last = number >= pages
    elif total is not None:
        last = number * size >= total
    else:
        last = len(given) < size
    return _Page(rows, last, total)


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _same_again(job: Job, number: int) -> MiError:
    return MiError(
        f"{job.source.code} 第 {number} 页与上一页相同，已停止", f"page {number} of {job.source.code} is the page before again: stopped",
        hint_zh="核对该地区的每页上限（--page-size）", hint_en="check the region's page limit (--page-size)",
    )  # fmt: skip

"""Bringing catalogues here: versioned files (9102) and queried pages, each as its document says.

A file is asked for with the largest version that is here, fetched, read line by line and entered in one transaction; that
is repeated until nothing newer comes. What is under way is noted in the database before it begins: whatever kills the
process, the next synchronisation goes on with the file or the page where this one was.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Protocol

import attrs

from mi_core.catalogues.database import Database
from mi_core.catalogues.filters import Filters, check_filters
from mi_core.catalogues.keeping import Keeper
from mi_core.catalogues.progress import Tell, nothing
from mi_core.catalogues.sources import Source, chosen
from mi_core.config import Config, Institution
from mi_core.errors import ConfigError, InvalidInput, MiError, StoreError
from mi_core.files import USUAL, Limits

__all__ = ["FIRST_VERSION", "PAGE_SIZE", "Job", "SyncResult", "sync_catalogues"]

FIRST_VERSION: Final = "0"
"""Sent where nothing is here yet: the field must not be empty, and the specification names no smallest version."""
PAGE_SIZE: Final = 100


class CallsAndFetches(Protocol):
    """The client, as far as it is needed here."""

    config: Config

    async def call(self, request: Any, **options: Any) -> Any: ...

    async def download_file(self, file_qury_no: str, filename: str, **options: Any) -> Any: ...


@attrs.frozen(kw_only=True)
class SyncResult:
    """What came of one catalogue."""

    source: str
    title: str
    kind: str
    ok: bool = True
    full: bool = False
    rows: int = 0
    """Here afterwards."""
    changed: int = 0
    """Came now."""
    cursor: str = ""
    files: int = 0
    pages: int = 0
    sha256: tuple[str, ...] = ()
    """Of the files, in order."""
    error: MiError | None = attrs.field(default=None, repr=False)
    note: str = ""
    """What the bureau said when it was asked for more after a file had come."""


@attrs.frozen(kw_only=True, eq=False)
class Job:
    """One catalogue to be synchronised."""

    mi: CallsAndFetches
    institution: Institution
    keeper: Keeper
    full: bool
    tell: Tell
    first: str = FIRST_VERSION
    page_size: int = PAGE_SIZE
    limits: Limits = USUAL
    filters: Filters = attrs.field(factory=dict)

    @property
    def source(self) -> Source:
        """What is synchronised."""
        return self.keeper.source

    def demands_filters(self) -> bool:
        """Whether the region's document wants to know what to narrow the query by."""
        from mi_core.catalogues.asking import request_of

        paging = {"updt_time": dt.date(2000, 1, 1), "page_num": 1, "page_size": self.page_size}
        try:
            request_of(self.institution, self.source, paging)
        except InvalidInput:
            return True
        return False

    async def ask(self, known: Mapping[str, Any]) -> Any:
        """The reply to the catalogue's own interface."""
        from mi_core.catalogues.asking import request_of

        try:
            request = request_of(self.institution, self.source, known)
        except InvalidInput as error:
            fields = " ".join(f"--filter {p.field}=…" for p in error.problems)
            error.hint_zh = f"该地区要求按分类查询：mi sync catalogs {self.source.code} {fields}（多个取值用逗号，* 为全部代码）"
            error.hint_en = f"this region answers by kind: mi sync catalogs {self.source.code} {fields} (several: 1,2; every code: *)"
            raise
        return await self.mi.call(request, institution=self.institution.code)


_Way = Callable[[Job], Awaitable[SyncResult]]


async def sync_catalogues(
    mi: Any, wanted: Iterable[str] = (), *, institution: str | None = None, full: bool = False, tell: Tell = nothing,
    first: str = FIRST_VERSION, page_size: int = PAGE_SIZE, limits: Limits = USUAL, filters: Filters | None = None,
) -> list[SyncResult]:  # fmt: skip
    """Bring the catalogues ``wanted`` (codes or kinds; all of them when empty) up to date, one after the other.

    ``mi``: an open :class:`mi_core.AsyncClient`. ``full``: everything anew; what the bureau does not list any more is
    gone afterwards. ``first``: the version to ask with when nothing is here. ``filters``: field code -> values, for queries that
    the region answers by kind only; each combination is asked for, they are kept for the next time, and other ones than last
    time mean everything anew. One that fails is told in its result, and the others go on. Raises ``UnknownName``, and
    ``StoreError`` or ``ConfigError`` when nothing can be kept.
    """
    if page_size < 1:
        raise ValueError("a page has at least one row")
    await mi.open()
    who = mi.config.institution(institution)
    sources = chosen(who.region, wanted)
    check_filters(who.region, sources, filters or {})
    database = await Database.open(mi.config)
    try:
        results = []
        for source in sources:
            job = Job(
                mi=mi, institution=who, keeper=Keeper(database, source, source.scope(who)), full=full, tell=tell, first=first,
                page_size=page_size, limits=limits, filters=filters or {},
            )  # fmt: skip
            results.append(await _one(job))
        return results
    finally:
        await asyncio.shield(database.close())


async def _one(job: Job) -> SyncResult:
    from mi_core.catalogues.fetching import sync_file
    from mi_core.catalogues.paging import sync_pages

    way: _Way = sync_file if job.source.is_file else sync_pages
    try:
        return await way(job)
    except (StoreError, ConfigError):
        raise
    except MiError as error:
        state = await job.keeper.state()
        return SyncResult(
            source=job.source.code, title=job.source.title, kind=job.source.entries.kind, ok=False, full=job.full,
            rows=state.rows, cursor=state.cursor, error=error,
        )  # fmt: skip

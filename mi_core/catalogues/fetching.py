"""A catalogue that comes as versioned files."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

from mi_core.catalogues.asking import field_of
from mi_core.catalogues.keeping import State, newest
from mi_core.catalogues.progress import Progress
from mi_core.catalogues.sources import Row
from mi_core.catalogues.syncing import Job, SyncResult
from mi_core.errors import BureauRefused, MiError
from mi_core.files import BadFile, open_archive, rows_of

__all__ = ["sync_file"]

_BATCH: Final = 1000
_MOST_FILES: Final = 1000
"""A bureau may hand out one version after the other, but not without end."""
_LEFT: Final = 2 * 86400
"""Seconds after which a file that waits to be entered is of no use to anybody."""
_NUMBER, _NAME = ("file_qury_no",), ("filename",)
_COUNT, _LAST = ("data_cnt",), ("dld_end_time", "dld_endtime")


async def sync_file(job: Job) -> SyncResult:
    """Fetch and enter one file after the other until nothing newer comes."""
    await asyncio.to_thread(_sweep, job.keeper.database.folder)
    state = await job.keeper.state()
    full = job.full or not state.cursor or not state.same_columns
    done = SyncResult(source=job.source.code, title=job.source.title, kind=job.source.entries.kind, full=full)
    resumed = state.pending is not None and state.pending.get("full") == full
    for _ in range(_MOST_FILES):
        job.tell(Progress(job.source.code, job.source.title, "asking"))
        if not resumed:
            try:
                pending = await _asked(job, job.first if full else state.cursor)
            except BureauRefused as error:
                if not done.files:
                    raise
                done = attrs.evolve(done, note=error.reason)
                break
            if pending is None:
                state = await job.keeper.end(state, keep_from=0, cursor=state.cursor)
                break
            state = await job.keeper.begin(state, {**pending, "full": full})
        assert state.pending is not None
        asked = state.pending["asked"]
        try:
            state, loaded, digest = await _fetched_and_loaded(job, state, full)
        except BureauRefused:
            if not resumed:
                raise
            state, resumed = (
                await job.keeper.begin(state, None),
                False,
            )  # the file of last time is gone: ask again
            continue
        done = attrs.evolve(
            done, changed=done.changed + loaded, files=done.files + 1, sha256=(*done.sha256, digest)
        )
        resumed = full = False
        if state.cursor == asked or newest([state.cursor, asked]) == asked:
            break  # nothing newer than what was asked for: there is no more
    job.tell(Progress(job.source.code, job.source.title, "done", state.rows, state.rows))
    return attrs.evolve(done, rows=state.rows, cursor=state.cursor)


async def _asked(job: Job, version: str) -> dict[str, Any] | None:
    """Where the file with everything after ``version`` is; ``None`` when there is nothing."""
    content = (await job.ask({"ver": version})).to_dict()
    number, count = field_of(content, *_NUMBER), field_of(content, *_COUNT)
    if not number or (count.isdigit() and int(count) == 0):
        return None
    return {
        "number": number, "name": field_of(content, *_NAME), "last": field_of(content, *_LAST),
        "rows": int(count) if count.isdigit() else None, "asked": version,
    }  # fmt: skip


async def _fetched_and_loaded(job: Job, state: State, full: bool) -> tuple[State, int, str]:
    assert state.pending is not None
    path = _spool(job, state.pending)
    digest = state.pending.get("sha256", "")
    if not digest or not await asyncio.to_thread(_is, path, digest):
        got = await job.mi.download_file(
            state.pending["number"], state.pending["name"], to=path, catalogue=True, institution=job.institution.code,
            progress=lambda done, total: job.tell(Progress(job.source.code, job.source.title, "fetching", done, total)),
        )  # fmt: skip
        digest = got.sha256
        state = await job.keeper.begin(state, {**state.pending, "sha256": digest})
    counted = _Counted()
    try:
        cursor = "" if full else state.cursor
        state = await job.keeper.load(
            state, _batches(job, path, counted, state.pending or {}), full=full, cursor=cursor
        )
    except BadFile:
        await job.keeper.begin(state, None)  # the next synchronisation asks for another one
        await asyncio.to_thread(_drop, path)
        raise
    await asyncio.to_thread(_drop, path)
    return state, counted.rows, digest


@attrs.define
class _Counted:
    rows: int = 0


def _batches(job: Job, path: Path, counted: _Counted, pending: Mapping[str, Any]) -> Iterator[list[Row]]:
    """The file's rows, some at a time; runs in a thread. Raises :class:`BadFile`."""
    source = job.source
    with open_archive(path, job.limits) as archive:
        if not archive.entries:
            raise _not_one(source.code, 0)
        if len(archive.entries) > 1:
            raise _not_one(source.code, len(archive.entries))
        rows = rows_of(archive.entries[0], len(source.columns))
        while some := [source.row(cells) for cells in itertools.islice(rows, _BATCH)]:
            counted.rows += len(some)
            yield some
            job.tell(Progress(source.code, source.title, "loading", counted.rows, pending.get("rows")))


def _not_one(code: str, n: int) -> MiError:
    return BadFile(
        f"{code} 的压缩包内应恰有一个文件，现有 {n} 个", f"the ZIP of {code} should have one file, it has {n}",
        hint_zh="重新同步；仍然如此时向医保中心反映", hint_en="synchronise again; if it stays so, tell the bureau",
    )  # fmt: skip


def _spool(job: Job, pending: Mapping[str, Any]) -> Path:
    """A name of our own: nothing of the other side decides where something is written."""
    key = hashlib.sha256(f"{job.keeper.scope}|{pending['number']}".encode()).hexdigest()[:16]
    return job.keeper.database.folder / f".mi-{job.source.code}-{key}.zip"


def _is(path: Path, digest: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError:
        return False


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Files of ours that a killed process left and that nobody went on with."""
    for path in folder.glob(".*mi-*.zip*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT:
                path.unlink()

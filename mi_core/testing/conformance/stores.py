"""An operation log: a row before the send, its completion once, found again, nobody's data in clear on the disk."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import suppress
from pathlib import Path
from typing import Any

from mi_core.errors import MiError, StoreError
from mi_core.plugin import OperationEnd, OperationStart
from mi_core.testing.conformance import NotApplicable, Subject
from mi_core.testing.conformance.samples import store_settings
from mi_core.types import Effect, Outcome

__all__ = ["CHECKS"]

WHEN = dt.datetime(2024, 3, 1, 12, 0, 0, 123456)
LATER = ("begin_later", "end_later", "flush")


def _start(number: int = 1, **changes: Any) -> OperationStart:
    values: dict[str, Any] = {
        "operation_id": f"op{number}", "msgid": f"H4300000000120240301120000{number:04d}", "api_code": "2207",
        "api_name": "门诊结算", "effect": Effect.MONEY, "business_category": "结算业务", "business_type": "outpatient",
        "institution_code": "H43000000001", "operator_id": "001", "operator_name": "收费员", "operation_time": WHEN,
        "request": '{"姓名":"CANARY-NAME"}'.encode(), "psn_no": "CANARY-PERSON", "certno": "CANARY-CERT", "mdtrt_id": "CANARY-VISIT",
        "operation_key": "CANARY-KEY",
    }  # fmt: skip
    return OperationStart(**{**values, **changes})


def _end(number: int = 1, **changes: Any) -> OperationEnd:
    values: dict[str, Any] = {
        "operation_id": f"op{number}", "status": "success", "outcome": Outcome.CONFIRMED, "evidence": "proof",
        "complete_time": WHEN + dt.timedelta(seconds=1), "response": b"CANARY-REPLY",
    }  # fmt: skip
    return OperationEnd(**{**values, **changes})


async def _opened(whole: Subject, name: str, factory: Any, folder: Path) -> Any:
    try:
        store = factory(store_settings(whole, name, folder))
        await store.open()
    except MiError as error:
        if whole.given("settings", "store", name, folder) is None:
            text = f"cannot be opened below a folder ({error.en}): give settings(kind, name, folder) in the counterpart"
            raise NotApplicable(text) from error
        raise
    return store


async def a_row_is_begun_completed_and_read_back(
    whole: Subject, name: str, factory: Any, folder: Path
) -> None:
    """To the microsecond and the byte."""
    store = await _opened(whole, name, factory, folder)
    try:
        await store.begin(_start())
        record = await store.get("op1")
        assert record is not None and record.end is None, "begin returns when the row is there"
        assert record.start.request == _start().request and record.start.operation_time == WHEN
        await store.end(_end())
        record = await store.get("op1")
        assert record is not None and record.end == _end(), "the end is read back as it was written"
        assert await store.get("nobody") is None
    finally:
        await store.close()


async def an_operation_is_begun_once(whole: Subject, name: str, factory: Any, folder: Path) -> None:
    """The second row of one id is a fault of the program, and the first must not be lost by it."""
    store = await _opened(whole, name, factory, folder)
    try:
        await store.begin(_start())
        try:
            await store.begin(_start(request=b"another"))
        except StoreError:
            pass
        else:
            raise AssertionError("begin took the same operation twice")
        record = await store.get("op1")
        assert record is not None and record.start.request == _start().request, (
            "the first row was overwritten"
        )
    finally:
        await store.close()


async def the_same_end_changes_nothing_and_another_is_refused(
    whole: Subject, name: str, factory: Any, folder: Path
) -> None:
    """Only an outcome in doubt is completed once more."""
    store = await _opened(whole, name, factory, folder)
    try:
        await store.begin(_start())
        await store.end(_end(status="in_doubt", outcome=Outcome.IN_DOUBT, evidence="timeout"))
        await store.end(_end())
        await store.end(_end())
        other = _end(status="failed", outcome=Outcome.REJECTED, complete_time=WHEN + dt.timedelta(seconds=9))
        with suppress(StoreError):
            await store.end(other)
        record = await store.get("op1")
        assert record is not None and record.end is not None and record.end.status == "success", (
            "a confirmed outcome was overwritten"
        )
    finally:
        await store.close()


async def an_end_without_a_row_adds_none(whole: Subject, name: str, factory: Any, folder: Path) -> None:
    """There is nothing to complete; the store says so or ignores it."""
    store = await _opened(whole, name, factory, folder)
    try:
        with suppress(StoreError):
            await store.end(_end(77))
        assert await store.get("op77") is None
    finally:
        await store.close()


async def rows_are_found_by_person_visit_message_and_status(
    whole: Subject, name: str, factory: Any, folder: Path
) -> None:
    """All given values must match; newest first; at most ``limit``."""
    store = await _opened(whole, name, factory, folder)
    try:
        for number in range(1, 6):
            await store.begin(_start(number, psn_no="A" if number % 2 else "B"))
        await store.end(_end(1))
        found = [r.start.operation_id for r in await store.find(psn_no="A")]
        assert found == ["op5", "op3", "op1"], f"newest first: {found}"
        assert [r.start.operation_id for r in await store.find(psn_no="A", limit=1)] == ["op5"]
        assert await store.find(psn_no="A", mdtrt_id="another") == []
        assert len(await store.find(status="pending")) == 4 and len(await store.find(status="success")) == 1
        assert len(await store.find(msgid=_start(2).msgid)) == 1
    finally:
        await store.close()


async def many_at_once_are_all_written(whole: Subject, name: str, factory: Any, folder: Path) -> None:
    """As clinics do at eight in the morning."""
    store = await _opened(whole, name, factory, folder)
    try:
        await asyncio.gather(*(store.begin(_start(number)) for number in range(50)))
        await asyncio.gather(*(store.end(_end(number)) for number in range(50)))
        assert len(await store.find(status="success", limit=100)) == 50
    finally:
        await store.close()


async def what_was_begun_is_there_after_a_restart(
    whole: Subject, name: str, factory: Any, folder: Path
) -> None:
    """``begin`` returned, so the row is safe."""
    store = await _opened(whole, name, factory, folder)
    await store.begin(_start())
    await store.close()
    again = await _opened(whole, name, factory, folder)
    try:
        if store_settings(whole, name, folder).operation_log == "memory":
            raise NotApplicable("kept in memory")
        assert await again.get("op1") is not None, "the row is gone"
    finally:
        await again.close()


async def nobodys_data_stands_in_clear_on_the_disk(
    whole: Subject, name: str, factory: Any, folder: Path
) -> None:
    """Bodies and identifiers are sealed; they are searched by a keyed hash."""
    store = await _opened(whole, name, factory, folder)
    await store.begin(_start())
    await store.end(_end())
    shown = _in_clear(folder)
    await store.close()
    shown += _in_clear(folder)
    assert not shown, f"in clear in {', '.join(sorted(set(shown)))}"


def _in_clear(folder: Path) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and b"CANARY" in file.read_bytes()]


async def what_is_handed_over_is_written_in_order(
    whole: Subject, name: str, factory: Any, folder: Path
) -> None:
    """Only for stores that take rows without being waited for: all of those methods, or none."""
    store = await _opened(whole, name, factory, folder)
    try:
        there = [method for method in LATER if hasattr(store, method)]
        if not there:
            raise NotApplicable("has no begin_later")
        assert len(there) == len(LATER), (
            f"has {', '.join(there)}, and lacks {', '.join(set(LATER) - set(there))}"
        )
        for number in range(20):
            store.begin_later(_start(number))
            store.end_later(_end(number))
        await store.flush()
        assert len(await store.find(status="success", limit=100)) == 20
    finally:
        await store.close()


CHECKS = (
    a_row_is_begun_completed_and_read_back,
    an_operation_is_begun_once,
    the_same_end_changes_nothing_and_another_is_refused,
    an_end_without_a_row_adds_none,
    rows_are_found_by_person_visit_message_and_status,
    many_at_once_are_all_written,
    what_was_begun_is_there_after_a_restart,
    nobodys_data_stands_in_clear_on_the_disk,
    what_is_handed_over_is_written_in_order,
)

"""A real client, a real journal, the sandbox over HTTP: every way in which the centre can disagree."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from mi_core.errors import ConfigError, NotSent, OutcomeUnknown
from mi_core.journal import AttemptState, Resolution, Sight
from mi_core.reconcile import Action, Centre, DayReport, Local, asking, books, findings
from mi_core.reconcile.books import milliseconds
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.rulebook import Rulebook
from mi_plugins.sandbox.settings import china_now
from tests.reconcile.kit import HOSPITAL, PHARMACY, D, OurPurchase, OurStay, Town, settled, today, town_of


async def reconciled(town: Town, *, apply: bool = False, day: dt.date | None = None) -> DayReport:
    return await town.mi.reconcile(day or today(), apply=apply)


def short(report: DayReport) -> list[tuple[Action, Local, Centre]]:
    return [(case.action, case.local, case.centre) for case in report.differences]


def kinds(town: Town, msgid: str | None) -> list[str]:
    attempt = town.mi.journal.read.attempt(str(msgid))
    assert attempt is not None
    return [event.kind for event in town.mi.journal.read.events(attempt.operation_id)]


async def test_a_day_that_agrees(town: Town) -> None:
    visit, info = await settled(town)
    await settled(town, 1)
    await settled(town, 2)
    await visit.refund(info["setl_id"])
    stay = await OurStay(town, 1).admit()
    await stay.charge(stay.fee(1, "100.00"))
    await stay.settle("100.00", mid=True)
    report = await reconciled(town, apply=True)
    assert report.balanced and report.cases == () and report.failures == {} and not report.over
    ours = {
        (g.group.insutype, g.group.clr_type, g.group.flag): g.here.count
        for g in report.groups
        if g.here.count
    }
    assert ours == {
        ("310", "11", "0"): 1,
        ("310", "11", "1"): 2,
        ("390", "11", "0"): 1,
        ("310", "21", "0"): 1,
    }
    pair = next(g for g in report.groups if g.group.flag == "1" and g.here.count)
    assert {pair.here.total, pair.here.fund, pair.here.account} == {D(0)}, "a refund adds up to nothing"


async def test_a_refund_of_a_stay_takes_its_group_from_the_settlement(town: Town) -> None:
    """2305 says neither insurance nor clearing type nor person."""
    stay = await OurStay(town, 1).admit()
    await stay.charge(stay.fee(1, "100.00"))
    info = (await stay.settle("100.00", mid=True))["setlinfo"]
    await stay.refund(info["setl_id"])
    report = await reconciled(town)
    assert report.balanced and report.unusable == ()
    assert [g.here.count for g in report.groups if g.here.count] == [2]


async def test_a_pharmacy(tmp_path: Path, rulebook: Rulebook) -> None:
    async with town_of(tmp_path, rulebook, institution=PHARMACY) as town:
        purchase = OurPurchase(town, 1)
        info = (await purchase.call("2102", purchase.basket(purchase.drug(1, "20.00"))))["setlinfo"]
        await purchase.call("2102", purchase.basket(purchase.drug(2, "30.00")))
        which = {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": info["psn_no"]}
        await purchase.call("2103", {"data": which})
        report = await reconciled(town)
        assert report.balanced
        assert sorted(g.here.count for g in report.groups if g.here.count) == [1, 2]


async def test_missing_there_is_a_ghost(town: Town) -> None:
    visit, info = await settled(town)
    await settled(town, 1)
    await town.disagree("missing_there", setl_id=info["setl_id"])
    report = await reconciled(town)
    assert short(report) == [(Action.FREEZE, Local.CONFIRMED, Centre.ABSENT)] and not report.balanced
    case = report.differences[0]
    assert (case.msgid, case.setl_id, case.interface) == (visit.msgid, info["setl_id"], "2207")
    assert case.here is not None and case.here.total == D("500.00") and case.there is None
    assert kinds(town, visit.msgid) == ["sent", "ended"], "a dry run writes nothing"
    report = await reconciled(town, apply=True)
    assert kinds(town, visit.msgid) == ["sent", "ended", "seen"]
    assert [(a.msgid, a.reason) for a in report.applied] == [(visit.msgid, "contradiction")]
    await town.agree()
    assert (await reconciled(town)).balanced


async def test_missing_here_with_our_sender(town: Town) -> None:
    await settled(town)
    await town.disagree("missing_here", new_msgid=f"{HOSPITAL}202503030800000042")
    report = await reconciled(town, apply=True)
    assert short(report) == [(Action.ORPHAN, Local.UNKNOWN, Centre.SAME)] and not report.balanced
    assert report.differences[0].msgid == f"{HOSPITAL}202503030800000042"
    assert report.applied[0].reason == "contradiction"


async def test_missing_here_where_we_have_nothing_at_all(town: Town) -> None:
    """No group of ours has it: only asking about empty groups finds it."""
    await town.disagree("missing_here", institution=HOSPITAL)
    report = await reconciled(town)
    assert short(report) == [(Action.ORPHAN, Local.UNKNOWN, Centre.SAME)] and not report.balanced
    await town.agree()
    assert (await reconciled(town)).balanced


async def test_a_foreign_msgid(town: Town) -> None:
    await settled(town)
    await town.disagree("foreign_msgid")
    report = await reconciled(town, apply=True)
    assert short(report) == [(Action.FOREIGN, Local.FOREIGN, Centre.SAME)]
    assert str(report.differences[0].msgid).startswith("X99999999999")


async def test_an_amount_that_differs(town: Town) -> None:
    visit, _ = await settled(town)
    await town.disagree("amount_differs", msgid=visit.msgid, amount=250)
    report = await reconciled(town, apply=True)
    assert short(report) == [(Action.AMOUNT, Local.CONFIRMED, Centre.AMOUNTS)]
    case = report.differences[0]
    assert case.here is not None and case.there is not None
    assert (case.here.total, case.there.total) == (D("500.00"), D("502.50"))


async def test_a_refund_that_only_the_centre_has(town: Town) -> None:
    visit, _ = await settled(town)
    await town.disagree("refund_pair", msgid=visit.msgid)
    report = await reconciled(town, apply=True)
    assert short(report) == [
        (Action.REFUND, Local.CONFIRMED, Centre.REFUNDED),
        (Action.FOREIGN, Local.FOREIGN, Centre.REFUNDED),
    ]
    assert {g.verdict for g in report.groups if g.group.flag is not None} == {"uneven"}


async def test_blank_ids_of_a_confirmed_settlement(town: Town) -> None:
    """3201 still agrees: only the totals are compared there. Something else must differ before 3202 is asked."""
    visit, info = await settled(town)
    await town.disagree("blank_setl_id", setl_id=info["setl_id"])
    assert (await reconciled(town)).balanced
    await town.disagree("foreign_msgid")
    report = await reconciled(town)
    assert short(report) == [
        (Action.DOUBLE, Local.CONFIRMED, Centre.BLANK),
        (Action.FOREIGN, Local.FOREIGN, Centre.SAME),
    ]
    assert report.differences[0].msgid == visit.msgid


async def lost(town: Town, fault: str = "drop_after", number: int = 0, **more: Any) -> str:
    """A settlement whose answer is lost; its message id."""
    await town.fault("2207", fault, **more)
    with pytest.raises(OutcomeUnknown) as caught:
        await settled(town, number)
    await town.calm()
    return str(caught.value.msgid)


async def test_a_lost_answer_is_adopted(town: Town) -> None:
    await settled(town)
    msgid = await lost(town, number=3)
    report = await reconciled(town)
    assert not report.balanced and [one.msgid for one in report.unresolved] == [msgid]
    assert [(c.action, c.msgid) for c in report.differences] == [(Action.ADOPT, msgid)]
    assert state(town, msgid) == "IN_DOUBT", "a dry run writes nothing"
    report = await reconciled(town, apply=True)
    assert report.balanced and [(a.what, a.done) for a in report.applied] == [("CONFIRMED", True)]
    attempt = town.mi.journal.read.attempt(msgid)
    assert attempt is not None and attempt.source == "recon" and attempt.identifier
    assert "setl_time" in attempt.missing and "fund_pay_sumamt" not in attempt.missing
    ledger = (await town.hospital.ledger(msgid=msgid))["settlements"]
    assert [row["setl_id"] for row in ledger] == [attempt.identifier]
    assert (await reconciled(town)).balanced, "what was adopted counts from then on"


async def test_a_lost_answer_with_blank_ids(town: Town) -> None:
    await settled(town)
    msgid = await lost(town, number=3)
    setl_id = (await town.hospital.ledger(msgid=msgid))["settlements"][0]["setl_id"]
    await town.disagree("blank_setl_id", setl_id=setl_id)
    report = await reconciled(town, apply=True)
    assert state(town, msgid) == "EXECUTED_UNIDENTIFIED" and not report.balanced
    report = await reconciled(town)
    assert short(report)[0] == (Action.REVERSE, Local.EXECUTED_UNIDENTIFIED, Centre.BLANK)
    assert (await town.hospital.ledger(msgid=msgid))["settlements"][0]["state"] == "settled", (
        "nothing is reversed by reconciling"
    )
    await town.agree()
    assert (await reconciled(town, apply=True)).balanced and state(town, msgid) == "CONFIRMED"


async def test_not_executed_needs_the_fence(tmp_path: Path, rulebook: Rulebook) -> None:
    recovery = {"acceptance": 1, "processing": 1, "replica_lag": 0.1}
    more: dict[str, Any] = {"institutions": {HOSPITAL: {"recovery": recovery}}}
    for known in (False, True):
        folder = tmp_path / str(known)
        folder.mkdir()
        async with town_of(folder, rulebook, terms=known, **(more if known else {})) as town:
            await settled(town)
            msgid = await lost(town, "drop_before", number=3)
            if known:
                await asyncio.sleep(2.5)
            if known:
                await town.disagree("foreign_msgid")
                report = await reconciled(town, apply=True)
                assert not report.balanced and report.closed == 0 and state(town, msgid) == "NOT_EXECUTED"
                assert [one.msgid for one in town.mi.journal.read.tombstones(HOSPITAL)] == [msgid], (
                    "still watched"
                )
                await town.agree()
            report = await reconciled(town, apply=True)
            if known:
                assert report.balanced and state(town, msgid) == "NOT_EXECUTED" and report.closed == 1
                assert town.mi.journal.read.tombstones(HOSPITAL) == []
            else:
                assert not report.balanced and state(town, msgid) == "IN_DOUBT"
                assert short(report) == [(Action.ABSENT, Local.IN_DOUBT, Centre.ABSENT)]


async def test_absence_of_an_unknown_kind_proves_nothing(tmp_path: Path, rulebook: Rulebook) -> None:
    """Nobody has seen how such a settlement is cleared: 3202 may have been asked in the wrong place."""
    more: dict[str, Any] = {
        "institutions": {HOSPITAL: {"recovery": {"acceptance": 0.1, "processing": 0.1, "replica_lag": 0.1}}}
    }
    async with town_of(tmp_path, rulebook, **more) as town:
        msgid = await lost(town, "drop_before")
        await asyncio.sleep(0.6)
        report = await reconciled(town, apply=True)
        assert state(town, msgid) == "IN_DOUBT" and not report.balanced and report.differences == ()
        assert [one.msgid for one in report.unresolved] == [msgid]


async def test_recorded_as_not_executed_and_alive(tmp_path: Path, rulebook: Rulebook) -> None:
    """The worst case: a wrong conclusion. It alarms, is watched, and is listed for reversal, not reversed."""
    async with town_of(tmp_path, rulebook, settings=Settings(crowd=0)) as town:
        await settled(town)
        msgid = await lost(town, number=3)
        wrong = Resolution(to=AttemptState.NOT_EXECUTED, source="query", reason="a test's mistake")
        assert (await town.mi.journal.resolve(msgid, wrong)).applied
        report = await reconciled(town, apply=True)
        assert short(report) == [(Action.REVERSE, Local.NOT_EXECUTED, Centre.SAME)]
        assert report.contradicted == (msgid,) and not report.balanced and report.closed == 0
        assert (await town.hospital.ledger(msgid=msgid))["settlements"][0]["state"] == "settled"


async def test_a_reversed_settlement_is_gone(tmp_path: Path, rulebook: Rulebook) -> None:
    """EXECUTED_UNIDENTIFIED, then 2601 by recovery or a person: 3202 is the proof that it worked."""
    recovery = {"acceptance": 1, "processing": 1, "replica_lag": 0.1}
    async with town_of(tmp_path, rulebook, institutions={HOSPITAL: {"recovery": recovery}}) as town:
        await settled(town)
        msgid = await lost(town, number=3)
        row = (await town.hospital.ledger(msgid=msgid))["settlements"][0]
        await town.disagree("blank_setl_id", setl_id=row["setl_id"])
        await reconciled(town, apply=True)
        await town.agree()
        await town.call("2601", {"data": {"psn_no": row["psn_no"], "omsgid": msgid, "oinfno": "2207"}})
        assert state(town, msgid) == "REVERSING"
        await asyncio.sleep(2.5)
        report = await reconciled(town, apply=True)
        assert state(town, msgid) == "REVERSED" and report.balanced
        assert (await reconciled(town)).balanced


async def test_recovery_asks_for_a_day_s_details(town: Town) -> None:
    """The engine of recovery resolves by 3202 where 5203 cannot tell: the real one, not a stand-in."""
    await settled(town)
    msgid = await lost(town, number=3)
    attempt = town.mi.journal.read.attempt(msgid)
    assert attempt is not None
    found = await findings(town.mi._call, town.mi.journal, town.mi.config, HOSPITAL, today(), [msgid, "X1"])
    assert found["X1"].sight is Sight.UNKNOWN
    assert found[msgid].sight is Sight.FOUND and not found[msgid].day_closed
    await town.mi.recovery.once()
    assert state(town, msgid) == "CONFIRMED"
    attempt = town.mi.journal.read.attempt(msgid)
    assert attempt is not None and attempt.source == "recon" and attempt.identifier == found[msgid].identifier
    assert (await reconciled(town)).balanced


async def test_when_a_day_is_closed(tmp_path: Path, rulebook: Rulebook) -> None:
    """Unknown terms: only when the day after is over too, and with both days asked, absence is final."""
    ahead = dt.timedelta()
    settings = Settings(crowd=0, clock=lambda: china_now() + ahead)
    async with town_of(
        tmp_path,
        rulebook,
        settings=settings,
        terms=False,
        patient=True,
        institutions={HOSPITAL: {"sign_in": False}},
    ) as town:
        await settled(town)
        msgid = await lost(town, "drop_before", number=3)
        begin = milliseconds(today())

        async def seen(now: int) -> tuple[Sight, bool]:
            given = await findings(
                town.mi._call, town.mi.journal, town.mi.config, HOSPITAL, today(), [msgid], clock=lambda: now
            )
            return given[msgid].sight, given[msgid].day_closed

        assert await seen(begin + 23 * HOUR) == (Sight.ABSENT, False)
        ahead = dt.timedelta(days=2)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("mi_plugins.sandbox.head.MAX_TIME_GAP", dt.timedelta(days=9))
            assert await seen(begin + 49 * HOUR) == (Sight.ABSENT, True)
            assert asked_days(town)[-2:] == [today(), today() + dt.timedelta(days=1)]


HOUR = 3_600_000


def asked_days(town: Town) -> list[dt.date]:
    """The days of the files that were sent, in order."""
    rows = town.office.books.all("SELECT filename FROM file WHERE source = '9101' ORDER BY file_qury_no")
    return [dt.datetime.strptime(row["filename"].split("_")[2], "%Y%m%d").date() for row in rows]  # a day


async def test_days(town: Town) -> None:
    await settled(town)
    with pytest.raises(ConfigError, match="还没有到"):
        await reconciled(town, day=today() + dt.timedelta(days=2))
    yesterday = await reconciled(town, day=today() - dt.timedelta(days=3))
    assert yesterday.balanced and yesterday.over and not any(g.here.count for g in yesterday.groups)


async def test_files_that_do_not_work(town: Town) -> None:
    await settled(town)
    await town.disagree("foreign_msgid")
    await town.fault("9102", "bad_zip", times=1)
    assert short(await reconciled(town)) == [(Action.FOREIGN, Local.FOREIGN, Centre.SAME)], "fetched again"
    await town.fault("9101", "drop_after", times=1)
    assert short(await reconciled(town)) == [(Action.FOREIGN, Local.FOREIGN, Centre.SAME)], "sent again"
    await town.fault("9102", "bad_zip", times=-1)
    report = await reconciled(town)
    assert list(report.failures) == [("11", "990100")] and not report.balanced and report.cases == ()


async def test_a_bureau_that_does_not_compare(town: Town) -> None:
    await town.fault("3201", "unlisted_refusal", times=-1)
    report = await reconciled(town)
    assert {g.verdict for g in report.groups} == {"untold"} and not report.balanced, (
        "nobody confirmed anything"
    )
    await settled(town)
    report = await reconciled(town)
    assert {g.verdict for g in report.groups if g.here.count} == {"unknown"} and not report.balanced


async def test_nobody_there(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: Any, **__: Any) -> Any:
        raise NotSent("连不上", "nobody there")

    monkeypatch.setattr(town.mi, "_call", nowhere)
    with pytest.raises(NotSent):
        await reconciled(town)


def state(town: Town, msgid: str) -> str:
    attempt = town.mi.journal.read.attempt(msgid)
    assert attempt is not None
    return attempt.state.value


async def test_one_round_of_recovery_reads_our_books_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every message in doubt wants the same days: a week of settlements is not opened for each of them."""
    await settled(town)
    reads: list[tuple[object, ...]] = []

    def read(journal: Any, *which: object) -> Any:
        reads.append(which)
        return books.read_books(journal, *which)  # type: ignore[arg-type]  # as they were given

    monkeypatch.setattr(asking, "read_books", read)
    shelf = asking.Shelf()
    call, journal, config = town.mi._call, town.mi.journal, town.mi.config
    for msgid in ("X1", "X2"):
        await findings(call, journal, config, HOSPITAL, today(), [msgid], shelf=shelf)
    assert len(reads) == 1
    await findings(call, journal, config, HOSPITAL, today() - dt.timedelta(1), ["X1"], shelf=shelf)
    assert len(reads) == 2, "other days are other books"
    monkeypatch.setattr(asking, "_FRESH", 0.0)
    await findings(call, journal, config, HOSPITAL, today(), ["X1"], shelf=shelf)
    assert len(reads) == 3, "and they grow old"

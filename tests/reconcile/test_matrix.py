"""The table of states, cell by cell, and what leads to a cell: lines, rows, journalled attempts. No network."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from mi_core.catalog import load_catalog
from mi_core.files import BadFile
from mi_core.journal import AttemptRecord, AttemptState, OperationState, Sight
from mi_core.journal.states import NO_EFFECT
from mi_core.reconcile import MATRIX, Action, Centre, DayReport, GroupResult, Local, LocalRow, Totals, judge
from mi_core.reconcile.books import cancels_of, is_settlement, kind_of
from mi_core.reconcile.cases import cases_of, open_case
from mi_core.reconcile.matrix import _ALIVE
from mi_core.reconcile.report import OpenCall
from mi_core.reconcile.rows import (
    SENT_COLUMNS,
    TOLD_COLUMNS,
    CentreRow,
    Unusable,
    cells_of,
    centre_row,
    evidence_of,
    local_row,
    setlinfo_of,
)
from mi_core.reconcile.sights import centre_of, centre_of_attempt, finding_of, lacking
from mi_core.reconcile.totals import Group, groups_of
from mi_core.types import Effect

D = Decimal
DAY = dt.date(2026, 11, 21)
CODE = "H43000000001"
MSGID = f"{CODE}202611210900000001"

# rows: local state; columns: absent same blank amounts refunded alive other
EXPECTED = """
SENT                  wait    wait    wait         wait    wait    wait    wait
NOT_SENT              nothing reverse reverse      reverse person  reverse reverse
CONFIRMED             freeze  nothing double       amount  refund  refund  person
REJECTED              nothing reverse reverse      reverse person  reverse reverse
IN_DOUBT              absent  adopt   unidentified person  person  adopt   person
EXECUTED_UNIDENTIFIED person  adopt   reverse      person  person  adopt   person
NOT_EXECUTED          close   reverse reverse      reverse person  reverse reverse
REVERSING             absent  reverse reverse      reverse absent  reverse reverse
REVERSED              nothing reverse reverse      reverse nothing reverse reverse
MANUAL                person  adopt   person       person  person  person  person
SUPERSEDED            nothing person  person       person  person  person  person
UNKNOWN               nothing orphan  orphan       orphan  orphan  orphan  orphan
FOREIGN               nothing foreign foreign      foreign foreign foreign foreign
"""
COLUMNS = ("absent", "same", "blank", "amounts", "refunded", "alive", "other")
CELLS = [
    (line.split()[0], centre, action)
    for line in EXPECTED.strip().splitlines()
    for centre, action in zip(COLUMNS, line.split()[1:], strict=True)
]


@pytest.mark.parametrize(("local", "centre", "action"), CELLS)
def test_every_cell(local: str, centre: str, action: str) -> None:
    assert judge(Local(local), Centre(centre)) is Action(action)


def test_the_table_is_complete() -> None:
    assert {(a, b) for a, b, _ in CELLS} == {(a.value, b.value) for a in Local for b in Centre}
    assert set(MATRIX) == set(Local) and all(set(line) == set(Centre) for line in MATRIX.values())
    assert {state.value for state in AttemptState} == {one.value for one in Local} - {"UNKNOWN", "FOREIGN"}


def test_principles() -> None:
    """What the table must never say, whatever its cells become."""
    for centre in _ALIVE:
        for state in NO_EFFECT:
            assert judge(Local.of(state), centre) is Action.REVERSE, "alive though recorded as without effect"
        assert (
            judge(Local.UNKNOWN, centre) is Action.ORPHAN and judge(Local.FOREIGN, centre) is Action.FOREIGN
        )
    for centre in Centre:
        assert judge(Local.CONFIRMED, centre) not in (Action.REVERSE, Action.ADOPT, Action.ABSENT), (
            "a confirmed settlement is never reversed or forgotten"
        )
        assert judge(Local.SENT, centre) is Action.WAIT


def test_columns_are_the_catalogue_s() -> None:
    layouts = {one.direction: one.columns for one in load_catalog().interfaces["3202"].files}
    assert tuple(column.code for column in layouts["input"]) == SENT_COLUMNS
    assert tuple(column.code for column in layouts["output"]) == TOLD_COLUMNS


def test_what_counts_is_the_catalogue_s() -> None:
    counted = {code for code in load_catalog().interfaces if is_settlement(code)}
    assert counted == {"2102", "2103", "2207", "2208", "2304", "2305"}
    assert {code: cancels_of(code) for code in ("2103", "2208", "2305")} == {
        "2103": ("2102",), "2208": ("2207",), "2305": ("2304",),
    }  # fmt: skip
    assert not is_settlement("2401") and not is_settlement("no such")


OURS = LocalRow(
    msgid=MSGID, operation_id="O1", interface="2207", setl_id="S1", mdtrt_id="M1", psn_no="P1", insutype="310", clr_type="11",
    optins="430100", day=DAY, total=D("500.00"), fund=D("300.00"), account=D("100.00"), cash=D("100.00"), flag="0",
)  # fmt: skip
LINE = CentreRow(
    psn_no="P1", mdtrt_id="M1", setl_id="S1", msgid=MSGID, agrees=True, flag="0", memo=None, total=D("500"), fund=D("300.0"),
    account=D("100.00"), clr_type="11", optins="430100", day=DAY,
)  # fmt: skip


def line(**changes: Any) -> CentreRow:
    return attrs.evolve(LINE, **changes)


@pytest.mark.parametrize(
    ("changes", "centre"),
    [
        ({}, Centre.SAME), ({"agrees": False}, Centre.OTHER), ({"total": D("500.01")}, Centre.AMOUNTS),
        ({"fund": D("299.99")}, Centre.AMOUNTS), ({"account": D("0")}, Centre.AMOUNTS), ({"account": None}, Centre.SAME),
        ({"flag": "1"}, Centre.REFUNDED), ({"psn_no": "P2"}, Centre.OTHER), ({"mdtrt_id": "M2"}, Centre.OTHER),
        ({"setl_id": "S2"}, Centre.OTHER), ({"setl_id": None, "mdtrt_id": None, "agrees": False}, Centre.BLANK),
        ({"total": None, "fund": None, "account": None, "msgid": None, "agrees": False}, Centre.ABSENT),
    ],
)  # fmt: skip
def test_a_line_against_a_settlement(changes: dict[str, Any], centre: Centre) -> None:
    """Our own comparison decides, also where the centre says that both agree."""
    assert centre_of(line(**changes), OURS) is centre
    assert centre_of(line(**({"agrees": False} | changes)), attrs.evolve(OURS, flag="1")) in (
        Centre.ALIVE, Centre.OTHER, Centre.BLANK, Centre.ABSENT, Centre.AMOUNTS,
    )  # fmt: skip


def attempt(**changes: Any) -> AttemptRecord:
    values: dict[str, Any] = {
        "msgid": MSGID, "operation_id": "O1", "number": 1, "generation": 1, "interface": "2207", "institution": CODE,
        "effect": Effect.MONEY, "state": AttemptState.IN_DOUBT, "operation_state": OperationState.OPEN, "version": 2, "epoch": 1,
        "endpoint": "", "profile_version": "", "mdtrtarea_admvs": "430100", "insuplc_admdvs": "430102", "operator": "1",
        "psn_no": "P1", "business_key": ("M1", "B1"), "lock_keys": (), "amounts": {"data.medfee_sumamt": D("500.00")},
        "request": b'{"input":{"data":{"psn_no":"P1","insutype":"310","med_type":"11","mdtrt_id":"M1"}}}', "response": None,
        "result": None, "identifier": None, "evidence": None, "infcode": None, "likely_refused": False, "reversible": True,
        "reverses": None, "source": None, "missing": (), "reason": None, "signed_at": 0, "deadline_at": 0, "sent_at": 0,
        "ended_at": None, "at_risk": D("500"),
    }  # fmt: skip
    return AttemptRecord(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "sight"),
    [
        ({}, Sight.FOUND), ({"setl_id": None, "mdtrt_id": None}, Sight.UNIDENTIFIED), ({"psn_no": "P2"}, Sight.CONTRADICTION),
        ({"total": D("501")}, Sight.CONTRADICTION), ({"flag": "1"}, Sight.REFUNDED), ({"psn_no": None}, Sight.FOUND),
    ],
)  # fmt: skip
def test_a_line_against_a_call_in_doubt(changes: dict[str, Any], sight: Sight) -> None:
    found = finding_of(attempt(), [line(**changes)], complete=True, asked_at=5, day_closed=True)
    assert (found.sight, found.source, found.asked_at) == (sight, "recon", 5)
    assert found.identifier == ("S1" if sight is Sight.FOUND else None)
    assert ("setl_time" in found.missing) is (sight is Sight.FOUND)


def test_absence() -> None:
    def found(rows: list[CentreRow], *, complete: bool = True, closed: bool = True) -> tuple[Sight, bool]:
        one = finding_of(attempt(), rows, complete=complete, asked_at=5, day_closed=closed)
        return one.sight, one.day_closed

    assert found([]) == (Sight.ABSENT, True)
    assert found([], closed=False) == (Sight.ABSENT, False)
    assert found([], complete=False) == (Sight.UNKNOWN, False)
    assert found([line(), line(setl_id="S2")])[0] is Sight.CONTRADICTION, "one message, two settlements"
    nothing = line(total=None, fund=None, account=None)
    assert found([nothing]) == (Sight.ABSENT, True)


def test_a_refund_in_doubt_has_the_flag_by_nature() -> None:
    refund = attempt(interface="2208", amounts={})
    assert centre_of_attempt(line(flag="1", total=D("-500")), refund) is Centre.SAME
    assert "setl_time" in lacking("2208") and "fund_pay_sumamt" not in lacking("2208")


def test_which_message_a_line_means() -> None:
    def one(
        changed: CentreRow, known: dict[str, AttemptRecord] | None = None
    ) -> list[tuple[Local, Centre, Action]]:
        cases = cases_of([changed], [OURS], CODE, (known or {}).get)
        return [(case.local, case.centre, case.action) for case in cases]

    assert one(line()) == [], "agreement is no case"
    other = f"{CODE}202611210900000099"
    state = {s: {other: attempt(msgid=other, state=s)} for s in AttemptState}
    found = one(line(msgid=other, setl_id="S9"), state[AttemptState.REJECTED])
    assert found == [(Local.REJECTED, Centre.SAME, Action.REVERSE)]
    found = one(line(msgid=other, setl_id="S9", total=D("1")), state[AttemptState.IN_DOUBT])
    assert found == [(Local.IN_DOUBT, Centre.AMOUNTS, Action.PERSON)]
    assert one(line(msgid=other, setl_id="S9")) == [(Local.UNKNOWN, Centre.SAME, Action.ORPHAN)]
    assert one(line(msgid="X" * 30, setl_id="S9")) == [(Local.FOREIGN, Centre.SAME, Action.FOREIGN)]
    assert one(line(msgid=None, setl_id="S9")) == [(Local.FOREIGN, Centre.SAME, Action.FOREIGN)]
    assert one(line(msgid="X" * 30)) == [(Local.CONFIRMED, Centre.OTHER, Action.PERSON)], (
        "our setl_id under another's message id"
    )
    lost = line(msgid=None, total=None, fund=None, account=None, agrees=False)
    assert one(lost) == [(Local.CONFIRMED, Centre.ABSENT, Action.FREEZE)]
    elsewhere = {other: attempt(msgid=other, state=AttemptState.REJECTED, institution="H43000000002")}
    assert one(line(msgid=other, setl_id="S9"), elsewhere) == [(Local.UNKNOWN, Centre.SAME, Action.ORPHAN)], (
        "another institution's attempt explains nothing here"
    )


def test_a_short_code_is_padded_either_way() -> None:
    for msgid in ("H1" + "0" * 10, "H1" + " " * 10):
        case = cases_of([line(msgid=msgid + "202611210900000001")], [], "H1", lambda _: None)[0]
        assert case.local is Local.UNKNOWN
    assert (
        cases_of([line(msgid="H10000000001202611210900000001")], [], "H1", lambda _: None)[0].local
        is Local.FOREIGN
    )


def test_open_calls() -> None:
    finding = finding_of(attempt(), [line()], complete=True, asked_at=5, day_closed=False)
    case = open_case(attempt(), finding)
    assert case is not None and (case.action, case.setl_id) == (Action.ADOPT, "S1")
    unknown = finding_of(attempt(), [], complete=False, asked_at=5, day_closed=False)
    assert open_case(attempt(), unknown) is None


def test_what_a_stored_answer_says() -> None:
    reply = b'{"infcode":0,"output":{"setlinfo":{"setl_id":"S1","medfee_sumamt":0.1,"setl_time":"2026-11-21 09:00:00"}}}'
    assert setlinfo_of(attempt(response=reply))["medfee_sumamt"] == D("0.1")
    many = b'{"output":{"setlinfo":[{"setl_id":"S1"},{"setl_id":"S2","x":1}]}}'
    assert setlinfo_of(attempt(response=reply, result=many, identifier="S2"))["x"] == 1, (
        "the query's answer, its own row"
    )
    assert setlinfo_of(attempt(result=many)) == {}, "two rows and no name"
    inside = b'{"output":"{\\"setlinfo\\":{\\"setl_id\\":\\"S1\\"}}"}'
    assert setlinfo_of(attempt(response=inside)) == {"setl_id": "S1"}
    for broken in (
        None,
        b"",
        b"null",
        b"[1]",
        b"{",
        b'{"output":5}',
        b'{"output":{"setlinfo":"x"}}',
        b"\xff",
    ):
        assert setlinfo_of(attempt(response=broken)) == {}


def test_rows_and_their_gaps() -> None:
    info = {
        "setl_id": "S1", "mdtrt_id": "M1", "psn_no": "P1", "insutype": "310", "clr_type": "11", "clr_optins": "430100",
        "medfee_sumamt": D("500"), "fund_pay_sumamt": "300.00", "acct_pay": D("100"), "psn_cash_pay": D("99"),
        "setl_time": "2026-11-21 09:00:00",
    }  # fmt: skip
    row = local_row(attempt(), info, {}, flag="0", sent_day=DAY)
    assert isinstance(row, LocalRow)
    assert cells_of(row) == ("S1", "M1", "P1", "500.00", "300.00", "100.00", "0") and row.cash == 99
    later = local_row(attempt(), info | {"setl_time": "2026-11-22 00:00:01"}, {}, flag="0", sent_day=DAY)
    assert isinstance(later, LocalRow) and later.day == DAY + dt.timedelta(days=1), "the centre's day counts"
    for name in info:
        if name == "psn_cash_pay":
            continue
        gap = local_row(attempt(), {k: v for k, v in info.items() if k != name}, {}, flag="0", sent_day=DAY)
        assert isinstance(gap, Unusable) and gap.lacking == (name,)
    filled = local_row(
        attempt(),
        {k: v for k, v in info.items() if k != "insutype"},
        {"insutype": "390"},
        flag="0",
        sent_day=DAY,
    )
    assert isinstance(filled, LocalRow) and filled.insutype == "390"
    odd = local_row(attempt(), info | {"acct_pay": "1,5"}, {}, flag="0", sent_day=DAY)
    assert isinstance(odd, Unusable) and odd.lacking == ("acct_pay",)


def test_a_line_becomes_a_stored_result() -> None:
    adopted = attempt(result=evidence_of(line()), identifier="S1", state=AttemptState.CONFIRMED)
    row = local_row(adopted, setlinfo_of(adopted), {"insutype": "310"}, flag="0", sent_day=DAY)
    assert isinstance(row, LocalRow)
    assert attrs.evolve(row, cash=OURS.cash) == OURS


@pytest.mark.parametrize(("place", "value"), [(4, "2"), (4, None), (7, "1e"), (8, "NaN"), (9, "x")])
def test_results_that_are_none(place: int, value: str | None) -> None:
    cells: list[str | None] = ["P1", "M1", "S1", MSGID, "0", "0", None, "500.00", "300.00", "100.00"]
    assert centre_row(cells, clr_type="11", optins="430100", day=DAY) == line()
    cells[place] = value
    with pytest.raises(BadFile, match="无法识别"):
        centre_row(cells, clr_type="11", optins="430100", day=DAY)


def test_groups() -> None:
    refund = attrs.evolve(
        OURS, setl_id="S2", flag="1", total=D("-500.00"), fund=D("-300.00"), account=D("-100.00")
    )
    groups = groups_of([OURS, refund], {("11", "430100"), ("21", "430100")}, ("310", "390"))
    assert [(g.insutype, g.clr_type, g.flag) for g in groups] == [
        ("310", "11", "0"), ("310", "11", "1"), ("390", "11", None), ("310", "21", None), ("390", "21", None),
    ]  # fmt: skip
    sums = [Totals.of(row for row in (OURS, refund) if group.has(row)) for group in groups]
    assert [(one.count, one.total) for one in sums] == [
        (1, D("500.00")),
        (1, D("-500.00")),
        (0, D(0)),
        (0, D(0)),
        (0, D(0)),
    ]
    assert kind_of(attempt()) == ("2207", "310", "11", "430102")


def report(**changes: Any) -> DayReport:
    even = GroupResult(Group("310", "11", "430100", "0"), Totals.of([OURS]), "even")
    values: dict[str, Any] = {
        "institution": CODE, "day": DAY, "at": 0, "over": True, "groups": (even,), "cases": (), "unusable": (), "unresolved": (),
        "contradicted": (), "failures": {},
    }  # fmt: skip
    return DayReport(**(values | changes))


def test_balanced_means_everything() -> None:
    assert report().balanced
    group = report().groups[0]
    reverse = cases_of([line(msgid="X" * 30, setl_id="S9")], [], CODE, lambda _: None)
    gap = local_row(attempt(), {}, {}, flag="0", sent_day=DAY)
    for spoilt in (
        {"groups": ()}, {"groups": (attrs.evolve(group, verdict="untold"),)},
        {"groups": (group, attrs.evolve(group, verdict="uneven"))}, {"groups": (group, attrs.evolve(group, verdict="unknown"))},
        {"cases": tuple(reverse)}, {"unusable": (gap,)}, {"unresolved": (OpenCall.of(attempt()),)}, {"contradicted": (MSGID,)},
        {"failures": {("11", "430100"): "x"}},
    ):  # fmt: skip
        assert not report(**spoilt).balanced, spoilt
    assert report(groups=(group, attrs.evolve(group, verdict="untold"))).balanced

"""What is asked, by the catalogue: every journalled interface, and where the values come from."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mi_core.catalog import data_root, load_catalog
from mi_core.catalog.references import reference_problems
from mi_core.interfaces import by_code
from mi_core.recovery.case import Opened, applies, questions_of
from tests.recovery.cases import asked, case

CATALOG = load_catalog()
JOURNALLED = [
    c for c, s in CATALOG.interfaces.items() if s.behaviour.effect in ("money", "state", "reversal")
]
CHANGES: list[tuple[str, Callable[[Any], object]]] = [
    ("data.nothing", lambda q: q["ask"].update({"data.nothing": {"const": "1"}})),
    ("data.nothing", lambda q: q["ask"].update({"data.psn_no": "data.nothing"})),
    ("nothing", lambda q: q.update(match={"nothing": {"own": "msgid"}})),
    ("nothing", lambda q: q.update(identifier="nothing")),
    ("nothing", lambda q: q["adopt"].update(rename={"psn_part_amt": "nothing"})),
    ("hifdm_pay", lambda q: q.update(missing=["exp_content", "hosp_part_amt"])),
    ("data.nothing", lambda q: q.update(opener={"interface": "2201", "by": "data.nothing"})),
    ("data.nothing", lambda q: q["ask"].update({"data.psn_no": {"opened": "input.data.nothing"}})),
]


class TestCoverage:
    @pytest.mark.parametrize("code", sorted(set(JOURNALLED) - {"2601"}))
    def test_a_question_or_a_reason(self, code: str) -> None:
        """Every journalled interface says who can tell, or why nobody can."""
        b = by_code(code).behaviour
        assert bool(any(q.ask for q in b.outcome_queries)) != bool(b.nobody_tells)

    def test_a_reversal_is_told_by_its_target(self) -> None:
        assert by_code("2601").behaviour.nobody_tells is None

    def test_settlements_are_matched_by_their_message(self) -> None:
        for code in ("2207", "2304", "2102", "2208", "2305", "2103"):
            (field, source), *rest = asked(code).match
            assert (field, source.own, rest) == ("medins_setl_id", "msgid", []), code

    @pytest.mark.parametrize("code", sorted(set(JOURNALLED) - {"2601"}))
    def test_what_comes_back_is_not_taken_for_what_was_before(self, code: str) -> None:
        """Where the state before looks like the state after, only an answer beyond the lag counts."""
        for query in by_code(code).behaviour.outcome_queries:
            if query.ask and (query.none == "executed" or code in ("2402", "2405", "2403")):
                assert query.after_lag, code

    @pytest.mark.parametrize(("named", "change"), CHANGES)
    def test_what_does_not_exist_is_named(
        self, tmp_path: Path, named: str, change: Callable[[Any], object]
    ) -> None:
        root = tmp_path / "catalogue"
        shutil.copytree(data_root(), root)
        file = root / "interfaces/2_service/2207_outpatient_settlement.json"
        document = json.loads(file.read_text(encoding="utf-8"))
        change(document["x-mi"]["outcomeQueries"][0])
        file.write_text(json.dumps(document), encoding="utf-8")
        found = [p for p in reference_problems(load_catalog(root)) if "outcomeQueries" in p.pointer]
        assert found and any(named in p.en for p in found)


class TestSources:
    def test_times_and_constants(self) -> None:
        content = {
            "mdtrtinfo": {"psn_no": "P", "begntime": "2026-11-20 08:30:00", "med_type": "2101", "ipt_no": "Z"}
        }
        (first,) = questions_of(asked("2401").ask, case("2401", content))
        assert first == {"data": {
            "psn_no": "P", "begntime": dt.datetime(2026, 11, 19), "endtime": dt.datetime(2026, 11, 21, 23, 59, 59),
        }}  # fmt: skip

    def test_several_values_are_asked_one_after_the_other(self) -> None:
        opened = Opened({"data": {"begntime": "2026-11-20 08:30:00"}}, {})
        which = {"data": {"psn_no": "P", "mdtrt_id": "M", "ipt_otp_no": "O"}}
        found = questions_of(asked("2202").ask, case("2202", which, opened=opened))
        assert len(found) == len({q["data"]["med_type"] for q in found}) > 10
        assert {q["data"]["endtime"] for q in found} == {dt.datetime(2026, 11, 22, 23, 59, 59)}

    def test_without_a_value_there_is_no_question(self) -> None:
        which = {"data": {"psn_no": "P", "mdtrt_id": "M", "ipt_otp_no": "O"}}
        assert questions_of(asked("2202").ask, case("2202", which)) == []

    def test_the_day_of_the_message_is_the_day_in_china(self) -> None:
        sent = {"n_input": {"ssn": "S", "fixmedins_code": "F", "dscg_date": "2026-11-21"}}
        (question,) = questions_of(asked("2166", 1).ask, case("2166", sent))
        assert question["n_input"]["end_date"] == dt.date(2026, 11, 22)

    def test_only_for_calls_like_it(self) -> None:
        cash = case("6203", {"data": {"payOrdId": "1", "refdType": "CASH"}})
        whole = case("6203", {"data": {"payOrdId": "1", "refdType": "ALL"}})
        assert (applies(asked("6203"), cash), applies(asked("6203"), whole)) == (False, True)

    def test_what_the_order_s_reply_gave(self) -> None:
        opened = Opened(
            {"data": {"orgCodg": "H1", "idNo": "I", "userName": "N", "idType": "01"}},
            {"data": {"payToken": "T"}},
        )
        (question,) = questions_of(
            asked("6203").ask, case("6203", {"data": {"payOrdId": "1"}}, opened=opened)
        )
        assert question["data"] == {
            "payOrdId": "1", "orgCodg": "H1", "payToken": "T", "idNo": "I", "userName": "N", "idType": "01",
        }  # fmt: skip

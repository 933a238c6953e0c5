"""How answers are read, also for the interfaces whose queries the sandbox only invents answers for."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from mi_core.interfaces import by_code
from mi_core.recovery.adopting import adopted, identifier_of, missing_of
from mi_core.recovery.answers import CONTRADICTION, Seen, read
from mi_core.recovery.asked import Answer, Asked, Silence, answered_at
from mi_core.recovery.case import Opened
from mi_core.types import CHINA_TIME
from mi_core.wire import decode_output
from mi_core.wire.envelope import read_reply
from tests.recovery.cases import MSGID, asked, case

SETTLED = {"data": {"psn_no": "P", "mdtrt_id": "M", "medfee_sumamt": Decimal("60.0"), "chrg_bchno": "B"}}
ROW = {
    "medins_setl_id": MSGID, "setl_id": "S1", "psn_no": "P", "mdtrt_id": "M", "medfee_sumamt": Decimal("60.00"),
    "refd_setl_flag": "0", "psn_pay": Decimal("1.10"), "cash_payamt": Decimal("1.1"),
}  # fmt: skip


class TestSettlementRows:
    def see(self, output: Any) -> Seen:
        content = json.loads(json.dumps(SETTLED, default=float))
        return read(asked("2207"), case("2207", content), output)

    @pytest.mark.parametrize(
        ("output", "means"),
        [
            ({"setlinfo": ROW}, "found"),
            ({"setlinfo": [ROW | {"medins_setl_id": "other"}, ROW]}, "found"),
            ({"setlinfo": [ROW, ROW]}, "found"),
            ({"setlinfo": ROW | {"refd_setl_flag": "1"}}, "refunded"),
            ({"setlinfo": ROW | {"refd_setl_flag": "7"}}, "unknown"),
            ({"setlinfo": ROW | {"refd_setl_flag": None}}, "unknown"),
            ({"setlinfo": ROW | {"setl_id": ""}}, "unidentified"),
            ({"setlinfo": ROW | {"medins_setl_id": "other"}}, "absent"),
            ({"setlinfo": []}, "absent"),
            ({"setlinfo": None}, "absent"),
            ({"setlinfo": {}}, "absent"),
            ({"setlinfo": ROW | {"medins_setl_id": None}}, "unknown"),
            ({"setlinfo": "x"}, "unknown"),
            ({"other": 1}, "unknown"),
            ({}, "unknown"),
            (None, "unknown"),
            ([], "unknown"),
            ({"setlinfo": ROW | {"psn_no": "another"}}, CONTRADICTION),
            ({"setlinfo": ROW | {"mdtrt_id": "another"}}, CONTRADICTION),
            ({"setlinfo": ROW | {"medfee_sumamt": "60.01"}}, CONTRADICTION),
            ({"setlinfo": ROW | {"medfee_sumamt": "sixty"}}, CONTRADICTION),
            ({"setlinfo": [ROW, ROW | {"setl_id": "S2"}]}, CONTRADICTION),
        ],
    )
    def test_what_it_says(self, output: Any, means: str) -> None:
        assert self.see(output).means == means

    def test_amounts_are_amounts(self) -> None:
        assert self.see({"setlinfo": ROW | {"medfee_sumamt": "60"}}).means == "found"

    def test_the_adopted_reply_is_one_of_the_interface(self) -> None:
        output = {
            "setlinfo": ROW,
            "setldetail": [{"fund_pay_type": "310100", "fund_payamt": Decimal("2.50")}],
        }
        seen, query = self.see(output), asked("2207")
        body = adopted(query, seen, output)
        reply, problems = decode_output(by_code("2207"), read_reply(body, strict=True), strict=True)
        info: Any = reply
        assert info.setlinfo.setl_id == identifier_of(query, seen) == "S1"
        assert (info.setlinfo.psn_part_amt, info.setlinfo.psn_cash_pay) == (Decimal("1.10"), Decimal("1.1"))
        assert info.setldetail[0].fund_payamt == Decimal("2.50")
        assert missing_of(query, seen) == query.missing
        assert b'"psn_part_amt":1.10' in body and not any(p.severity == "error" for p in problems)

    def test_details_of_several_belong_to_nobody(self) -> None:
        output = {"setlinfo": [ROW, ROW | {"medins_setl_id": "x", "setl_id": "2"}], "setldetail": [{}]}
        seen = self.see(output)
        assert b"setldetail" not in adopted(asked("2207"), seen, output)
        assert missing_of(asked("2207"), seen)[-1] == "setldetail"


class TestOtherRows:
    def test_a_cancel_by_the_flag(self) -> None:
        """2208: person and refund flag of what it cancels."""
        sent = {"data": {"setl_id": "S1", "mdtrt_id": "M", "psn_no": "P"}}
        query = asked("2208", 1)
        for flag, means in (("1", "found"), ("0", "absent"), ("", "unknown")):
            assert (
                read(query, case("2208", sent), {"setlinfo": ROW | {"refd_setl_flag": flag}}).means == means
            )
        other = {"setlinfo": ROW | {"refd_setl_flag": "1", "psn_no": "another"}}
        assert read(query, case("2208", sent), other).means == CONTRADICTION
        assert read(query, case("2208", sent), {"setlinfo": []}).means == "unknown"

    def test_filings(self) -> None:
        """Their queries show no number: executed, but a person has to get it."""
        sent = {"data": {"psn_no": "P", "opsp_dise_code": "M1", "begndate": "2026-11-01"}}
        rows = {"feedetail": [{"opsp_dise_code": "M1", "begndate": "2026-11-01 00:00:00"}]}
        assert read(asked("2503"), case("2503", sent), rows).means == "unidentified"
        assert read(asked("2503"), case("2503", sent), {"feedetail": []}).means == "absent"
        opened = Opened(sent, {})
        cancel = case("2504", {"data": {"psn_no": "P", "trt_dcla_detl_sn": "T"}}, opened=opened)
        assert read(asked("2504"), cancel, rows).means == "absent"
        assert read(asked("2504"), cancel, {"feedetail": []}).means == "executed"

    def test_stays(self) -> None:
        sent = {"dscginfo": {"mdtrt_id": "M", "psn_no": "P"}}
        for there, means in (("0", "found"), ("1", "absent"), (None, "unknown")):
            row = {"mdtrtinfo": [{"mdtrt_id": "M", "inhosp_stas": there}]}
            assert read(asked("2402"), case("2402", sent), row).means == means
            back = read(asked("2405"), case("2405", {"data": sent["dscginfo"]}), row)
            assert back.means == {"found": "absent", "absent": "found"}.get(means, means)
        assert read(asked("2402"), case("2402", sent), {"mdtrtinfo": []}).means == "nothing"
        assert read(asked("2402", 1), case("2402", sent), {"data": []}).means == "executed"

    def test_orders_of_the_payment_centre(self) -> None:
        sent = case("6202", {"data": {"payOrdId": "1"}})
        said = {
            status: read(asked("6202"), sent, {"data": {"payOrdId": "1", "ordStas": status}}).means
            for status in ("0", "1", "2", "6", "7", "12", "14", "15")
        }
        assert said == {
            "0": "absent", "1": "absent", "2": "unknown", "6": "found", "7": "refunded", "12": "refunded", "14": "unknown",
            "15": "absent",
        }  # fmt: skip

    def test_an_order_that_an_earlier_call_made(self) -> None:
        """2166 has no number of ours in the list: what others gave is not taken for it."""
        sent = {
            "n_input": {
                "psn_name": "N",
                "medfee_sumamt": 20,
                "fixmedins_code": "F",
                "dscg_date": "2026-11-21",
            }
        }
        row = sent["n_input"] | {"mdtrt_regno": "R1"}
        query = asked("2166")
        assert read(query, case("2166", sent), {"n_output": [row]}).means == "found"
        known = case("2166", sent, known=frozenset({"R1"}))
        assert read(query, known, {"n_output": [row]}).means == "absent"
        assert read(query, known, {"n_output": [row, row | {"mdtrt_regno": "R2"}]}).means == "found"


class TestTogether:
    def together(self, *means: str, silent: str = "", own: bool = False) -> Any:
        said = Asked()
        for one in means:
            row = {"a": 1} if own or one in ("found", "refunded", CONTRADICTION) else None
            said.add(asked("2404"), Seen(one, row), Answer(5, b"{}"))
        return said.finding(silent)

    @pytest.mark.parametrize(
        ("means", "sight"),
        [
            (("absent", "absent"), "absent"), (("executed", "executed"), "found"), (("executed", "absent"), "unknown"),
            (("nothing", "executed"), "found"), (("nothing", "nothing"), "unknown"), (("executed", "unknown"), "unknown"),
            (("absent", "unknown"), "unknown"), (("absent", "found"), "found"), (("executed", CONTRADICTION), "contradiction"),
        ],
    )  # fmt: skip
    def test_without_a_row_of_its_own_all_must_agree(self, means: tuple[str, ...], sight: str) -> None:
        assert self.together(*means).sight.value == sight

    def test_who_was_silent_might_have_known(self) -> None:
        assert isinstance(self.together("absent", silent="timeout"), Silence)
        assert isinstance(self.together("executed", silent="timeout"), Silence)
        assert self.together("found", silent="timeout").sight.value == "found"
        assert isinstance(Asked().finding("timeout"), Silence)

    def test_an_own_row_outweighs_absence_elsewhere(self) -> None:
        said = Asked()
        said.add(asked("2404"), Seen("executed"), Answer(9, b"{}"))
        said.add(asked("2404", 1), Seen("absent", {"mdtrt_id": "M"}), Answer(5, b"{}"))
        found = said.finding("")
        assert not isinstance(found, Silence)
        assert found.sight.value == "absent" and found.asked_at == 5


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        (b'{"refmsg_time":"20261121233000123","respond_time":"20261121233001000"}', "2026-11-21 23:30:00.123"),
        (b'{"respond_time":"2026-11-21 23:30:01"}', "2026-11-21 23:30:01"),
        (b'{"respond_time":"soon"}', None), (b"{}", None), (b"<html>", None), (None, None), (b"[1]", None),
    ],
)  # fmt: skip
def test_the_centre_s_own_clock(raw: bytes | None, at: str | None) -> None:
    expected = (
        None if at is None else dt.datetime.fromisoformat(at).replace(tzinfo=CHINA_TIME).timestamp() * 1000
    )
    assert answered_at(raw) == (None if expected is None else round(expected))

"""What the library asks by itself, at an institution whose region words it otherwise: 9001, 5203, 2601, 3201, 3202."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from mi_core import NotSent, OutcomeUnknown
from mi_core.config import RecoverySettings
from mi_core.journal import AttemptState
from mi_core.recovery import Recovery, Tempo
from mi_core.types import CHINA_TIME
from mi_plugins.regions.guangzhou import interfaces as guangzhou
from tests.core.calls import PSN
from tests.plugins.bad_server import bad_server
from tests.regions_runtime.kit import Bureau, Refused, Silent, guangzhou_settlement, hospital, settled

KNOWN = RecoverySettings(
    acceptance=0, processing=0, replica_lag=0, likely_refused=0, query_without_setl_id=True
)
FAST = Tempo(first=0.02, longest=0.2, reversal=0.02, idle=0.02, recon=0.05, reversals_per_second=100)


def silent(_: dict[str, Any]) -> Any:
    raise Silent


def refused(_: dict[str, Any]) -> Any:
    raise Refused("暂停服务")


def recovery(mi: Any, known: RecoverySettings = KNOWN) -> Recovery:
    code, one = next(iter(mi.config.institutions.items()))
    config = attrs.evolve(mi.config, institutions={code: attrs.evolve(one, recovery=known)})
    return Recovery(mi.journal, config, mi._call, tempo=FAST)


class TestSignIn:
    SETTINGS: dict[str, Any] = {"sign_in": True, "sign_in_userid": "u1", "sign_in_password": "test-pw"}  # noqa: RUF012  # read only

    @staticmethod
    def bureau() -> Bureau:
        number = {"result": {"sign_time": "2026-01-01 08:00:00", "sign_no": "SIGN-1"}}
        return Bureau({"9001": lambda _: number, "2207": settled})

    async def test_its_number_stands_in_another_node_and_it_wants_an_account(self) -> None:
        bureau = self.bureau()
        async with (
            bad_server(bureau) as server,
            hospital(server.url, "guangzhou", institution=self.SETTINGS) as mi,
        ):
            await mi.call(guangzhou_settlement())
            assert "test-pw" not in repr(mi.config)
        (sign_in,) = bureau.inputs("9001")
        row = sign_in["data"]
        assert (row["opter_no"], row["userid"], row["password"]) == ("001", "u1", "test-pw")
        assert row["mac"] and row["ip"]
        now = dt.datetime.now(CHINA_TIME).replace(tzinfo=None)
        assert abs(dt.datetime.fromisoformat(row["currenttime"]) - now) < dt.timedelta(minutes=5)
        assert bureau.asked[-1]["sign_no"] == "SIGN-1"

    async def test_without_the_account_nothing_is_sent_and_the_field_is_named(self) -> None:
        bureau = self.bureau()
        async with (
            bad_server(bureau) as server,
            hospital(server.url, "guangzhou", institution={"sign_in": True}) as mi,
        ):
            with pytest.raises(NotSent) as unsent:
                await mi.call(guangzhou_settlement())
        assert "userid" in str(unsent.value.__cause__)
        assert bureau.asked == []


class TestLostSettlement:
    @staticmethod
    def found(bureau: Bureau) -> Any:
        """5203 as Guangzhou answers it, about the settlement that was lost."""

        def answer(_: dict[str, Any]) -> Any:
            lost = next(m for m in bureau.asked if m["infno"] == "2207")
            row = settled(lost)["setlinfo"]
            row |= {"refd_setl_flag": "0", "psn_pay": row.pop("psn_part_amt"), "cash_payamt": row.pop("psn_cash_pay"),
                    "emp_name": "示例单位"}  # fmt: skip
            return {"setlinfo": row, "setldetail": []}

        return answer

    async def test_5203_finds_it_and_the_stored_reply_is_the_regions(self) -> None:
        bureau = Bureau({"2207": silent})
        bureau.answers["5203"] = self.found(bureau)
        async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
            with pytest.raises(OutcomeUnknown) as lost:
                await mi.call(guangzhou_settlement())
            assert lost.value.operation_id is not None
            await recovery(mi).settle(lost.value.operation_id, timeout=20)
            again = await mi.call(guangzhou_settlement())
        (asked,) = bureau.inputs("5203")[:1]
        assert asked == {"data": {"psn_no": PSN, "setl_id": "", "mdtrt_id": "V1"}}
        assert type(again) is guangzhou.OutpatientSettlementResponse
        assert (again.meta.repeated, again.meta.source, again.setlinfo.setl_id) == (True, "query", "S1")
        assert again.setlinfo.psn_part_amt == Decimal("28.50")
        assert len(bureau.inputs("2207")) == 1

    async def test_2601_is_flat(self) -> None:
        bureau = Bureau({"2207": silent, "2601": lambda _: None})
        known = attrs.evolve(KNOWN, query_without_setl_id=False, reverse_unknown=True, questions=1)
        bureau.answers["9101"] = refused
        async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
            with pytest.raises(OutcomeUnknown) as lost:
                await mi.call(guangzhou_settlement())
            operation, msgid = lost.value.operation_id, lost.value.msgid
            assert operation is not None and msgid is not None
            await recovery(mi, known).settle(operation, timeout=30)
            (reversal,) = mi.journal.read.reversals(msgid)
        assert reversal.state is AttemptState.CONFIRMED
        assert bureau.inputs("2601")[0] == {"psn_no": PSN, "omsgid": msgid, "oinfno": "2207"}


class TestTheDay:
    async def test_3201_is_flat_and_has_its_own_codes(self) -> None:
        def even(_: dict[str, Any]) -> Any:
            return {"stmtinfo": {"clr_optins": "440100", "stmt_rslt": "0", "stmt_rslt_dscr": "平"}}

        today = dt.datetime.now(CHINA_TIME)

        def answer(message: dict[str, Any]) -> Any:
            more = {
                "insutype": "310",
                "clr_type": "11",
                "clr_optins": "440100",
                "setl_time": f"{today:%Y-%m-%d} 00:00:01",
            }
            return settled(message, **more)

        bureau = Bureau({"2207": answer, "3201": even})
        async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
            await mi.call(guangzhou_settlement())
            report = await mi.reconcile(today.date())
        (ours,) = [one for one in bureau.inputs("3201") if one["fixmedins_setl_cnt"] == 1]
        assert (ours["clr_optins"], ours["setl_optins"], ours["insutype"]) == ("440100", "440100", "310")
        assert (ours["medfee_sumamt"], ours["cash_payamt"], ours["acct_pay"]) == (
            Decimal("128.5"),
            20,
            Decimal("8.5"),
        )
        assert {one.verdict for one in report.groups} == {"even"} and report.groups

    async def test_3202_travels_with_its_files(self) -> None:
        def uneven(_: dict[str, Any]) -> Any:
            return {"stmtinfo": {"stmt_rslt": "1", "stmt_rslt_dscr": "不平"}}

        today = dt.datetime.now(CHINA_TIME)

        def answer(message: dict[str, Any]) -> Any:
            more = {
                "insutype": "310",
                "clr_type": "11",
                "clr_optins": "440100",
                "setl_time": f"{today:%Y-%m-%d} 00:00:01",
            }
            return settled(message, **more)

        bureau = Bureau({
            "2207": answer, "3201": uneven, "9101": lambda _: {"file_qury_no": "F1", "filename": "a.zip", "fixmedins_code": "H"},
            "3202": lambda _: {"fileinfo": {}},
        })  # fmt: skip
        async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
            await mi.call(guangzhou_settlement())
            report = await mi.reconcile(today.date())
        asked = bureau.inputs("3202")
        assert asked and asked[0]["clr_optins"] == "440100" and "data" not in asked[0]
        assert asked[0]["file_qury_no"] == "F1"
        assert bureau.inputs("9101")[0]["fsUploadIn"].keys() == {"filename", "fixmedins_code"}
        assert "3202" in "".join(report.failures.values())

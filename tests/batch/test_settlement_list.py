"""A stay is settled at the sandbox; its settlement list is built from the log, completed by the hospital, and uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient, InvalidInput
from mi_core.interfaces import by_code
from mi_core.uploads import StayMessages, settled_stay, settlement_list_from
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from tests.sandbox.hospital import Hospital
from tests.sandbox.wards import Stay


async def test_from_admission_to_the_uploaded_list(tmp_path: Path) -> None:
    settings = Settings(crowd=0)
    stay = Stay(Hospital(None, "", ""))  # type: ignore[arg-type]  # messages only: the client sends them
    async with TestServer(create_app(settings)) as server:
        path = tmp_path / "mi.toml"
        path.write_text(config_toml(str(server.make_url("")).rstrip("/"), settings), encoding="utf-8")
        path.chmod(0o600)
        async with AsyncClient.from_config(path, store__operation_log="memory", journal__path="memory") as mi:

            async def call(infno: str, content: Any, **more: Any) -> Any:
                request = by_code(infno).request.from_dict(content)
                return await mi.call(request, insuplc_admdvs="990101", **more)

            stay.mdtrt_id = (await call("2401", stay.admission())).result.mdtrt_id
            await call("2301", {"feedetail": [stay.fee(1, "500.00")]})
            await call("2402", stay.leaving())
            settled = await call("2304", stay.claim("500.00"), operation_key="stay-1")
            messages = await settled_stay(mi, stay.mdtrt_id)
            draft = settlement_list_from(messages)
            head = draft.data["setlinfo"]
            assert (head["setl_id"], head["psn_no"], head["mdtrt_id"]) == (
                settled.setlinfo.setl_id, settled.setlinfo.psn_no, stay.mdtrt_id,
            )  # fmt: skip
            left = stay.leaving()["dscginfo"]
            assert head["dscg_time"] == left["endtime"] and draft.sources["dscg_time"] == "discharge"
            assert head["adm_time"] == stay.admission()["mdtrtinfo"]["begntime"]
            assert head["setl_end_date"] == left["endtime"][:10]
            paid = sum(row["fund_payamt"] for row in draft.data["payinfo"])
            assert paid == settled.setlinfo.fund_pay_sumamt

            missing = {(p.path, p.label) for p in draft.missing}
            assert ("/setlinfo/bill_no", "票据号码") in missing and (
                "/setlinfo/medins_fill_psn",
                "医疗机构填报人",
            ) in missing
            assert ("/diseinfo/0/adm_cond_type", "入院病情类型") in missing
            with pytest.raises(InvalidInput, match="票据代码"):
                draft.request()
            full = draft.with_(
                ntly="156", prfs="90", dscg_caty="A03", bill_code="0101", bill_no="0001", biz_sn="S1", medins_fill_dept="医保科",
                medins_fill_psn="张三",
            ).with_rows("diseinfo", adm_cond_type="1")  # fmt: skip
            if "coner_name" in head:
                full = full.with_(patn_rlts="9", coner_addr="本市", coner_tel="13000000000")
            assert [p.message() for p in full.missing] == []
            reply = await mi.call(full.request())
            assert reply.data.setl_list_id


def test_messages_of_two_stays_make_no_list() -> None:
    settlement = {"setlinfo": {"psn_no": "P1", "mdtrt_id": "M1", "setl_id": "S1"}, "setldetail": []}
    with pytest.raises(InvalidInput, match="不是同一次住院的"):
        settlement_list_from(
            StayMessages(settlement=settlement, discharge={"dscginfo": {"psn_no": "P2", "mdtrt_id": "M1"}})
        )


def test_a_settlement_within_the_stay_has_its_own_days() -> None:
    settlement = {"setlinfo": {"psn_no": "P1", "mdtrt_id": "M1", "setl_id": "S1"}}
    admission = {"mdtrtinfo": {"psn_no": "P1", "begntime": "2026-11-01 08:00:00"}}
    whole = settlement_list_from(StayMessages(settlement=settlement, admission=admission))
    part = settlement_list_from(StayMessages(settlement=settlement, admission=admission, mid_stay=True))
    assert whole.data["setlinfo"]["setl_begn_date"] == "2026-11-01"
    assert "setl_begn_date" not in part.data["setlinfo"] and ("medcasno", "病案号") in part.open

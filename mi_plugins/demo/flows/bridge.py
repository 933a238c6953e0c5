"""A HIS that speaks SQL only: every call by the procedure, every result from the view, an answer lost on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

from mi_core.errors import MiError
from mi_core.worker import BridgeClient, Queue, Worker
from mi_core.worker.connecting import address_of, connected
from mi_core.worker.scripts import install
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity
from mi_plugins.demo.private_server import running_mariadb
from mi_plugins.sandbox.persons import DOCUMENTED

__all__ = ["run"]

PRICES = ("18.60", "52.35", "620.00")
PATIENCE = 60.0
_QUOTED = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")


class His:
    """One session of the HIS, and what it knows: SQL."""

    def __init__(self, connection: Any, postgresql: bool, area: str) -> None:
        self._connection, self._postgresql, self._options = (
            connection,
            postgresql,
            json.dumps({"insuplc_admdvs": area}),
        )

    async def _rows(self, sql: str, *values: Any) -> Any:
        found = await self._connection.exec_driver_sql(sql, values)
        rows = found.mappings().all() if found.returns_rows else []
        await self._connection.commit()
        return rows

    async def submit(self, code: str, data: Any) -> int:
        """The procedure; returns the request's number."""
        text = json.dumps(data, ensure_ascii=False, default=str)
        if self._postgresql:
            rows = await self._rows(
                "SELECT sp_medical_insurance_call($1, $2, 5, $3) AS result_id", code, text, self._options
            )
        else:
            await self._rows(
                "CALL sp_medical_insurance_request(%s, %s, 5, %s, @result_id)", code, text, self._options
            )
            rows = await self._rows("SELECT @result_id AS result_id")
        return int(rows[0]["result_id"])

    async def read(self, number: int) -> Any:
        """The view's row now."""
        sql = (
            f"SELECT * FROM v_medical_insurance_result WHERE result_id = {'$1' if self._postgresql else '%s'}"  # noqa: S608  # a constant
        )
        return (await self._rows(sql, number))[0]

    async def wait(self, number: int, seen: set[str]) -> Any:
        """Poll; ``seen`` collects the statuses on the way."""
        for _ in range(int(PATIENCE / 0.05)):
            row = await self.read(number)
            if row["result_status"] not in ("PROCESSING", "IN_DOUBT"):
                break
            seen.add(row["result_status"])
            await asyncio.sleep(0.05)
        if row["result_status"] != "SUCCESS":
            raise MiError(
                f"请求 {number}：{row['result_status']} {row['err_msg']}", f"request {number}: {row['result_status']} {row['err_msg']}"
            )  # fmt: skip
        return row

    async def call(self, code: str, data: Any, seen: set[str] | None = None) -> Any:
        """Submit and wait; the reply with exact amounts."""
        row = await self.wait(await self.submit(code, data), set() if seen is None else seen)
        return json.loads(row["response_data"], parse_float=Decimal)

    async def monitor(self) -> Any:
        """The monitor view's row of 2207."""
        return (await self._rows("SELECT * FROM v_medical_insurance_monitor WHERE interface_code = '2207'"))[
            0
        ]


@contextlib.asynccontextmanager
async def _working(config: Any) -> AsyncIterator[None]:
    """``mi worker``, in this process."""
    stop = asyncio.Event()
    async with Queue.at(address_of(config.bridge.database)) as queue, BridgeClient(config) as client:
        task = asyncio.create_task(Worker(client, queue, config.bridge).run(stop))
        try:
            yield
        finally:
            stop.set()
            await task


async def run(stage: Stage) -> FlowReport:
    """With the database of ``--database``, else with a MariaDB of its own."""
    if stage.database:
        return await _story(stage, stage.database)
    (stage.folder / "mariadb").mkdir()
    with running_mariadb(stage.folder / "mariadb") as url:
        return await _story(stage, url)


async def _story(stage: Stage, url: str) -> FlowReport:
    config = stage.client(more=f'\n[bridge]\ndatabase = "{url}"\n').config
    address = address_of(url)
    async with connected(address) as owner:
        server = await install(owner)
    stage.tell(
        "mi bridge install",
        "建立表、存储过程、视图",
        "tables, procedures, views",
        数据库__server=f"{server.name}",
    )
    area = DOCUMENTED[0].insurances[0].area
    async with connected(address) as session, _working(config):
        return await _visit(stage, His(session, address.postgresql, area))


async def _visit(stage: Stage, his: His) -> FlowReport:
    person, now, batch = DOCUMENTED[0], stage.now, f"B{stage.now:%y%m%d%H%M%S}"
    insured = person.insurances[0]
    card = {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": person.certno, "psn_cert_type": "01", "certno": person.certno, "psn_no": person.psn_no,
    }  # fmt: skip
    who = {"psn_type": insured.psn_type, "psn_name": person.name}
    opened = await his.call("2201", {"data": card | who | {
        "insutype": insured.insutype, "begntime": now, "ipt_otp_no": f"BRIDGE{now:%y%m%d%H%M%S}", "atddr_no": "D43000000001",
        "dr_name": "沙箱医师", "dept_code": "0301", "dept_name": "心血管内科", "caty": "A03.04",
    }})  # fmt: skip
    visit = opened["output"]["data"]["mdtrt_id"]
    stage.tell("CALL sp_medical_insurance_… '2201'", "登记", "registered", 就诊ID__visit=visit)
    await his.call("2203", {
        "mdtrtinfo": {"mdtrt_id": visit, "psn_no": person.psn_no, "med_type": "11", "begntime": now,
                      "dise_codg": "I10.x00x002", "dise_name": "高血压"},
        "diseinfo": [{"diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "0301",
                      "dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师", "diag_time": now, "vali_flag": "1"}],
    })  # fmt: skip
    charged = sum(map(Decimal, PRICES), Decimal("0.00"))
    await his.call("2204", {"feedetail": [{
        "feedetl_sn": f"{now:%y%m%d%H%M%S}{n:03d}", "mdtrt_id": visit, "psn_no": person.psn_no, "chrg_bchno": batch,
        "rx_circ_flag": "0", "fee_ocur_time": now, "med_list_codg": f"SBX-{'A' if n == 1 else 'B'}-000{max(n - 1, 1)}",
        "medins_list_codg": f"H-{n}", "det_item_fee_sumamt": price, "cnt": "1", "pric": price, "bilg_dept_codg": "0301",
        "bilg_dept_name": "心血管内科", "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师", "hosp_appr_flag": "1",
    } for n, price in enumerate(PRICES, 1)]})  # fmt: skip
    stage.tell("2203, 2204", "诊断与收费", "diagnosed, charged", {("合计", "sum"): charged})
    bill = card | {
        "med_type": "11", "medfee_sumamt": charged, "mdtrt_id": visit, "psn_setlway": "01", "chrg_bchno": batch,
        "insutype": insured.insutype, "acct_used_flag": "1",
    }  # fmt: skip
    quote = (await his.call("2206", {"data": bill | who}))["output"]["setlinfo"]
    stage.tell("2206", "预结算", "quoted", _amounts(quote))
    bill |= {name: quote[name] for name in _QUOTED}
    await stage.fault("2207", "drop_after")
    seen: set[str] = set()
    settled = await his.call("2207", {"data": bill}, seen)
    s = settled["output"]["setlinfo"]
    stage.tell(
        "2207", "结算（答复丢失）", "settled (its answer was lost)", _amounts(s),
        状态__statuses=" → ".join([*sorted(seen, reverse=True), "SUCCESS"]), 结算ID__settlement=s["setl_id"],
    )  # fmt: skip
    again = await his.call("2207", {"data": bill})
    stage.tell(
        "2207",
        "同一单再提交",
        "the same bill again",
        _amounts(again["output"]["setlinfo"]),
        未再发送__repeated="✓" if again["repeated"] else "✗",
    )
    ledger = await stage.control(f"ledger?mdtrt_id={visit}&infno=2207")
    refund = (
        await his.call(
            "2208", {"data": {"setl_id": s["setl_id"], "mdtrt_id": visit, "psn_no": person.psn_no}}
        )
    )["output"]["setlinfo"]
    stage.tell(
        "2208",
        "退费",
        "refunded",
        {
            ("总额", "total"): Decimal(refund["medfee_sumamt"]),
            ("基金", "fund"): Decimal(refund["fund_pay_sumamt"]),
        },
    )
    monitor = await his.monitor()
    zero = Decimal("0.00")
    return stage.report(
        Identity("上传合计 = 结算总额", "uploaded = settled", charged, Decimal(s["medfee_sumamt"])),
        Identity("预结算 = 结算（基金）", "quote = settlement (fund)", Decimal(quote["fund_pay_sumamt"]), Decimal(s["fund_pay_sumamt"])),
        Identity("个人 = 账户 + 现金", "person = account + cash", Decimal(quote["psn_part_amt"]),
                 Decimal(quote["acct_pay"]) + Decimal(quote["psn_cash_pay"])),
        Identity("答复丢失时视图显示 IN_DOUBT", "the view said IN_DOUBT", Decimal("IN_DOUBT" in seen), Decimal(1)),
        Identity("两次提交，中心只执行一次", "submitted twice, executed once", Decimal(len(ledger["executions"])), Decimal(1)),
        Identity("监控视图：两次成功", "the monitor counts two successes", Decimal(monitor["success_count"]), Decimal(2)),
        Identity("结算 + 退费 = 0（总额）", "settlement + refund = 0 (total)",
                 Decimal(s["medfee_sumamt"]) + Decimal(refund["medfee_sumamt"]), zero),
        Identity("结算 + 退费 = 0（基金）", "settlement + refund = 0 (fund)",
                 Decimal(s["fund_pay_sumamt"]) + Decimal(refund["fund_pay_sumamt"]), zero),
    )  # fmt: skip


def _amounts(info: Any) -> dict[tuple[str, str], Decimal | None]:
    names = {
        ("总额", "total"): "medfee_sumamt",
        ("基金", "fund"): "fund_pay_sumamt",
        ("个人", "person"): "psn_part_amt",
    }
    return {
        label: None if info.get(name) is None else Decimal(str(info[name])) for label, name in names.items()
    }

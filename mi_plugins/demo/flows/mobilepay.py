"""A bill paid by phone: an answer lost, the notification received, cash and insurance given back; another one withdrawn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mi_core.flows import MobilePayment, OrderState, Payer
from mi_plugins.demo.flows.centres import DOCTOR, acknowledged, centres, registered, told
from mi_plugins.demo.flows.outpatient import BASKET, zero
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity
from mi_plugins.sandbox.persons import DOCUMENTED

__all__ = ["run"]

FIELDS = {
    "deptName": "心血管内科", "caty": "A03.04", "feeType": "01", "acctUsedFlag": "1", "diseCodg": "I10.x00x002", "psnSetlway": "01",
    "extData": {"source": "demo"},
}  # fmt: skip


def shown(state: OrderState) -> dict[tuple[str, str], Decimal | None]:
    """The amounts that people look at."""
    return {
        ("总额", "total"): state.total, ("基金", "fund"): state.fund, ("账户", "account"): state.account, ("现金", "cash"): state.cash,
    }  # fmt: skip


async def run(stage: Stage) -> FlowReport:
    """The story, and its sums."""
    person, stamp = DOCUMENTED[0], f"{stage.now:%y%m%d%H%M%S}"
    payer = Payer(
        psn_no=person.psn_no, insutype="310", certno=person.certno, name=person.name, ec_token=person.token
    )
    diagnoses = [{
        "diagType": "1", "diagSrtNo": 1, "diagCode": "I10.x00x002", "diagName": "高血压", "diagDept": "0301",
        "diseDorNo": DOCTOR["atddr_no"], "diseDorName": DOCTOR["dr_name"], "diagTime": f"{stage.now}", "valiFlag": "1",
    }]  # fmt: skip
    async with stage.client(more=centres(stage)) as mi, told(stage, mi) as news:
        mdtrt_id = await registered(stage, mi, person, f"PAY{stamp}")
        known: dict[str, Any] = {
            "med_type": "11", "begntime": stage.now, "mdtrt_id": mdtrt_id, "iptOtpNo": f"PAY{stamp}", **FIELDS
        }  # fmt: skip
        payment = MobilePayment(mi, f"MO{stamp}", patience=30)
        number = await payment.upload(payer, _rows(stage, "1"), diagnoses, chrg_bchno="M1", **known)
        stage.tell("upload", "费用上传（6201）", "fees uploaded (6201)", 订单__order=number)
        await stage.fault("6202", "drop_after")
        paid = await payment.pay(payAuthNo="DEMO")
        stage.tell(
            "pay", "支付（6202，答复丢失，由 6301 查明）", "paid (6202, its answer was lost, 6301 told)", shown(paid),
            订单状态__ordStas=f"{paid.code} {paid.label}",
        )  # fmt: skip
        notice = OrderState.of((await news.of("6302")).request.to_dict()["data"])
        await payment.notified((await news.of("6302")).request)
        stage.tell("notified", "收到支付结果通知（6302）", "told by 6302", shown(notice))
        await stage.control("notices", {"infno": "6204", "subject": number})
        await news.of("6204")
        await stage.control("notices", {"infno": "6302", "subject": number})
        await acknowledged(stage)
        done = await payment.status()
        stage.tell(
            "status", "现金付清（6204 通知，6301 查询）", "the cash is paid (told by 6204, asked by 6301)",
            订单状态__ordStas=f"{done.code} {done.label}",
        )  # fmt: skip
        await stage.fault("6203", "drop_after")
        back = await payment.refund()
        end = await payment.status()
        stage.tell(
            "refund", "全部退费（6203，答复丢失，已查明）", "all given back (6203, its answer was lost)", shown(end),
            退费流水__refund=back.number, 订单状态__ordStas=f"{end.code} {end.label}",
        )  # fmt: skip
        other = MobilePayment(mi, f"MO{stamp}B", patience=30)
        await other.upload(payer, _rows(stage, "2"), diagnoses, chrg_bchno="M2", **known)
        await other.withdraw()
        withdrawn = await other.status()
        stage.tell(
            "withdraw", "另一单支付前撤销（6401）", "another one withdrawn before its payment (6401)",
            订单状态__ordStas=f"{withdrawn.code} {withdrawn.label}",
        )  # fmt: skip
        heard = sum(one.interface == "6302" for one in news.got)
    ledger = await stage.control(f"ledger?mdtrt_id={mdtrt_id}")
    total = sum((row["detItemFeeSumamt"] for row in _rows(stage, "1")), Decimal("0.00"))
    books = Decimal(sum(row["total"] for row in ledger["settlements"])).scaleb(-2)
    return stage.report(
        Identity("明细合计 = 订单总额", "rows = order", total, zero(paid.total)),
        Identity("总额 = 基金 + 账户 + 现金 + 医院", "total = fund + account + cash + hospital", zero(paid.total),
                 zero(paid.fund) + zero(paid.account) + zero(paid.cash) + _hospital(ledger)),
        Identity("通知（6302）= 支付（现金）", "told by 6302 = paid (cash)", zero(notice.cash), zero(paid.cash)),
        Identity("通知（6302）= 支付（基金）", "told by 6302 = paid (fund)", zero(notice.fund), zero(paid.fund)),
        Identity("重复的通知只处理一次", "a repeated notification is handled once", Decimal(heard), Decimal(1)),
        Identity("医保账上：支付 + 退费 = 0", "at the bureau: payment + refund = 0", books, Decimal("0.00")),
    )  # fmt: skip


def _hospital(ledger: Any) -> Decimal:
    """What the hospital bears itself of the settlement, in yuan: the centre's reply does not say it."""
    cents: int = next(row["hospital"] for row in ledger["settlements"] if row["kind"] == "settlement")
    return Decimal(cents).scaleb(-2)


def _rows(stage: Stage, batch: str) -> list[dict[str, Any]]:
    """The basket as rows of 6201."""
    return [
        {
            "feedetlSn": f"{stage.now:%y%m%d%H%M%S}{batch}{number:02d}", "rxCircFlag": "0", "feeOcurTime": stage.now, "medListCodg": code,
            "medinsListCodg": f"H-{code}", "detItemFeeSumamt": Decimal(count) * Decimal(price), "cnt": Decimal(count),
            "pric": Decimal(price), "bilgDeptCodg": "0301", "bilgDeptName": "心血管内科", "bilgDrCodg": DOCTOR["atddr_no"],
            "bilgDrName": DOCTOR["dr_name"], "hospApprFlag": "1",
        }
        for number, (code, count, price) in enumerate(BASKET, 1)
    ]  # fmt: skip

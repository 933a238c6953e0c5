"""An electronic prescription from the doctor to the pharmacy: an answer lost, two notifications, the drugs settled and taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mi_core import AsyncClient
from mi_core.flows import EPrescription, PharmacySale
from mi_plugins.demo.flows.centres import DOCTOR, centres, registered, told
from mi_plugins.demo.flows.outpatient import paid, patient_of, shown, zero
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity
from mi_plugins.sandbox.persons import DOCUMENTED, Person

__all__ = ["run"]

PHARMACY = "P43000000001"
DRUGS = (("SBX-A-0001", "阿莫西林胶囊", "2", "18.60"), ("SBX-B-0001", "阿托伐他汀钙片", "1", "52.35"))
"""Code, name, packs, price."""
FILE = b"%PDF-1.4 demo prescription"


async def run(stage: Stage) -> FlowReport:
    """The story, and its sums."""
    person, stamp = DOCUMENTED[0], f"{stage.now:%y%m%d%H%M%S}"
    async with (
        stage.client(more=centres(stage)) as mi,
        stage.client(PHARMACY) as shop,
        told(stage, mi) as news,
    ):
        mdtrt_id = await registered(stage, mi, person, f"RXV{stamp}")
        rx = EPrescription(mi, f"RX{stamp}")
        number = await rx.check(**_written(stage, person, mdtrt_id, f"RXV{stamp}"))
        stage.tell("check", "预核验（7101）", "checked (7101)", 处方__prescription=number)
        issued = await rx.issue(
            FILE, pharDeptName="药剂科", pharDeptCode="A70", pharCode="HY430000000001", pharName="沙箱药师", pharChkTime=stage.now
        )  # fmt: skip
        stage.tell(
            "issue", "签名、上传（7102、7103）", "signed and uploaded (7102, 7103)", 状态__state=issued.label
        )
        found = await _at_the_counter(stage, shop, person)
        await rx.notified((await news.of("7108")).request)
        asked = await rx.review()
        stage.tell(
            "review",
            "药师审核（7206 → 7108，7106）",
            "reviewed (7206, told by 7108, asked by 7106)",
            意见__opinion=str(asked["rxChkOpnn"]),
        )
        bought = await _settled(stage, shop, person, number)
        stage.tell(
            "settle",
            "药店医保结算（2102）",
            "settled at the pharmacy (2102)",
            shown(bought.amounts),
            结算ID__settlement=bought.setl_id,
        )
        taken = await rx.notified((await news.of("7109")).request)
        state = await rx.state()
        drugs = (await rx.taking())["seltdelts"]
        stage.tell(
            "taking", "取药结果（7109，7107）", "the drugs were taken (told by 7109, asked by 7107)", 药品__drugs=str(len(drugs)),
            使用状态__used="已使用" if state.used else "未使用",
        )  # fmt: skip
        other = EPrescription(mi, f"RX{stamp}B")
        await other.check(**_written(stage, person, mdtrt_id, f"RXV{stamp}"))
        await other.issue(
            FILE, pharDeptName="药剂科", pharDeptCode="A70", pharCode="HY430000000001", pharName="沙箱药师", pharChkTime=stage.now
        )  # fmt: skip
        revoked = await other.revoke(
            "演示撤销", at=stage.now, undoDrName=DOCTOR["dr_name"], undoDrCertType="01", undoDrCertno="990101198001010018"
        )  # fmt: skip
        stage.tell(
            "revoke", "另一张处方撤销（7104）", "another one revoked (7104)", 状态__state=revoked.label
        )
    written = {code: Decimal(count) for code, _, count, _ in DRUGS}
    total = sum((Decimal(count) * Decimal(price) for _, _, count, price in DRUGS), Decimal("0.00"))
    return stage.report(
        *(
            Identity(f"处方数量 = 取药数量（{row['medListCodg']}）", f"prescribed = taken ({row['medListCodg']})",
                     written[row["medListCodg"]], Decimal(row["cnt"]))
            for row in drugs
        ),
        Identity("通知（7109）= 查询（7107）：药品种数", "told by 7109 = asked by 7107: drugs",
                 Decimal(len(taken["seltdelts"])), Decimal(len(drugs))),
        Identity("药店取到的处方 = 开出的处方", "found at the counter = written", Decimal(found[-12:]), Decimal(number[-12:])),
        Identity("药品金额 = 结算总额", "drugs = settlement", total, zero(bought.amounts.medfee_sumamt)),
        paid(bought.amounts),
    )  # fmt: skip


def _written(stage: Stage, person: Person, mdtrt_id: str, otp_no: str) -> dict[str, Any]:
    """What the doctor's program gives: arguments of ``check``."""
    return {
        "visit": {
            "mdtrtId": mdtrt_id, "medType": "11", "iptOtpNo": otp_no, "psnNo": person.psn_no, "patnName": person.name, "psnCertType": "01",
            "certno": person.certno, "patnAge": Decimal("40.0"), "gend": "1", "prscDeptName": "心血管内科", "prscDeptCode": "0301",
            "drCode": DOCTOR["atddr_no"], "prscDrName": DOCTOR["dr_name"], "drProfttlCodg": "231", "drProfttlName": "主任医师",
            "drDeptCode": "0301", "drDeptName": "心血管内科", "mdtrtTime": stage.now, "spDiseFlag": "0", "maindiagCode": "I10.x00x002",
            "maindiagName": "高血压",
        },
        "drugs": [
            {
                "medListCodg": code, "rxItemTypeCode": "11", "drugGenname": name, "drugDosform": "口服常释", "drugSpec": "标准规格",
                "medcWayCodg": "1", "medcWayDscr": "口服", "medcBegntime": stage.now, "medcEndtime": stage.now, "medcDays": Decimal("3.00"),
                "sinDosunt": "mg", "sinDoscnt": Decimal("20.0000"), "usedFrquCodg": "11", "usedFrquName": "每日一次", "drugDosunt": "盒",
                "drugCnt": Decimal(count), "hospApprFlag": "0",
            }
            for code, name, count, _ in DRUGS
        ],
        "diagnoses": [{
            "diagType": "1", "maindiagFlag": "1", "diagSrtNo": 1, "diagCode": "I10.x00x002", "diagName": "高血压", "diagDept": "心血管内科",
            "diagDrNo": DOCTOR["atddr_no"], "diagDrName": DOCTOR["dr_name"], "diagTime": stage.now,
        }],
        "mdtrtCertType": "02", "mdtrtCertNo": person.certno, "bizTypeCode": "01", "rxTypeCode": "1", "prscTime": stage.now,
        "valiDays": 3, "rxCotnFlag": "0",
    }  # fmt: skip


async def _at_the_counter(stage: Stage, shop: AsyncClient, person: Person) -> str:
    """7201, 7204, 7205, 7206, 7207; returns the prescription's number."""
    who = {
        "fixmedinsCode": PHARMACY,
        "ipInfo": "127.0.0.1",
        "opter": "001",
        "opterName": "店员",
        "optinsNo": PHARMACY,
    }

    async def call(code: str, **fields: Any) -> dict[str, Any]:
        data: dict[str, Any] = (await shop.call_raw(code, {"data": fields}, insuplc_admdvs="990101"))["data"]
        return data

    found = await call(
        "7201", **who, psnName=person.name, psnCertType="01", certno=person.certno, ecToken=person.token
    )
    token = found["epcToken"]
    fetched = await call("7204", **who, epcToken=token, authRxno=found["authRxno"], devInfo="demo")
    number = str(fetched["hiRxno"])
    checked = await call(
        "7205", hiRxno=number, fixmedinsCode=PHARMACY, rxTraceCode=fetched["rxTraceCode"], rxFile=fetched["rxFile"], epcToken=token
    )  # fmt: skip
    review = await call(
        "7206", hiRxno=number, epcToken=token, ecToken="PHARMACIST", fixmedinsCode=PHARMACY, fixmedinsName="沙箱市平安药房",
        pharCertType="01", pharCertno="990101198001010018", pharName="沙箱店药师", pharCode="HY430000000009", rxChkOpnn="用药合理",
        rxChkStasCodg="1", rxChkTime=stage.now, rxSignVerifySn=checked["rxSignVerifySn"],
    )  # fmt: skip
    await call(
        "7207", hiRxno=number, fixmedinsCode=PHARMACY, fixmedinsName="沙箱市平安药房", rxChkBizSn=review["rxChkBizSn"],
        hiFeesetlFlag="1", rxSaleDrugDetl=[
            {
                "rtalDocno": f"LS{stage.now:%y%m%d%H%M%S}", "stooutTime": stage.now, "medListCodg": code, "medinsListCodg": f"P-{code}",
                "drugGenname": name, "drugSpec": "标准规格", "drugTotlcnt": Decimal(count), "drugTotlcntEmp": "盒",
            }
            for code, name, count, _ in DRUGS
        ],
    )  # fmt: skip
    return number


async def _settled(stage: Stage, shop: AsyncClient, person: Person, number: str) -> Any:
    """2101, 2102 with the prescription's number, its answer lost."""
    rows = [
        {
            "feedetl_sn": f"{place}", "rx_circ_flag": "1", "rxno": number, "fee_ocur_time": stage.now, "med_list_codg": code,
            "medins_list_codg": f"P-{code}", "det_item_fee_sumamt": Decimal(count) * Decimal(price), "cnt": Decimal(count),
            "pric": Decimal(price),
        }
        for place, (code, _, count, price) in enumerate(DRUGS, 1)
    ]  # fmt: skip
    sale = PharmacySale(shop, f"RXS{stage.now:%y%m%d%H%M%S}", patience=30)
    await sale.quote(patient_of(person), rows, acct_used_flag="1", begntime=stage.now)
    await stage.fault("2102", "drop_after")
    return await sale.settle()

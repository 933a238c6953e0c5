"""A hospital and a pharmacy that call the two centres of ``envelope-sm`` with code of the tests' own."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.check import compile_node
from mi_plugins.sandbox.profiles import envelope_sm, keys
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox import callers
from tests.sandbox.hospital import Hospital, Refused, Visit, china_now

PATHS: Final = {code: path for path, code in envelope_sm.PATHS.items()}
FILE: Final = base64.b64encode(b"%PDF-1.4 a prescription").decode()
RULES: Final = Rulebook()
NOT_YET: Final = {
    "6301": ("revsToken",), "6203": ("hiFefdSn", "hiTrnsDate", "hiTrnsTime"), "7205": ("rxSignVerifySn",),
}  # fmt: skip
"""Fields that come only when it is paid, when the insurance gives back, when the file is right."""
_numbers = itertools.count(1)
D = Decimal


class Centre:
    """Sends business objects in envelopes; what has no known path goes as a national message."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital

    async def call(self, infno: str, business: dict[str, Any]) -> dict[str, Any]:
        path = PATHS.get(infno)
        if path is None:
            output: dict[str, Any] = await self.hospital.call(infno, {"data": business})
            return valid(infno, output["data"])
        body = callers.compact(callers.envelope(business)).encode()
        status, reply = await self.hospital.post("", body, {}, f"/envelope-sm/{path}")
        assert status == 200, reply.decode()
        outer = json.loads(reply)
        if outer["code"] != 0:
            raise Refused(outer["message"])
        return valid(infno, unwrap(outer))


def valid(infno: str, business: dict[str, Any]) -> dict[str, Any]:
    """The reply is what its document says, but for what is not there yet."""
    findings: list[str] = []
    compile_node(RULES.rules(infno).spec.output, RULES.catalog.code_tables)({"data": business}, "", findings)
    absent = NOT_YET.get(infno, ())
    assert not [one for one in findings if not any(name in one for name in absent)], findings
    return business


def unwrap(outer: dict[str, Any]) -> dict[str, Any]:
    """The business object of a centre's message, its signature checked."""
    key = callers.envelope_key(envelope_sm.APP_ID, envelope_sm.APP_SECRET)
    plain = callers.un_sm4(key, bytes.fromhex(outer["encData"]))
    shown = callers.envelope_text(outer, json.loads(plain, parse_float=D))
    assert callers.sm2_verify(shown.encode(), base64.b64decode(outer["signData"]), keys.OWN_PUBLIC.point)
    found: dict[str, Any] = json.loads(plain, parse_float=D)
    return found


async def visit_at(hospital: Hospital, number: int = 0) -> Visit:
    return await (await Visit(hospital, number).register()).inform()


def drug(code: str = "SBX-A-0001", count: str = "2") -> dict[str, Any]:
    return {
        "medListCodg": code, "rxItemTypeCode": "11", "drugGenname": f"药{code}", "drugDosform": "胶囊剂", "drugSpec": "0.25g*24",
        "medcWayCodg": "1", "medcWayDscr": "口服", "medcBegntime": "2026-01-01 08:00:00", "medcEndtime": "2026-01-04 08:00:00",
        "medcDays": D("3.00"), "sinDosunt": "mg", "sinDoscnt": D("250.0000"), "usedFrquCodg": "13", "usedFrquName": "一日三次",
        "drugDosunt": "盒", "drugCnt": D(count), "hospApprFlag": "0",
    }  # fmt: skip


def prescription(visit: Visit, *drugs: dict[str, Any], days: int = 3, **more: Any) -> dict[str, Any]:
    """7101."""
    person, now = visit.person, china_now().replace(microsecond=0)
    rows = list(drugs) or [drug()]
    return {
        "mdtrtCertType": "02", "mdtrtCertNo": person.certno, "bizTypeCode": "01", "hospRxno": f"RX{next(_numbers):08d}",
        "rxTypeCode": "1", "prscTime": f"{now:%Y-%m-%d %H:%M:%S}", "rxDrugCnt": D(len(rows)), "valiDays": days,
        "valiEndTime": f"{now + dt.timedelta(days=days):%Y-%m-%d %H:%M:%S}", "rxCotnFlag": "0", "rxdrugdetail": rows,
        "mdtrtinfo": {
            "fixmedinsName": "沙箱市第一人民医院", "fixmedinsCode": visit.hospital.code, "mdtrtId": visit.mdtrt_id, "medType": "11",
            "iptOtpNo": visit.otp_no, "psnNo": person.psn_no, "patnName": person.name, "psnCertType": "01", "certno": person.certno,
            "patnAge": D("40.0"), "gend": "1", "prscDeptName": "内科", "prscDeptCode": "A03", "drCode": "D430000000001",
            "prscDrName": "医师", "drProfttlCodg": "231", "drProfttlName": "主任医师", "drDeptCode": "A03", "drDeptName": "内科",
            "mdtrtTime": "2026-01-01 08:00:00", "spDiseFlag": "0", "maindiagCode": "I10", "maindiagName": "高血压",
        },
        "diseinfo": [{
            "diagType": "1", "maindiagFlag": "1", "diagSrtNo": 1, "diagCode": "I10", "diagName": "高血压", "diagDept": "内科",
            "diagDrNo": "D430000000001", "diagDrName": "医师", "diagTime": "2026-01-01 08:10:00",
        }],
    } | more  # fmt: skip


def signing_fields(visit: Visit, checked: dict[str, Any]) -> dict[str, Any]:
    """Fields 1–20 of 7103."""
    return {
        "rxTraceCode": checked["rxTraceCode"], "hiRxno": checked["hiRxno"], "mdtrtId": visit.mdtrt_id, "patnName": visit.person.name,
        "psnCertType": "01", "certno": visit.person.certno, "fixmedinsName": "沙箱市第一人民医院", "fixmedinsCode": visit.hospital.code,
        "drCode": "D430000000001", "prscDrName": "医师", "pharDeptName": "药剂科", "pharDeptCode": "A70", "pharCode": "HY110000000001",
        "pharName": "审方药师", "pharChkTime": "2026-01-01 08:20:00",
    }  # fmt: skip


def encoded(fields: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(fields, ensure_ascii=False).encode()).decode()


def which(visit: Visit, hi_rxno: str) -> dict[str, Any]:
    """7105–7107."""
    return {
        "fixmedinsCode": visit.hospital.code, "hiRxno": hi_rxno, "mdtrtId": visit.mdtrt_id, "psnName": visit.person.name,
        "psnCertType": "01", "certno": visit.person.certno,
    }  # fmt: skip


def revocation(visit: Visit, hi_rxno: str) -> dict[str, Any]:
    """7104."""
    return {
        "hiRxno": hi_rxno, "fixmedinsCode": visit.hospital.code, "drCode": "D430000000001", "undoDrName": "医师",
        "undoDrCertType": "01", "undoDrCertno": "1", "undoRea": "开错了", "undoTime": "2026-01-01 09:00:00",
    }  # fmt: skip


async def uploaded(centre: Centre, visit: Visit, *drugs: dict[str, Any], days: int = 3) -> dict[str, Any]:
    """7101, 7102, 7103; returns what 7103 sent."""
    checked = await centre.call("7101", prescription(visit, *drugs, days=days))
    fields = signing_fields(visit, checked)
    signed = await centre.call("7102", {
        "fixmedinsCode": visit.hospital.code, "originalValue": encoded(fields), "originalRxFile": FILE,
    })  # fmt: skip
    sent = fields | {"rxFile": signed["rxFile"], "signDigest": signed["signDigest"]}
    assert (await centre.call("7103", sent))["rxStasCodg"] == "1"
    return sent


OPERATOR: Final = {"ipInfo": "127.0.0.1", "opter": "001", "opterName": "药店", "optinsNo": "P43000000001"}


class Shop:
    """The pharmacy that hands a prescription out."""

    def __init__(self, hospital: Hospital, sent: dict[str, Any]) -> None:
        self.centre, self.sent = Centre(hospital.at("P43000000001")), sent
        self.hi_rxno = sent["hiRxno"]
        self.data: dict[str, Any] = {"fixmedinsCode": "P43000000001"}
        self.reviewed = ""

    async def call(self, infno: str, business: dict[str, Any]) -> dict[str, Any]:
        return await self.centre.call(infno, self.data | business)

    async def fetch(self) -> dict[str, Any]:
        granted = await self.call(
            "7203", OPERATOR | {"epcQrcd": f"SBXRX{self.sent['rxTraceCode']}", "devInfo": "x"}
        )
        self.token, self.auth = granted["epcToken"], granted["authRxno"]
        return await self.call(
            "7204", OPERATOR | {"devInfo": "x", "epcToken": self.token, "authRxno": self.auth}
        )

    async def verify(self, **other: Any) -> dict[str, Any]:
        return await self.call("7205", {
            "hiRxno": self.hi_rxno, "rxTraceCode": self.sent["rxTraceCode"], "rxFile": self.sent["rxFile"], "epcToken": self.token,
        } | other)  # fmt: skip

    async def review(self, status: str = "1") -> Shop:
        """7203, 7204, 7205, 7206."""
        await self.fetch()
        verified = await self.verify()
        answer = await self.call("7206", {
            "hiRxno": self.hi_rxno, "epcToken": self.token, "ecToken": "PHARMACIST", "fixmedinsName": "沙箱市平安药房",
            "pharCertType": "01", "pharCertno": "1", "pharName": "药店药师", "pharCode": "HY430000000009", "rxChkOpnn": "合理",
            "rxChkStasCodg": status, "rxChkTime": f"2026-01-01 10:00:{next(_numbers) % 60:02d}",
            "rxSignVerifySn": verified["rxSignVerifySn"],
        })  # fmt: skip
        self.reviewed = answer["rxChkBizSn"]
        return self

    async def sell(self, *codes: str, insured: bool = False) -> str:
        """7207; returns the number of the sale."""
        rows = [
            {
                "rtalDocno": f"LS{next(_numbers)}", "stooutTime": "2026-01-01 11:00:00", "medListCodg": code, "medinsListCodg": f"P-{code}",
                "drugGenname": f"药{code}", "drugSpec": "0.25g*24", "drugTotlcnt": D("2"), "drugTotlcntEmp": "盒", "manuLotnum": "L1",
            }
            for code in codes or ("SBX-A-0001",)
        ]  # fmt: skip
        paid: dict[str, Any] = (
            {"hiFeesetlFlag": "1"} if insured else {"hiFeesetlFlag": "0", "psnCashPay": D("37.20")}
        )
        answer = await self.call("7207", {
            "hiRxno": self.hi_rxno, "fixmedinsName": "沙箱市平安药房", "rxChkBizSn": self.reviewed, "rxSaleDrugDetl": rows, **paid,
        })  # fmt: skip
        number: str = answer["selStooutSn"]
        return number


def order(visit: Visit, *rows: tuple[str, str], batch: str = "M1", **more: Any) -> dict[str, Any]:
    """6201: rows are item code and amount."""
    person, number = visit.person, next(_numbers)
    items = rows or (("SBX-A-0001", "100.00"), ("SBX-C-0001", "50.00"))
    return {
        "orgCodg": visit.hospital.code, "psnNo": person.psn_no, "insutype": visit.insurance.insutype, "medOrgOrd": f"MO{number:08d}",
        "begntime": "2026-01-01 08:00:00", "idNo": person.certno, "userName": person.name, "idType": "01", "ecToken": person.token,
        "iptOtpNo": visit.otp_no, "deptName": "内科", "caty": "A03", "mdtrtId": visit.mdtrt_id or None, "medType": "11", "feeType": "01",
        "medfeeSumamt": sum((D(amount) for _, amount in items), D("0.00")), "acctUsedFlag": "1", "diseCodg": "I10", "psnSetlway": "01",
        "extData": {"channel": "test"},
        "chrgBchno": batch,
        "diseinfoList": [{
            "diagType": "1", "diagSrtNo": 1, "diagCode": "I10", "diagName": "高血压", "diagDept": "内科", "diseDorNo": "D1",
            "diseDorName": "医师", "diagTime": "2026-01-01 08:10:00", "valiFlag": "1",
        }],
        "feedetailList": [
            {
                "feedetlSn": f"{number}{place}", "mdtrtId": visit.mdtrt_id or "0", "psnNo": person.psn_no, "chrgBchno": batch,
                "rxCircFlag": "0", "feeOcurTime": "2026-01-01 09:00:00", "medListCodg": item, "medinsListCodg": f"H-{item}",
                "detItemFeeSumamt": D(amount), "cnt": D("1.0000"), "pric": D(amount), "bilgDeptCodg": "A03", "bilgDeptName": "内科",
                "bilgDrCodg": "D1", "bilgDrName": "医师", "hospApprFlag": "0", "medType": "11",
            }
            for place, (item, amount) in enumerate(items)
        ],
    } | more  # fmt: skip


class Order:
    """An order of the mobile-payment centre."""

    def __init__(self, hospital: Hospital, visit: Visit) -> None:
        self.centre, self.visit, self.hospital = Centre(hospital), visit, hospital
        self.id = self.token = ""
        self.sent: dict[str, Any] = {}

    async def upload(self, *rows: tuple[str, str], **more: Any) -> Order:
        self.sent = order(self.visit, *rows, **more)
        answer = await self.centre.call("6201", self.sent)
        self.id, self.token = answer["payOrdId"], answer["payToken"]
        return self

    @property
    def _own(self) -> dict[str, Any]:
        return {"payOrdId": self.id, "payToken": self.token, "orgCodg": self.hospital.code}

    @property
    def _person(self) -> dict[str, Any]:
        person = self.visit.person
        return {"idNo": person.certno, "userName": person.name, "idType": "01"}

    async def pay(self, **more: Any) -> dict[str, Any]:
        asked = {
            "payAuthNo": "A1",
            "orgBizSer": f"S{next(_numbers)}",
            "mdtrtId": self.visit.mdtrt_id,
            "chrgBchno": "M1",
        }
        return await self.centre.call("6202", self._own | asked | more)

    async def query(self, **more: Any) -> dict[str, Any]:
        return await self.centre.call("6301", self._own | self._person | more)

    async def withdraw(self) -> dict[str, Any]:
        return await self.centre.call("6401", self._own | self._person)

    async def refund(
        self, paid: dict[str, Any], kind: str = "ALL", cash: str | None = None, **more: Any
    ) -> dict[str, Any]:
        insured = kind != "CASH"
        return await self.centre.call("6203", {
            "payOrdId": self.id, "appRefdSn": f"R{next(_numbers):08d}", "appRefdTime": "20260101120000",
            "totlRefdAmt": paid["feeSumamt"], "psnAcctRefdAmt": paid["psnAcctPay"] if insured else D(0),
            "fundRefdAmt": paid["fundPay"] if insured else D(0),
            "cashRefdAmt": D(cash) if cash is not None else D(0) if kind == "HI" else paid["ownPayAmt"],
            "ecToken": self.visit.person.token, "refdType": kind,
        } | more)  # fmt: skip

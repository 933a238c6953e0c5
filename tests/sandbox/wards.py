"""Stays and purchases for :mod:`tests.sandbox.hospital`, and its files: multipart bodies and ZIPs made with code of its own."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import aiohttp

from mi_plugins.sandbox.persons import DOCUMENTED
from tests.sandbox.hospital import Hospital, _encoder, certificate, read, signed_headers

D = Decimal
_numbers = itertools.count(1)


def check_identities(settled: dict[str, Any]) -> None:
    """The sums of journal.md, to the cent, for the reply of any quote, settlement or refund."""
    info, detail = settled["setlinfo"], settled["setldetail"]
    cash = info["pdn_cash_pay"] if "pdn_cash_pay" in info else info["psn_cash_pay"]
    assert info["psn_part_amt"] == info["acct_pay"] + cash
    paid = info["fund_pay_sumamt"] + info["psn_part_amt"]
    if "hosp_part_amt" in info:
        assert info["medfee_sumamt"] == paid + info["hosp_part_amt"]
    else:
        assert abs(paid) <= abs(info["medfee_sumamt"])
    divided = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    assert info["medfee_sumamt"] == sum(info[name] for name in divided)
    funds = (
        "hifp_pay",
        "cvlserv_pay",
        "hifes_pay",
        "hifmi_pay",
        "hifob_pay",
        "maf_pay",
        "oth_pay",
        "hifdm_pay",
    )
    assert info["fund_pay_sumamt"] == sum(info[name] for name in funds)
    assert info["fund_pay_sumamt"] == sum(row["fund_payamt"] for row in detail)


def diagnosis(person: str, **more: Any) -> dict[str, Any]:
    return {
        "psn_no": person, "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": 1, "diag_code": "I63.9", "diag_name": "脑梗死",
        "diag_dept": "A03", "dise_dor_no": "D1", "dise_dor_name": "医师", "diag_time": "2025-03-01 09:00:00",
    } | more  # fmt: skip


class Stay:
    """One patient in one hospital, with the steps of a stay as messages and as calls."""

    def __init__(self, hospital: Hospital, number: int = 0) -> None:
        self.hospital, self.person = hospital, DOCUMENTED[number]
        self.insurance = self.person.insurances[0]
        self.mdtrt_id = ""
        self.ipt_no = f"ZY{next(_numbers):08d}"

    async def call(self, infno: str, content: Any, **head: Any) -> Any:
        return await self.hospital.call(infno, content, insuplc_admdvs=self.insurance.area, **head)

    @property
    def which(self) -> dict[str, str]:
        return {"mdtrt_id": self.mdtrt_id, "psn_no": self.person.psn_no}

    def admission(self, **more: Any) -> dict[str, Any]:
        info = {
            "psn_no": self.person.psn_no, "insutype": self.insurance.insutype, "begntime": "2025-03-01 08:00:00",
            "mdtrt_cert_type": "02", "mdtrt_cert_no": self.person.certno, "cert_type": "01", "certno": self.person.certno,
            "med_type": "2101", "ipt_no": self.ipt_no, "atddr_no": "D1", "chfpdr_name": "医师", "adm_diag_dscr": "脑梗死",
            "adm_dept_codg": "A03", "adm_dept_name": "内科", "adm_bed": "12", "dscg_maindiag_code": "I63.9",
            "dscg_maindiag_name": "脑梗死", "insuplc_admdvs": self.insurance.area, "mdtrtarea_admvs": "990100",
        } | more  # fmt: skip
        return {"mdtrtinfo": info, "diseinfo": [diagnosis(self.person.psn_no)]}

    async def admit(self, **more: Any) -> Stay:
        self.mdtrt_id = (await self.call("2401", self.admission(**more)))["result"]["mdtrt_id"]
        return self

    def changed(self, **more: Any) -> dict[str, Any]:
        info = self.admission()["mdtrtinfo"]
        for name in (
            "insutype",
            "mdtrt_cert_no",
            "cert_type",
            "certno",
            "ipt_no",
            "insuplc_admdvs",
            "mdtrtarea_admvs",
        ):
            del info[name]
        return {"adminfo": info | {"mdtrt_id": self.mdtrt_id, "ipt_otp_no": self.ipt_no} | more}

    def leaving(self, **more: Any) -> dict[str, Any]:
        info = self.which | {
            "insutype": self.insurance.insutype, "endtime": "2025-03-09 10:00:00", "dscg_dept_codg": "A03", "dscg_dept_name": "内科",
            "dscg_way": "1",
        } | more  # fmt: skip
        return {"dscginfo": info, "diseinfo": [diagnosis(self.person.psn_no, mdtrt_id=self.mdtrt_id)]}

    def fee(
        self, serial: int, amount: str, *, item: str = "SBX-A-0001", count: str = "1", **more: Any
    ) -> dict[str, Any]:
        total = D(amount)
        return {
            "feedetl_sn": serial, **self.which, "med_type": "2101", "fee_ocur_time": "2025-03-02 09:00:00", "med_list_codg": item,
            "medins_list_codg": f"H-{item}", "det_item_fee_sumamt": total, "cnt": D(count), "pric": round(total / D(count), 6),
            "bilg_dept_codg": "A03", "bilg_dept_name": "内科", "bilg_dr_codg": "D1", "bilg_dr_name": "医师",
        } | more  # fmt: skip

    async def charge(self, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = (await self.call("2301", {"feedetail": list(rows)}))["result"]
        return result

    async def withdraw(self, *serials: str) -> None:
        await self.call("2302", {"data": [self.which | {"feedetl_sn": one} for one in serials]})

    def claim(
        self, total: Decimal | str, *, mid: bool = False, account: str = "1", **more: Any
    ) -> dict[str, Any]:
        return {"data": {
            **self.which, **certificate(self.person), "psn_type": self.insurance.psn_type, "psn_name": self.person.name,
            "medfee_sumamt": D(total), "psn_setlway": "01", "insutype": self.insurance.insutype, "acct_used_flag": account,
            "insuplc_admdvs": self.insurance.area, "mdtrtarea_admvs": "990100", "mid_setl_flag": "1" if mid else "0",
        } | more}  # fmt: skip

    async def quote(self, total: str, **more: Any) -> dict[str, Any]:
        reply: dict[str, Any] = await self.call("2303", self.claim(total, **more))
        return reply

    async def settle(self, total: str, **more: Any) -> dict[str, Any]:
        reply: dict[str, Any] = await self.call("2304", self.claim(total, **more))
        return reply

    async def refund(self, setl_id: str) -> dict[str, Any]:
        reply: dict[str, Any] = await self.call("2305", {"data": self.which | {"setl_id": setl_id}})
        return reply

    async def leave(self, **more: Any) -> None:
        await self.call("2402", self.leaving(**more))

    async def back(self, infno: str) -> None:
        """2404 or 2405."""
        await self.call(infno, {"data": self.which})

    async def reverse(self, msgid: str, infno: str) -> None:
        await self.call("2601", {"data": {"psn_no": self.person.psn_no, "omsgid": msgid, "oinfno": infno}})


class Purchase(Stay):
    """One patient at a pharmacy."""

    def basket(
        self, *rows: dict[str, Any], total: str | None = None, account: str = "1", **more: Any
    ) -> dict[str, Any]:
        amount = sum((row["det_item_fee_sumamt"] for row in rows), D("0.00")) if total is None else D(total)
        info = {
            "psn_no": self.person.psn_no, **certificate(self.person), "psn_type": self.insurance.psn_type,
            "psn_name": self.person.name, "begntime": "2025-03-03 08:00:00", "medfee_sumamt": amount,
            "insutype": self.insurance.insutype, "acct_used_flag": account, "med_type": "41",
        } | more  # fmt: skip
        return {"druginfo": info, "drugdetail": list(rows)}

    def drug(self, serial: int, amount: str, *, item: str = "SBX-A-0001", count: str = "1") -> dict[str, Any]:
        total = D(amount)
        return {
            "feedetl_sn": serial, "rx_circ_flag": "0", "fee_ocur_time": "2025-03-03 08:00:00", "med_list_codg": item,
            "medins_list_codg": f"P-{item}", "det_item_fee_sumamt": total, "cnt": D(count), "pric": round(total / D(count), 6),
        }  # fmt: skip


def zipped(rows: Sequence[Sequence[object]], name: str = "detail.txt") -> bytes:
    """A ZIP with one TAB-separated text."""
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        archive.writestr(name, "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return result.getvalue()


def unzipped(content: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 1
        text = archive.read(archive.namelist()[0]).decode()
    return [line.split("\t") for line in text.splitlines()]


async def send_file(
    hospital: Hospital, content: bytes, filename: str = "up.zip", infno: str = "9101", **more: Any
) -> Any:
    """9101 as multipart; returns the whole reply."""
    asked = {"fsUploadIn": {"filename": filename, "fixmedins_code": hospital.code} | more}
    form = aiohttp.FormData()
    form.add_field("jsonStr", _encoder.encode(hospital.message(infno, asked)).decode())
    form.add_field("file", content, filename=filename, content_type="application/octet-stream")
    headers = signed_headers(infno, ms=round(dt.datetime.now().timestamp() * 1000))
    async with hospital.session.post(f"{hospital.url}/csb", data=form, headers=headers) as reply:
        assert reply.status == 200
        return read(await reply.read())


async def fetch_file(
    hospital: Hospital, number: str, filename: str, owner: str | None = None
) -> tuple[str, bytes]:
    """9102; returns the content type and the body."""
    asked = {"file_qury_no": number, "filename": filename, "fixmedins_code": owner or hospital.code}
    body = _encoder.encode(hospital.message("9102", {"fsDownloadIn": asked}))
    headers = signed_headers("9102", ms=round(dt.datetime.now().timestamp() * 1000))
    async with hospital.session.post(f"{hospital.url}/csb", data=body, headers=headers) as reply:
        assert reply.status == 200
        return reply.content_type, await reply.read()

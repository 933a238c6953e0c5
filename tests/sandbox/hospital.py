"""A small hospital that calls the sandbox over HTTP with code of its own: no class of the project sends or reads here."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec

from mi_core.types import CHINA_TIME
from mi_plugins.sandbox.persons import DOCUMENTED, Person

_encoder = msgspec.json.Encoder(decimal_format="number")
_numbers = itertools.count(1)

ITEM = "SBX-A-0001"


class Refused(Exception):
    """``infcode`` -1 with its text."""


def china_now() -> dt.datetime:
    return dt.datetime.now(CHINA_TIME).replace(tzinfo=None)


def signed_headers(
    name: str, *, access: str = "sandbox-access-key", secret: str = "sandbox-secret-key", ms: int
) -> dict[str, str]:
    headers = {
        "_api_name": name,
        "_api_version": "1.0.0",
        "_api_timestamp": str(ms),
        "_api_access_key": access,
    }
    text = "&".join(f"{key}={headers[key]}" for key in sorted(headers))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    return headers | {"_api_signature": base64.b64encode(digest).decode()}


def read(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal)


class Hospital:
    """One institution with its operator."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, token: str, code: str = "H43000000001"
    ) -> None:
        self.session, self.url, self.token, self.code = session, url, token, code
        self.last_msgid = ""

    def at(self, code: str) -> Hospital:
        return Hospital(self.session, self.url, self.token, code)

    def message(self, infno: str, content: Any, **head: Any) -> dict[str, Any]:
        now = china_now()
        self.last_msgid = f"{self.code}{now:%Y%m%d%H%M%S}{next(_numbers) % 10000:04d}"
        return {
            "infno": infno, "msgid": self.last_msgid, "mdtrtarea_admvs": "990100", "insuplc_admdvs": "990101",
            "recer_sys_code": "TEST", "dev_no": "", "dev_safe_info": "", "cainfo": "", "signtype": "", "infver": "1.0.0",
            "opter_type": "1", "opter": "001", "opter_name": "收费员", "inf_time": f"{now:%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.code, "fixmedins_name": "测试机构", "sign_no": "", "input": content,
        } | head  # fmt: skip

    async def post(
        self, infno: str, body: bytes, headers: dict[str, str] | None = None, path: str = "/csb"
    ) -> tuple[int, bytes]:
        if headers is None:
            headers = signed_headers(infno, ms=round(dt.datetime.now().timestamp() * 1000))
        async with self.session.post(self.url + path, data=body, headers=headers) as reply:
            return reply.status, await reply.read()

    async def reply(self, infno: str, content: Any, **head: Any) -> dict[str, Any]:
        status, body = await self.post(infno, _encoder.encode(self.message(infno, content, **head)))
        assert status == 200
        answer: dict[str, Any] = read(body)
        return answer

    async def call(self, infno: str, content: Any, **head: Any) -> Any:
        answer = await self.reply(infno, content, **head)
        if answer["infcode"] != 0:
            raise Refused(answer["err_msg"])
        assert answer["inf_refmsgid"] and len(answer["inf_refmsgid"]) == 30
        return answer["output"]

    async def control(
        self, method: str, path: str, data: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        headers = {"X-Sandbox-Token": self.token if token is None else token}
        async with self.session.request(
            method, self.url + "/_control" + path, json=data, headers=headers
        ) as reply:
            return reply.status, await reply.json(content_type=None)

    async def fault(self, infno: str, fault: str, **more: Any) -> None:
        status, _ = await self.control("POST", "/faults", {"infno": infno, "fault": fault, **more})
        assert status == 200

    async def ledger(self, **wanted: str) -> Any:
        query = "&".join(f"{k}={v}" for k, v in wanted.items())
        return (await self.control("GET", f"/ledger?{query}"))[1]


def certificate(person: Person) -> dict[str, str]:
    return {
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": person.certno,
        "psn_cert_type": "01",
        "certno": person.certno,
    }


def fee(
    visit: Visit,
    serial: int,
    amount: str,
    *,
    item: str = ITEM,
    count: str = "1",
    batch: str = "B1",
    **more: Any,
) -> dict[str, Any]:
    total = Decimal(amount)
    return {
        "feedetl_sn": serial, "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no, "chrg_bchno": batch, "rx_circ_flag": "0",
        "fee_ocur_time": "2025-03-03 09:00:00", "med_list_codg": item, "medins_list_codg": f"H-{item}",
        "det_item_fee_sumamt": total, "cnt": Decimal(count), "pric": round(total / Decimal(count), 6), "bilg_dept_codg": "01",
        "bilg_dept_name": "内科", "bilg_dr_codg": "D1", "bilg_dr_name": "医师", "hosp_appr_flag": "0",
    } | more  # fmt: skip


class Visit:
    """One patient at one hospital, with the steps of an outpatient visit."""

    def __init__(self, hospital: Hospital, number: int = 0, row: int = 0) -> None:
        self.hospital, self.person = hospital, DOCUMENTED[number]
        self.insurance = self.person.insurances[row]
        self.mdtrt_id = ""
        self.otp_no = f"OTP{next(_numbers):08d}"

    async def call(self, infno: str, content: Any, **head: Any) -> Any:
        return await self.hospital.call(infno, content, insuplc_admdvs=self.insurance.area, **head)

    def registration(self) -> dict[str, Any]:
        return {
            "psn_no": self.person.psn_no, "insutype": self.insurance.insutype, "begntime": "2025-03-03 08:00:00",
            **certificate(self.person), "psn_type": self.insurance.psn_type, "psn_name": self.person.name,
            "ipt_otp_no": self.otp_no, "dept_code": "A03", "dept_name": "内科", "caty": "A03",
        }  # fmt: skip

    async def register(self) -> Visit:
        reply = await self.call("2201", {"data": self.registration()})
        self.mdtrt_id = reply["data"]["mdtrt_id"]
        return self

    async def inform(self, med_type: str = "11", vali_flag: str = "1") -> Visit:
        await self.call("2203", {
            "mdtrtinfo": {
                "mdtrt_id": self.mdtrt_id, "psn_no": self.person.psn_no, "med_type": med_type, "begntime": "2025-03-03 08:00:00",
                "dise_codg": "I10", "dise_name": "高血压",
            },
            "diseinfo": [{
                "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10", "diag_name": "高血压", "diag_dept": "A03", "dise_dor_no": "D1",
                "dise_dor_name": "医师", "diag_time": "2025-03-03 08:10:00", "vali_flag": vali_flag,
            }],
        })  # fmt: skip
        return self

    async def charge(self, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        reply = await self.call("2204", {"feedetail": list(rows)})
        result: list[dict[str, Any]] = reply["result"]
        return result

    def quote_data(
        self, total: Decimal, *, batch: str = "B1", account: str = "1", med_type: str = "11"
    ) -> dict[str, Any]:
        return {
            "psn_no": self.person.psn_no, **certificate(self.person), "psn_type": self.insurance.psn_type,
            "psn_name": self.person.name, "med_type": med_type, "medfee_sumamt": total, "psn_setlway": "01",
            "mdtrt_id": self.mdtrt_id, "chrg_bchno": batch, "acct_used_flag": account, "insutype": self.insurance.insutype,
        }  # fmt: skip

    async def quote(self, total: str, **more: Any) -> dict[str, Any]:
        reply: dict[str, Any] = await self.call("2206", {"data": self.quote_data(Decimal(total), **more)})
        return reply

    def settle_data(self, info: dict[str, Any], **more: Any) -> dict[str, Any]:
        data = self.quote_data(info["medfee_sumamt"], **more)
        for name in ("psn_type", "psn_name"):
            del data[name]
        return data | {
            n: info[n] for n in ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
        }

    async def settle(self, total: str, **more: Any) -> dict[str, Any]:
        quoted = await self.quote(total, **more)
        reply: dict[str, Any] = await self.call(
            "2207", {"data": self.settle_data(quoted["setlinfo"], **more)}
        )
        return reply

    async def refund(self, setl_id: str) -> dict[str, Any]:
        data = {"setl_id": setl_id, "mdtrt_id": self.mdtrt_id, "psn_no": self.person.psn_no}
        reply: dict[str, Any] = await self.call("2208", {"data": data})
        return reply

    async def query(self, setl_id: str) -> dict[str, Any]:
        data = {"setl_id": setl_id, "mdtrt_id": self.mdtrt_id, "psn_no": self.person.psn_no}
        reply: dict[str, Any] = await self.call("5203", {"data": data})
        return reply

    async def balance(self) -> Decimal:
        reply = await self.call("1101", {"data": certificate(self.person) | {"psn_name": self.person.name}})
        rows = [
            r
            for r in reply["insuinfo"]
            if (r["insutype"], r["insuplc_admdvs"]) == (self.insurance.insutype, self.insurance.area)
        ]
        balance: Decimal = rows[0]["balc"]
        return balance

"""Calls through gateways that sign, wrap, need a token, or serve a part of the interfaces: what leaves and what comes of it."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from mi_core import AsyncClient
from mi_core.config import Config, load_config
from mi_core.crypto import Ecb, SignatureForm, read_private_key, software
from mi_core.envelope import HeadForm, RequestHead
from mi_core.errors import (
    GatewayRefused,
    NotSent,
    OutcomeUnknown,
    ReplyUnreadable,
)
from mi_core.interfaces import (
    OrderSettlementQueryRequest,
    PaymentOrderRequest,
    PrescriptionCancellationRequest,
)
from mi_plugins.gateways.envelope_text import content_key, decrypted, encrypted, sign_text
from mi_plugins.gateways.literal_json import literal_json
from tests.core.calls import HOSPITAL, PSN, query, settlement
from tests.gateways.keys import APP_ID, APP_SECRET, CLIENT_ID, PLATFORM, PLATFORM_PUBLIC, PRIVATE
from tests.plugins.bad_server import Exchange, bad_server

KEY = content_key(APP_ID, APP_SECRET)
OAUTH = {
    "profile": "oauth-sm", "client_id": CLIENT_ID, "client_secret": "cs", "user": "u", "password": "pw", "private_key": PRIVATE,
}  # fmt: skip
ENVELOPE = {
    "profile": "envelope-sm", "app_id": APP_ID, "app_secret": APP_SECRET, "private_key": PRIVATE, "platform_key": PLATFORM_PUBLIC,
}  # fmt: skip
PAY = PaymentOrderRequest(
    payAuthNo="A", payOrdId="P1", payToken="T", orgCodg="H", orgBizSer="B1", mdtrtId="V1"
)
PAID = '{"payOrdId":"P1","ordStas":"3","feeSumamt":10.50,"ownPayAmt":0.50,"psnAcctPay":1,"fundPay":9}'


def config(gateway: dict[str, Any], **institution: Any) -> Config:
    one = {
        "name": "示例医院", "mdtrtarea_admvs": "439900", "sign_in": False, "operator": {"id": "001", "name": "收费员"},
        "timeouts": {"settlement": 10.0, "query": 10.0, "upload": 10.0}, "gateway": gateway, **institution,
    }  # fmt: skip
    journal = {"recover": False, "path": "memory"}
    return load_config("/dev/null", environment="test", institutions={HOSPITAL: one}, journal=journal)


def client(gateway: dict[str, Any], **institution: Any) -> AsyncClient:
    return AsyncClient(config(gateway, **institution))


def base(url: str) -> str:
    return url.removesuffix("/csb")


class Platform:
    """The mobile-payment centre: answers every envelope with ``plain``, signed — or as ``spoil`` makes it."""

    def __init__(self, plain: str = PAID, **spoil: Any) -> None:
        self.plain, self.spoil = plain, spoil

    async def __call__(self, exchange: Exchange) -> None:
        outer: dict[str, Any] = {"code": 0, "message": "成功", "encData": encrypted(KEY, self.plain.encode())}
        outer |= self.spoil.pop("before", {})
        signed = {**outer, "data": literal_json(self.plain.encode())}
        text = sign_text(literal_json(json.dumps(signed).encode()), APP_SECRET).encode()
        key = read_private_key(PLATFORM)
        outer["signData"] = base64.b64encode(software().sm2_sign(key, text, form=SignatureForm.RS)).decode()
        await exchange.answer(json.dumps({**outer, **self.spoil}).encode())


async def test_an_order_is_paid_through_the_envelope() -> None:
    async with bad_server(Platform()) as server, client({**ENVELOPE, "url": base(server.url)}) as mi:
        reply = await mi.call(PAY)
        assert reply.data.fundPay == Decimal("9") and reply.data.feeSumamt == Decimal("10.50")
        assert not reply.meta.problems and not reply.meta.discrepancies
        assert (await mi.call(PAY)).meta.repeated and len(server.requests) == 1
    assert server.heads[0].startswith(b"POST /org/local/api/hos/pay_order ")
    sent = json.loads(server.requests[0])
    assert json.loads(decrypted(KEY, sent["encData"])) == {
        "payAuthNo": "A", "payOrdId": "P1", "payToken": "T", "orgCodg": "H", "orgBizSer": "B1", "mdtrtId": "V1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "evidence"),
    [
        ({"encData": encrypted(KEY, PAID.replace('"3"', '"4"').encode())}, "reply signature wrong"),
        ({"signData": None}, "reply not signed"),
        ({"code": "0", "signData": "AAAA"}, "reply signature wrong"),
    ],
)
async def test_an_unverified_reply_is_in_doubt_for_money(spoil: dict[str, Any], evidence: str) -> None:
    async with bad_server(Platform(**spoil)) as server, client({**ENVELOPE, "url": base(server.url)}) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(PAY)
        assert caught.value.evidence == evidence and len(server.requests) == 1


async def test_an_unverified_reply_is_unreadable_for_a_query_and_an_upload() -> None:
    ask = OrderSettlementQueryRequest(
        payOrdId="P1", payToken="T", orgCodg="H", idNo="1", userName="x", idType="01"
    )
    undo = PrescriptionCancellationRequest(
        hiRxno="R", fixmedinsCode="H", drCode="D", undoDrName="n", undoDrCertType="01", undoDrCertno="1", undoRea="r",
        undoTime=dt.datetime(2026, 1, 1, 8),
    )  # fmt: skip
    for request, sends in ((ask, 3), (undo, 1)):
        async with bad_server(Platform(signData="AAAA")) as server:
            async with client({**ENVELOPE, "url": base(server.url)}) as mi:
                with pytest.raises(ReplyUnreadable, match="reply signature wrong"):
                    await mi.call(request)
            assert len(server.requests) == sends


async def test_a_refusal_of_the_centre_is_certain_only_when_it_is_listed() -> None:
    for listed, kind in ((["订单不存在"], "BureauRefused"), ([], "OutcomeUnknown")):
        said = {"before": {"code": 50001, "message": "订单不存在"}}
        async with (
            bad_server(Platform(**said)) as server,
            client({**ENVELOPE, "url": base(server.url)}, refusals=listed) as mi,
        ):
            with pytest.raises(Exception, match=r"订单不存在|50001|unlisted") as caught:
                await mi.call(PAY)
            assert type(caught.value).__name__ == kind


async def test_the_journal_keeps_the_order_readable() -> None:
    async with bad_server(Platform()) as server, client({**ENVELOPE, "url": base(server.url)}) as mi:
        reply = await mi.call(PAY)
        attempt = await asyncio.to_thread(mi.journal.read.attempt, reply.meta.msgid)
        assert attempt is not None
        assert json.loads(attempt.request)["input"]["data"]["payOrdId"] == "P1"
        assert json.loads(attempt.response or b"")["output"]["data"]["ordStas"] == "3"


async def test_each_interface_goes_to_the_gateway_that_serves_it() -> None:
    async with bad_server(Platform()) as centre, bad_server(answered({})) as bureau:
        further = {"pay": {**ENVELOPE, "url": base(centre.url), "interfaces": ["62*", "7104"]}}
        main = {"profile": "tif", "url": base(bureau.url), "paas_id": "p", "paas_token": "t"}
        async with client(main, gateways=further) as mi:
            await mi.call(PAY)
            assert (len(centre.requests), len(bureau.requests)) == (1, 0)
            await mi.call(query())
            assert len(centre.requests) == 1 and bureau.heads[0].startswith(b"POST /5203 ")
            with pytest.raises(NotSent, match=r"order"):
                await mi.call(OrderSettlementQueryRequest(
                    payOrdId="P1", payToken="T", orgCodg="H", idNo="1", userName="x", idType="01"
                ))  # fmt: skip


def answered(output: Any, **head: Any) -> Any:
    async def fault(exchange: Exchange) -> None:
        msgid = json.loads(exchange.request or b"{}").get("msgid")
        info = output(msgid) if callable(output) else output
        await exchange.answer(json.dumps({"infcode": 0, "err_msg": "", "output": info, **head}).encode())

    return fault


async def test_interfaces_without_a_path_are_not_sent() -> None:
    async with bad_server(Platform()) as server, client({**ENVELOPE, "url": base(server.url)}) as mi:
        with pytest.raises(NotSent, match="5203"):
            await mi.call(query())
        assert not server.requests


class Jilin:
    """Token and messages of an ``oauth-sm`` gateway; counts tokens and remembers which one each message carried."""

    def __init__(self) -> None:
        self.tokens, self.valid, self.refuse_tokens = 0, "", False
        self.carried: list[str] = []
        self.expires = 3600

    async def __call__(self, exchange: Exchange) -> None:
        head = exchange.head.decode()
        if "POST /auth/oauth/token" in head:
            if self.refuse_tokens:
                refusal = {"error": "invalid_grant", "error_description": "密码错误 pass-word-1\u202e"}
                await exchange.answer(
                    json.dumps(refusal, ensure_ascii=False).encode(), status="400 Bad Request"
                )
                return
            self.tokens += 1
            self.valid = f"T{self.tokens}"
            await exchange.answer(
                json.dumps({"access_token": self.valid, "expires_in": self.expires}).encode()
            )
            return
        carried = head.partition("Authorization: Bearer ")[2].partition("\r\n")[0]
        self.carried.append(carried)
        if carried != self.valid:
            await exchange.answer(
                b'{"error":"invalid_token"}', status="401 Unauthorized", extra="WWW-Authenticate: Bearer\r\n"
            )
            return
        message = json.loads(exchange.request)
        plain = software().sm4_decrypt(CLIENT_ID.encode(), base64.b64decode(message["input"]), Ecb())
        assert json.loads(plain)["data"]["psn_no"] == PSN and message["cainfo"]
        info = {
            "setl_id": "S1", "psn_no": PSN, "mdtrt_id": "V1", "medins_setl_id": message["msgid"],
            "medfee_sumamt": 128.5, "fund_pay_sumamt": 100, "psn_part_amt": "28.50", "hosp_part_amt": 0, "acct_pay": 8.5,
            "psn_cash_pay": 20,
        }  # fmt: skip
        text = json.dumps({"setlinfo": info, "setldetail": []}).encode()
        sealed = base64.b64encode(software().sm4_encrypt(CLIENT_ID.encode(), text, Ecb())).decode()
        await exchange.answer(json.dumps({"infcode": "0", "err_msg": None, "output": sealed}).encode())


async def test_one_token_for_all_until_it_expires() -> None:
    jilin = Jilin()
    async with bad_server(jilin) as server, client({**OAUTH, "url": base(server.url)}) as mi:
        await asyncio.gather(*(mi.call(query()) for _ in range(5)))
        assert (await mi.call(settlement())).setlinfo.fund_pay_sumamt == 100
    assert jilin.tokens == 1 and set(jilin.carried) == {"T1"}


async def test_a_refused_token_is_renewed_once_for_a_read() -> None:
    jilin = Jilin()
    async with bad_server(jilin) as server, client({**OAUTH, "url": base(server.url)}) as mi:
        await mi.call(query())
        jilin.valid = "changed at the gateway"
        await mi.call(query())
        assert jilin.carried == ["T1", "T1", "T2"] and jilin.tokens == 2
        jilin.expires = 0  # from now on no token is valid for a second message
        jilin.valid = "changed again"
        await mi.call(query())
        await mi.call(query())
        assert jilin.tokens == 4


async def test_a_refused_token_is_a_certain_refusal_of_a_settlement_and_not_sent_again() -> None:
    jilin = Jilin()
    async with bad_server(jilin) as server, client({**OAUTH, "url": base(server.url)}) as mi:
        await mi.call(query())
        jilin.valid = "changed at the gateway"
        with pytest.raises(GatewayRefused):
            await mi.call(settlement())
        assert jilin.carried == ["T1", "T1"]
        assert (
            await mi.call(settlement(), amounts_accepted=True)
        ).setlinfo.setl_id == "S1"  # with a new token
        assert jilin.carried[-1] == "T2"


async def test_without_a_token_nothing_is_sent() -> None:
    jilin = Jilin()
    jilin.refuse_tokens = True
    gateway = {**OAUTH, "password": "pass-word-1"}
    async with bad_server(jilin) as server, client({**gateway, "url": base(server.url)}) as mi:
        with pytest.raises(NotSent) as refused:
            await mi.call(settlement())
        assert jilin.carried == [] and "pass-word-1" not in repr(server.heads)
        assert refused.value.status == 400
        for text in (refused.value.zh, refused.value.en):  # its words, without what it should not repeat
            assert "no token: HTTP 400: invalid_grant 密码错误 ******" in text
            assert "pass-word-1" not in text and "\u202e" not in text
        jilin.refuse_tokens = False
        assert (await mi.call(settlement())).setlinfo.setl_id == "S1"  # the same bill: nothing had begun


async def test_a_401_of_a_gateway_that_is_not_known_for_it_proves_nothing() -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.answer(b'{"code":401,"message":"x"}')

    tif = {"profile": "tif", "paas_id": "p", "paas_token": "t"}
    csb = {"profile": "csb", "access_key": "a", "secret_key": "s"}
    for gateway, error in ((tif, OutcomeUnknown), (csb, GatewayRefused)):
        async with bad_server(refuse) as server, client({**gateway, "url": base(server.url)}) as mi:
            with pytest.raises(error):
                await mi.call(settlement())
            with pytest.raises(GatewayRefused):
                await mi.call(query())


async def test_head_extras_stand_in_the_head() -> None:
    seconds = {"profile": "csb-seconds", "access_key": "a", "secret_key": "s", "api_name": "n"}
    async with (
        bad_server(answered({})) as server,
        client({**seconds, "url": server.url}, head_extras={"fixmedins_soft_fcty": "示例厂商"}) as mi,
    ):
        await mi.call(query())
    sent = json.loads(server.requests[0])
    assert sent["fixmedins_soft_fcty"] == "示例厂商" and list(sent)[-1] == "input"


def test_extras_do_not_replace_fields_of_the_head() -> None:
    head = RequestHead(
        infno="5203", msgid="m" * 30, mdtrtarea_admvs="439900", recer_sys_code="HIS", infver="1.0.0", opter_type="1",
        opter="001", opter_name="收费员", inf_time=dt.datetime(2026, 1, 1), fixmedins_code="H1", fixmedins_name="x",
    )  # fmt: skip
    assert not HeadForm.of(head, {"enc_type": "SM4"}).problems
    found = HeadForm.of(head, {"msgid": "x", "input": "y", "a-b": "z"}).problems
    assert [p.field for p in found] == ["msgid", "input", "a-b"]

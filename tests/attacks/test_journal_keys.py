"""Business keys: what is the same business is never sent twice, what is another's is never answered with somebody's reply."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest

from mi_core import InvalidInput, MiError, NotSent, OutcomeUnknown, VisitBusy
from mi_core.interfaces import (
    InpatientSettlementRequest,
    OutpatientSettlementCancellationRequest,
    ReversalRequest,
)
from mi_core.journal import AmountsDiffer, NoReversal
from tests.core.calls import CERTNO, HOSPITAL, PSN, client, in_turn, refused, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange, bad_server

OTHER = "43000000000000000002"


def refund(setl_id: str = "S1", **changes: Any) -> OutpatientSettlementCancellationRequest:
    return OutpatientSettlementCancellationRequest(
        **{"setl_id": setl_id, "mdtrt_id": "V1", "psn_no": PSN, **changes}
    )


def inpatient(**changes: Any) -> InpatientSettlementRequest:
    values: dict[str, Any] = {
        "psn_no": PSN, "mdtrt_cert_type": "02", "mdtrt_cert_no": CERTNO, "psn_cert_type": "01", "certno": CERTNO,
        "psn_type": "11", "psn_name": "张三", "insuplc_admdvs": "439900", "mdtrtarea_admvs": "439900",
        "medfee_sumamt": Decimal("128.50"), "psn_setlway": "01", "mdtrt_id": "V1", "acct_used_flag": "0",
        "insutype": "390", "invono": "I1", "mid_setl_flag": "1", "fulamt_ownpay_amt": Decimal(0),
        "overlmt_selfpay": Decimal(0), "preselfpay_amt": Decimal(0), "inscp_scp_amt": Decimal("128.50"),
    }  # fmt: skip
    return InpatientSettlementRequest(**{**values, **changes})


async def bureau(exchange: Exchange) -> None:
    """Answers for whoever was asked for, with an id per message."""
    message = json.loads(exchange.request)
    asked = message["input"]["data"]
    await settled(psn_no=asked["psn_no"], mdtrt_id=asked["mdtrt_id"], setl_id="S" + message["msgid"][-6:])(
        exchange
    )


def sent(server: bad.BadServer) -> list[str]:
    return [json.loads(request)["infno"] for request in server.requests]


async def test_anothers_reply_is_not_given_for_the_same_bill_number() -> None:
    """A wrong ``psn_no`` beside the right visit and batch: neither sent nor answered with the first person's amounts."""
    async with bad_server(bureau) as server, client(server.url) as mi:
        await mi.call(settlement())
        with pytest.raises(NotSent) as caught:
            await mi.call(settlement(psn_no=OTHER))
        assert len(server.requests) == 1 and OTHER not in str(caught.value) and PSN not in str(caught.value)
        again = await mi.call(settlement())
        assert again.meta.repeated and again.setlinfo.psn_no == PSN


@pytest.mark.parametrize(
    "changes", [{"psn_no": OTHER, "mdtrt_id": "V2"}, {"mdtrt_id": "V2"}, {"psn_no": OTHER}]
)
async def test_an_operation_key_used_again_for_somebody_else(changes: dict[str, str]) -> None:
    """A cash desk that counts its bills from 1 every morning must not be told that the second patient has paid."""
    async with bad_server(bureau) as server, client(server.url) as mi:
        first = await mi.call(inpatient(), operation_key="1")
        with pytest.raises(NotSent) as caught:
            await mi.call(inpatient(**changes), operation_key="1")
        assert caught.value.operation_id == first.meta.operation_id and len(server.requests) == 1
        assert (await mi.call(inpatient(), operation_key="1")).meta.repeated
        assert not (await mi.call(inpatient(**changes), operation_key="2")).meta.repeated


@pytest.mark.parametrize("visit", ["V1 ", " V1", "V1\u3000", "V1\t"])
async def test_blanks_around_an_id_make_no_other_visit_and_no_other_batch(visit: str) -> None:
    async with bad_server(in_turn(bad.drop_after_reading, bureau)) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement())
        for again in (settlement(mdtrt_id=visit), settlement(chrg_bchno=visit.replace("V", "B"))):
            with pytest.raises((VisitBusy, InvalidInput)):
                await mi.call(again)
        assert len(server.requests) == 1


async def test_blanks_around_the_batch_of_a_finished_settlement() -> None:
    async with bad_server(bureau) as server, client(server.url) as mi:
        await mi.call(settlement())
        for batch in ("B1 ", " B1", "B1\n"):
            try:
                reply = await mi.call(settlement(chrg_bchno=batch))
            except InvalidInput:
                continue
            assert reply.meta.repeated
        assert len(server.requests) == 1


async def test_a_refund_by_an_id_with_blanks_frees_the_batch() -> None:
    """Else the next settlement of the batch would be answered with the one that was refunded."""
    async with bad_server(settled()) as server, client(server.url) as mi:
        await mi.call(settlement())
        try:
            await mi.call(refund("S1 "))
        except InvalidInput:
            return
        assert not (await mi.call(settlement())).meta.repeated
        assert sent(server) == ["2207", "2208", "2207"]


@pytest.mark.parametrize("pairs", [
    (("a", "b|c"), ("a|b", "c")), (("a", 'b","c'), ('a","b', "c")), (("a", "b\x1fc"), ("a\x1fb", "c")),
    (("V1", "b"), ("v1", "b")), (("V1", "1"), ("V1", "01")), (("V1", "1"), ("V11", "")),
])  # fmt: skip
async def test_different_bills_do_not_collide(pairs: tuple[tuple[str, str], tuple[str, str]]) -> None:
    async with bad_server(bureau) as server, client(server.url) as mi:
        replies = []
        for visit, batch in pairs:
            try:
                replies.append(await mi.call(settlement(mdtrt_id=visit, chrg_bchno=batch)))
            except InvalidInput:
                continue
        assert len(server.requests) == len(replies) and not any(r.meta.repeated for r in replies)


@pytest.mark.parametrize("amount", ["128.5", "128.500", "1.285E2", "0128.50"])
async def test_an_amount_is_the_same_however_it_is_written(amount: str) -> None:
    async with bad_server(bureau) as server, client(server.url) as mi:
        await mi.call(settlement())
        again = await mi.call(settlement(medfee_sumamt=Decimal(amount), inscp_scp_amt=Decimal(amount)))
        assert again.meta.repeated and len(server.requests) == 1
        with pytest.raises(AmountsDiffer):
            await mi.call(settlement(medfee_sumamt=Decimal("128.49"), inscp_scp_amt=Decimal(amount)))


@pytest.mark.parametrize(
    "changes", [{"mdtrt_id": ""}, {"chrg_bchno": ""}, {"chrg_bchno": " "}, {"mdtrt_id": "\u3000"}]
)
async def test_without_a_whole_key_nothing_is_sent(changes: dict[str, str]) -> None:
    async with bad_server(bureau) as server, client(server.url) as mi:
        with pytest.raises(InvalidInput):
            await mi.call(settlement(**changes))
        assert not server.requests


ODD = {
    "surrogate": "K\ud800",
    "nul": "K\0",
    "very long": "K" * 100_000,
    "unicode": "键🀄é",
    "quotes": "\"';--",
    "line": "a\r\nb",
}


@pytest.mark.parametrize("odd", ODD)
async def test_odd_operation_keys(odd: str) -> None:
    """Taken or refused before anything left, and then the same once more."""
    async with bad_server(bureau) as server, client(server.url) as mi:
        try:
            await mi.call(inpatient(), operation_key=ODD[odd])
        except MiError as error:
            assert isinstance(error, NotSent | InvalidInput) and not server.requests
        else:
            assert (await mi.call(inpatient(), operation_key=ODD[odd])).meta.repeated and len(
                server.requests
            ) == 1
        assert (await mi.call(settlement(mdtrt_id="V9"))).setlinfo is not None


@pytest.mark.parametrize("field", ["mdtrt_id", "chrg_bchno", "psn_no"])
@pytest.mark.parametrize("odd", ODD)
async def test_odd_ids(field: str, odd: str) -> None:
    async with bad_server(bureau) as server, client(server.url) as mi:
        try:
            await mi.call(settlement(**{field: ODD[odd]}))
        except MiError as error:
            assert isinstance(error, NotSent | InvalidInput) and not server.requests
        assert (await mi.call(settlement(mdtrt_id="V9"))).setlinfo is not None


@pytest.mark.parametrize("setl_id", ["S\ud800", "S\0", "S" * 100_000, "\u202eS"])
async def test_an_odd_proof_is_still_the_truth_about_the_call(setl_id: str) -> None:
    """Whatever id the bureau gives: the caller is told, the journal has an end or a doubt, and nothing is sent again."""
    async with bad_server(settled(setl_id=setl_id)) as server, client(server.url) as mi:
        try:
            reply = await mi.call(settlement())
        except OutcomeUnknown as error:
            assert error.operation_id is not None
            attempt = mi.journal.read.attempts(error.operation_id)[-1]
            assert attempt.state.value == "IN_DOUBT"
        else:
            assert reply.meta.operation_id is not None
            attempt = mi.journal.read.attempts(reply.meta.operation_id)[-1]
            assert attempt.state.value == "CONFIRMED"
        with contextlib.suppress(VisitBusy):
            assert (await mi.call(settlement())).meta.repeated
        assert len(server.requests) == 1


@pytest.mark.parametrize("infcode", ["\ud800", "x" * 5000, "张三", {"a": 1}, [0], 0.0, "00", True])
@pytest.mark.parametrize("status", ["200 OK", "502 Bad Gateway"])
async def test_odd_codes_leave_a_doubt_not_a_crash(infcode: Any, status: str) -> None:
    body = json.dumps({"infcode": infcode, "err_msg": "x", "output": None}).encode()

    async def odd(exchange: Exchange) -> None:
        await exchange.answer(body, status=status)

    async with bad_server(odd) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        assert caught.value.operation_id is not None
        attempt = mi.journal.read.attempts(caught.value.operation_id)[-1]
        assert attempt.state.value == "IN_DOUBT" and len(attempt.infcode or "") <= 12
        with pytest.raises(VisitBusy):
            await mi.call(settlement())
        assert len(server.requests) == 1


async def test_refund_and_settlement_in_turn() -> None:
    """2207 → 2208 → 2207 → 2208, each repeated once: four sends, and each repetition tells its own generation."""
    async with bad_server(bureau) as server, client(server.url) as mi:
        ids = []
        for _ in range(2):
            first = await mi.call(settlement())
            assert first.setlinfo.setl_id is not None
            again = await mi.call(settlement())
            assert again.meta.repeated and again.meta.msgid == first.meta.msgid
            taken = await mi.call(refund(first.setlinfo.setl_id))
            twice = await mi.call(refund(first.setlinfo.setl_id))
            assert twice.meta.repeated and twice.meta.msgid == taken.meta.msgid
            ids.append(first.setlinfo.setl_id)
        assert sent(server) == ["2207", "2208", "2207", "2208"] and len(set(ids)) == 2


async def test_a_settlement_whose_refund_is_in_doubt_is_not_called_settled() -> None:
    """It may be refunded: the stored reply would be a guess."""
    async with bad_server(in_turn(bureau, bad.drop_after_reading)) as server, client(server.url) as mi:
        first = await mi.call(settlement())
        assert first.setlinfo.setl_id is not None
        with pytest.raises(OutcomeUnknown) as doubt:
            await mi.call(refund(first.setlinfo.setl_id))
        with pytest.raises(VisitBusy) as caught:
            await mi.call(settlement())
        assert caught.value.operation_id == doubt.value.operation_id and len(server.requests) == 2


async def test_a_finished_settlement_is_told_while_another_batch_is_in_doubt() -> None:
    async with bad_server(in_turn(bureau, bad.drop_after_reading)) as server, client(server.url) as mi:
        await mi.call(settlement())
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement(chrg_bchno="B2"))
        assert (await mi.call(settlement())).meta.repeated and len(server.requests) == 2


async def test_a_reversal_of_what_is_not_in_doubt_is_not_sent() -> None:
    """2601 for a confirmed, an unknown, another institution's and an unsent message."""
    async with bad_server(bureau) as server, client(server.url) as mi:
        done = await mi.call(settlement())
        with pytest.raises(NotSent):
            await mi.call(settlement(mdtrt_id="V2"), deadline=0.0)
        unsent = [a.msgid for a in mi.journal.read.unresolved()]
        foreign = "H99000000001" + str(done.meta.msgid)[12:]
        for omsgid in (str(done.meta.msgid), f" {done.meta.msgid}", HOSPITAL + "0" * 18, foreign, *unsent):
            with pytest.raises((NoReversal, InvalidInput)):
                await mi.call(ReversalRequest(psn_no=PSN, omsgid=omsgid, oinfno="2207"))
        assert len(server.requests) == 1 and not unsent


async def test_a_rejected_bill_may_be_another_persons() -> None:
    """Nothing was done for the first: the corrected person is sent."""
    text = "参保人状态异常"
    async with (
        bad_server(in_turn(refused(text), bureau)) as server,
        client(server.url, institution={"refusals": [text]}) as mi,
    ):
        with pytest.raises(MiError):
            await mi.call(settlement(psn_no=OTHER))
        reply = await mi.call(settlement())
        assert not reply.meta.repeated and len(server.requests) == 2


async def test_blanks_around_an_operation_key_make_no_other_bill() -> None:
    async with bad_server(bureau) as server, client(server.url) as mi:
        await mi.call(inpatient(), operation_key="N1")
        assert (await mi.call(inpatient(), operation_key=" N1\n")).meta.repeated and len(server.requests) == 1


async def test_an_operator_that_cannot_be_encoded_is_refused() -> None:
    async with bad_server(bureau) as server, client(server.url) as mi:
        with pytest.raises(InvalidInput):
            await mi.call(settlement(), operator={"id": "1", "name": "\ud800"})
        assert not server.requests and not mi.journal.read.unresolved()

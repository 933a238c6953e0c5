"""Notifications over HTTP: believed only when signed, handled once, acknowledged in the documented form."""

from __future__ import annotations

import asyncio
import gzip
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core.errors import ConfigError
from mi_core.inbound import Notification, inbound_app
from mi_core.interfaces import (
    OrderSettlementNotificationRequest,
    OrderSynchronisationRequest,
    PrescriptionReviewNotificationRequest,
    PrescriptionSettlementNotificationRequest,
)
from mi_plugins.sandbox.profiles.envelope_sm import APP_SECRET
from mi_plugins.sandbox.profiles.keys import CALLER_PUBLIC, signed
from mi_plugins.sandbox.profiles.sign_text import decrypted, read_literally, sign_text
from tests.inbound.receiver import (
    HOSPITAL,
    NAME,
    PAID,
    PLATFORM,
    REVIEWED,
    SYNCHRONISED,
    TAKEN,
    TOKEN,
    Desk,
    _encode,
    receiving,
    settings_of,
)
from tests.sandbox import callers

EVERY = [
    ("6302", "6302", PAID, OrderSettlementNotificationRequest),
    ("6204", "6204", SYNCHRONISED, OrderSynchronisationRequest),
    ("rxChkInfoCallback", "7108", REVIEWED, PrescriptionReviewNotificationRequest),
    ("rxSetlInfoCallback", "7109", TAKEN, PrescriptionSettlementNotificationRequest),
]


@pytest.mark.parametrize(("path", "code", "business", "kind"), EVERY, ids=[code for _, code, _, _ in EVERY])
async def test_each_comes_typed_is_handled_once_and_acknowledged(
    tmp_path: Path, path: str, code: str, business: dict[str, Any], kind: type[Any]
) -> None:
    desk = Desk()
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        answers = [await line.tell(name, business) for name in (path, path, code)]
    (told,) = desk.got
    assert isinstance(told.request, kind) and (told.interface, told.institution) == (code, HOSPITAL)
    assert not told.again and not told.problems and told.key
    documented = {"success": True} if code.startswith("7") else {"success": True, "message": "成功"}
    assert answers == [(200, documented)] * 3


async def test_amounts_are_exact_whatever_their_form(tmp_path: Path) -> None:
    desk = Desk()
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        assert (await line.tell("6302", PAID | {"feeSumamt": "150.00", "fundPay": 0}))[0] == 200
        assert (await line.tell("6302", PAID | {"feeSumamt": 150}))[0] == 200, "the same, written otherwise"
    (told,) = desk.got
    assert isinstance(told.request, OrderSettlementNotificationRequest)
    assert (told.request.feeSumamt, told.request.fundPay) == (Decimal("150.00"), Decimal(0))
    assert TOKEN not in repr(told)


async def test_nothing_unsigned_is_believed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk = Desk()
    whole = PLATFORM.wrap(REVIEWED)
    forged = callers.envelope(REVIEWED)  # signed with the hospital's own key: anybody could have got it
    other = PLATFORM.wrap(REVIEWED | {"rxChkStasCodg": "0"})
    bodies = {
        "reply signature wrong": [
            _encode(forged),
            _encode(whole | {"encData": other["encData"]}),
            _encode(whole | {"timestamp": "1700000000000"}),
        ],
        "reply not signed": [_encode({k: v for k, v in whole.items() if k != "signData"})],
        "reply not json": [
            b"",
            b"[]",
            b'{"a":NaN}',
            b"\xff",
            _encode(whole)[:-1] + b',"appId":"x"}',
            b"[" * 100_000,
        ],
        "reply not decrypted": [_encode(whole | {"encData": "00"}), _encode(whole | {"data": REVIEWED})],
    }
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        for evidence, several in bodies.items():
            for body in several:
                caplog.clear()
                assert await line.post("7108", body) == (401, b"refused")
                assert f"notification 7108 refused with 401 from 127.0.0.1: {evidence}" in caplog.text
                assert NAME not in caplog.text and "合理" not in caplog.text
    assert desk.got == []


async def test_another_institutions_platform_is_not_believed(tmp_path: Path) -> None:
    desk = Desk()
    another = CALLER_PUBLIC.uncompressed.hex()
    async with receiving(settings_of(tmp_path, platform_key=another), desk.handle) as line:
        assert (await line.tell("6302", PAID))[0] == 401
    outer = PLATFORM.wrap(PAID) | {"appId": "ANOTHER-INSTITUTIONS-APP-ID"}
    plain = read_literally(decrypted(PLATFORM.key, outer["encData"]))
    outer["signData"] = signed(sign_text(outer, plain, APP_SECRET).encode())
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        assert (await line.post("6302", _encode(outer)))[0] == 401, (
            "the platform signed it, for somebody else"
        )
    assert desk.got == []


async def test_other_content_under_the_same_key_is_a_matter_for_people(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        await line.tell("6302", PAID)
        assert await line.tell("6302", PAID | {"fundPay": 100.00, "psnAcctPay": 0}) == (
            409,
            "同一通知的内容与此前不一致",
        )
        assert "other content than before" in caplog.text and TOKEN not in caplog.text
        assert (await line.tell("6302", PAID))[0] == 200
        assert (await line.tell("6302", PAID | {"revsToken": "RENEWED"}))[0] == 200, "a token may be renewed"
        assert (await line.tell("6302", PAID | {"payOrdId": "P2"}))[0] == 200
    assert len(desk.got) == 2


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"payOrdId": ""}, "payOrdId: required"),
        ({"feeSumamt": None, "fundPay": ""}, "feeSumamt: required, fundPay: required"),
        ({"feeSumamt": "a lot"}, "/data/feeSumamt: unreadable"),
        ({"payOrdId": {"a": 1}}, "payOrdId: type"),
    ],
    ids=["no order", "no amounts", "no number", "no text"],
)
async def test_unfit_content_is_refused_with_what_is_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, change: dict[str, Any], rule: str
) -> None:
    desk = Desk()
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        assert await line.tell("6302", PAID | change) == (422, "通知内容不符合接口规范")
    assert rule in caplog.text and TOKEN not in caplog.text and "a lot" not in caplog.text
    assert desk.got == []


async def test_news_is_worth_more_than_form(tmp_path: Path) -> None:
    desk = Desk()
    odd = REVIEWED | {"rxStasName": "一" * 30, "rxChkStasCodg": "7", "newField": {"a": [1]}}
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        assert (await line.tell("7108", odd))[0] == 200
    assert {(p.field, p.rule) for p in desk.got[0].problems} == {
        ("rxStasName", "max_length"),
        ("rxChkStasCodg", "code"),
    }


async def test_a_handler_that_fails_gets_it_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.raises = [ValueError(f"cannot find {NAME}")]
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        assert await line.tell("7108", REVIEWED) == (503, "处理未完成，请重新发送")
        assert await line.tell("7108", REVIEWED) == (200, {"success": True})
        assert await line.tell("7108", REVIEWED) == (200, {"success": True})
    first, second = desk.got
    assert (first.again, second.again) == (False, True) and first.key == second.key
    assert first.received_at == second.received_at
    assert "handler failed: ValueError" in caplog.text and NAME not in caplog.text


async def test_two_deliveries_at_the_same_time(tmp_path: Path) -> None:
    desk = Desk()
    desk.may_end.clear()
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        first = asyncio.create_task(line.tell("6302", PAID))
        await desk.began.wait()
        assert await line.tell("6302", PAID) == (503, "正在处理，请稍后重新发送")
        desk.may_end.set()
        assert (await first)[0] == 200
        assert (await line.tell("6302", PAID))[0] == 200
    assert len(desk.got) == 1


async def test_it_is_recorded_although_the_sender_hangs_up(tmp_path: Path) -> None:
    desk = Desk()
    desk.may_end.clear()
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        sender = asyncio.create_task(line.tell("6302", PAID))
        await desk.began.wait()
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
        desk.may_end.set()
        async with asyncio.timeout(30):
            while (await line.tell("6302", PAID))[0] != 200:
                await asyncio.sleep(0.02)
    assert len(desk.got) == 1


async def test_a_plain_function_runs_in_a_thread(tmp_path: Path) -> None:
    got: list[Notification] = []
    async with receiving(settings_of(tmp_path), got.append) as line:
        assert (await line.tell("6302", PAID))[0] == 200
    assert len(got) == 1


async def test_what_is_no_notification_is_not_read(tmp_path: Path) -> None:
    desk = Desk()
    body = _encode(PLATFORM.wrap(PAID))
    async with receiving(settings_of(tmp_path), desk.handle, body_limit=10_000) as line:
        for name in ("6301", "2207", "nothing", "%2e%2e"):
            assert (await line.post(name, body))[0] == 404
        assert (await line.post("6302", body, institution="H99999999999"))[0] == 404
        assert (await line.post("6302", gzip.compress(body), **{"Content-Encoding": "gzip"}))[0] == 415
        assert (await line.post("6302", b" " * 10_001))[0] == 413
        async with line.session.get(f"{line.url}/{HOSPITAL}/6302") as reply:
            assert reply.status == 405

        async def endless() -> Any:
            while True:
                yield b" " * 4_096

        async with line.session.post(f"{line.url}/{HOSPITAL}/6302", data=endless()) as reply:
            assert reply.status == 413
        assert (await line.tell("6302", PAID))[0] == 200
    assert len(desk.got) == 1


async def test_several_institutions_are_told_apart(tmp_path: Path) -> None:
    desk = Desk()
    codes = (HOSPITAL, "H43000000002")
    async with receiving(settings_of(tmp_path, *codes), desk.handle) as line:
        for code in codes:
            assert (await line.tell("6302", PAID, institution=code))[0] == 200
        assert (await line.tell("6302", PAID, institution=None))[0] == 404
    assert [one.institution for one in desk.got] == list(codes) and desk.got[0].key != desk.got[1].key
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        assert (await line.tell("6302", PAID, institution=None))[0] == 200, (
            "with one institution its code may be left out"
        )
    assert len(desk.got) == 2


async def test_without_a_gateway_that_receives_there_is_nothing_to_serve(tmp_path: Path) -> None:
    config = settings_of(tmp_path)
    (one,) = config.institutions.values()
    bare = attrs.evolve(config, institutions={HOSPITAL: attrs.evolve(one, gateways={})})
    with pytest.raises(ConfigError, match="envelope-sm"):
        inbound_app(bare, Desk().handle)

"""What anybody who finds the address can send: refused before it costs anything."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict

from mi_plugins.gateways.envelope_sm import EnvelopeSmGateway
from tests.inbound.receiver import HOSPITAL, PAID, PLATFORM, Desk, _encode, receiving, settings_of


async def test_what_is_not_encrypted_with_our_key_is_refused_unread(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The text that is signed took seconds for a hostile megabyte; nobody without the key gets that far."""
    caplog.set_level(logging.WARNING)
    desk, signature = Desk(), PLATFORM.wrap(PAID)["signData"]
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        hostile = {"data": {f"k{i}": i for i in range(1000)}, "signData": signature}
        assert await line.post("6302", json.dumps(hostile).encode()) == (401, b"refused")
    assert "no business object" in caplog.text and desk.got == []


async def test_the_loop_goes_on_while_a_message_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    receive = EnvelopeSmGateway.receive

    def long(self: EnvelopeSmGateway, body: bytes) -> bytes:
        begun.set()
        assert may_end.wait(30), "the loop stood still meanwhile"
        return receive(self, body)

    monkeypatch.setattr(EnvelopeSmGateway, "receive", long)
    async with receiving(settings_of(tmp_path), Desk().handle) as line:
        task = asyncio.create_task(line.tell("6302", PAID))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        may_end.set()  # only a loop that goes on comes here
        assert (await task)[0] == 200


async def test_a_second_word_about_packing_is_read_as_well(tmp_path: Path) -> None:
    desk = Desk()
    body = gzip.compress(_encode(PLATFORM.wrap(PAID)))
    heads: Any = CIMultiDict([("Content-Encoding", "identity"), ("Content-Encoding", "gzip")])
    async with (
        receiving(settings_of(tmp_path), desk.handle) as line,
        line.session.post(f"{line.url}/{HOSPITAL}/6302", data=body, headers=heads) as reply,
    ):
        assert reply.status == 415
    assert desk.got == []

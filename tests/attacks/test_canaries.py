"""Unique personal data and keys in every field, everything goes wrong: they appear nowhere in clear."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sqlite3
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mi_core import InvalidInput, MiError
from tests.core.calls import client, config, query, refused, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange, Fault, bad_server

SECRET = "CANARY-SECRET-KEY-58213"
CANARIES = {
    "psn_no": "43009900000000058213", "certno": "439900199001015821", "mdtrt_cert_no": "CANARY-CERT-NO-58213",
    "card_sn": "CANARY-CARD-SN-58213", "mdtrt_id": "CANARYVISIT58213",
}  # fmt: skip
NAME, PHONE, SIGN = "欧阳金丝雀", "13812358213", "CANARYSIGN58213"
FORBIDDEN = (SECRET, *CANARIES.values(), NAME, PHONE, SIGN)


def request(**changes: Any) -> Any:
    return settlement(**{**CANARIES, "mdtrt_cert_type": "03", **changes})


async def talkative(exchange: Exchange) -> None:
    """A bureau that repeats what it got, in its text."""
    text = f"参保人{NAME} 身份证{CANARIES['certno']} 电话{PHONE}\n状态异常\x1b[2J"
    await refused(text)(exchange)


async def person(exchange: Exchange) -> None:
    await settled(
        psn_name=NAME,
        certno=CANARIES["certno"],
        psn_no=CANARIES["psn_no"],
        brdy="not a date",
        age="x",
        medfee_sumamt="x",
    )(exchange)


async def personal_infcode(exchange: Exchange) -> None:
    await exchange.answer(json.dumps({"infcode": f"{NAME}{CANARIES['certno']}", "err_msg": NAME}).encode())


FAULTS: dict[str, Fault] = {
    **{k: bad.AFTER_SEND[k] for k in ("drop after reading", "truncated", "HTML 200", "502", "not HTTP", "gzip")},
    "talkative": talkative, "confirmed": person, "personal infcode": personal_infcode, "echo": lambda e: e.answer(e.request),
    "echo as head": lambda e: e.answer(b"", extra=f"X-Echo: {CANARIES['psn_no']}\r\n", status="500 x"),
}  # fmt: skip


def shown(error: BaseException) -> str:
    """What an operator or a log may come to see; a person's name may stand in a bureau's own text."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(error)


@pytest.mark.parametrize("kind", FAULTS)
async def test_nothing_leaks(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    for name in ("asyncio", "aiohttp", "aiohttp.client", "mi_core", "sqlalchemy", "alembic"):
        logging.getLogger(name).setLevel(1)
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0
    path = tmp_path / "mi.db"
    seen = io.StringIO()
    options = {"store": {"operation_log": f"sqlite:///{path}"}, "institution": {
        "gateway": {"profile": "csb", "url": "", "access_key": "test-ak", "secret_key": SECRET}}}  # fmt: skip
    async with bad_server(FAULTS[kind]) as server:
        options["institution"]["gateway"]["url"] = server.url
        async with client(server.url, **options) as mi:
            seen.write(repr(mi.config) + repr(mi._runtime) + repr(request()))
            for one in (request(), request(mdtrt_id="CANARYVISIT58213b"), query()):
                try:
                    reply = await mi.call(one, deadline=0.5, operation_key=CANARIES["psn_no"])
                    seen.write(repr(reply) + repr(reply.meta) + str(reply))
                    assert repr(reply.meta.problems)
                except MiError as error:
                    seen.write(shown(error))
            try:
                await mi.call(
                    request(
                        certno=CANARIES["certno"] + "9999",
                        card_sn="\x00" + CANARIES["card_sn"],
                        psn_no=CANARIES["psn_no"] * 2,
                    )
                )
            except InvalidInput as error:
                seen.write(shown(error) + repr(error.problems))
            files = [p.read_bytes() for p in tmp_path.glob("mi.db*")]
        files += [p.read_bytes() for p in tmp_path.glob("mi.db*")]
    loop.set_debug(False)
    text = seen.getvalue() + caplog.text
    own_words = (
        (NAME,) if kind in ("talkative", "personal infcode") else ()
    )  # the bureau's own sentence, shown to the cashier
    for canary in FORBIDDEN:
        if (
            canary not in own_words and canary != CANARIES["mdtrt_id"]
        ):  # a visit's number may be shown, not stored in clear
            assert canary not in text, f"{canary} is shown"
        for content in files:
            assert canary.encode() not in content, f"{canary} is on the disk"
    assert "\x1b" not in text, "control characters of the gateway reach the terminal"
    with closing(sqlite3.connect(path)) as connection:
        columns = [str(row) for row in connection.execute(
            "SELECT evidence, error_code, operator_id, operator_name, trace_id, api_name FROM business_operation_logs")]  # fmt: skip
    assert not any(c in line for c in FORBIDDEN for line in columns)


async def test_a_traceback_with_locals_does_not_show_the_key() -> None:
    """Error reporters print the variables of every frame."""
    institution = {
        "gateway": {
            "profile": "csb",
            "url": "http://127.0.0.1:9/",
            "access_key": "test-ak",
            "secret_key": SECRET,
        }
    }
    async with client("http://127.0.0.1:9/", institution=institution) as mi:
        with pytest.raises(MiError) as caught:
            await mi.call(request())
    error: BaseException | None = caught.value
    while error is not None:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        ours = [str(f.locals) for f in report.stack if "/tests/" not in f.filename]
        assert ours and SECRET not in "".join(ours)
        error = error.__cause__


def test_a_configuration_shows_no_key() -> None:
    institution = {
        "gateway": {
            "profile": "csb",
            "url": "http://u:CANARY-SECRET-KEY-58213@h/",
            "access_key": "a",
            "secret_key": SECRET,
        }
    }
    try:
        made = config("http://h/", institution=institution)
    except MiError as error:
        assert SECRET not in shown(error)
    else:
        assert SECRET not in repr(made) + str(made)

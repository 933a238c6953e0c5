"""Notifications (7108, 7109, 6302, 6204) pushed to the institutions until they are acknowledged.

``POST <address>/rxChkInfoCallback`` (7108) and ``…/rxSetlInfoCallback`` (7109), as the specification names them; for 6302 and
6204 it names no path, so ``…/6302`` and ``…/6204``. The body is an envelope as the centres' replies have it, signed with the
sandbox's key. Acknowledged: HTTP 200 with an envelope of the institution whose ``code`` is 0 and whose business object
says ``"success": true``. Anything else is tried again after a second, two, four … at most a minute. What is owed stands
in the books, so a sandbox with a file goes on after a kill. An acknowledgement that is lost brings the same notification
again: receivers must be idempotent.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import msgspec

from mi_plugins.sandbox.bureau.context import Call, clock_text, from_json
from mi_plugins.sandbox.bureau.eprescription_pharmacy import review_notice, taking_notice
from mi_plugins.sandbox.bureau.notices import owe
from mi_plugins.sandbox.bureau.online_orders import (
    PAID,
    payment_notice,
    state_of,
    synchronisation,
    take_cash,
)
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.profiles.envelope_sm import EnvelopeSm
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["PATHS", "Postman", "listed", "trigger"]

PATHS: Final[Mapping[str, str]] = {
    "7108": "rxChkInfoCallback", "7109": "rxSetlInfoCallback", "6302": "6302", "6204": "6204",
}  # fmt: skip
PATIENCE: Final = 10.0
"""Seconds for an institution to answer."""
LONGEST: Final = 60.0
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_log = logging.getLogger("mi.sandbox")


class Postman:
    """Delivers what stands in the table ``notice``, one after the other."""

    def __init__(self, office: Office) -> None:
        self._office, self.url = office, office.settings.notify
        self._envelope = EnvelopeSm(office.settings)
        self._wake = asyncio.Event()

    def ring(self) -> None:
        """There may be something new."""
        self._wake.set()

    def send_to(self, url: str) -> None:
        """Push to this address from now on; empty: to nobody."""
        self.url = url
        self.ring()

    async def run(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                self._wake.clear()
                row = self._next() if self.url else None
                wait = None if row is None else (row["due"] - self._office.settings.now_ms()) / 1000
                if row is not None and wait is not None and wait <= 0:
                    await self._deliver(session, row)
                    continue
                try:  # the sandbox's clock may be put forward meanwhile
                    await asyncio.wait_for(self._wake.wait(), None if wait is None else min(wait, 1.0))
                except TimeoutError:
                    continue

    def _next(self) -> sqlite3.Row | None:
        return self._office.books.one(
            "SELECT * FROM notice WHERE state = 'pending' ORDER BY due, number LIMIT 1"
        )

    async def _deliver(self, session: aiohttp.ClientSession, row: sqlite3.Row) -> None:
        url = self.url.replace("{institution}", row["institution"]).rstrip("/") + "/" + PATHS[row["infno"]]
        body = _encode(self._envelope.wrap(from_json(row["business"])))
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as reply:
                answer = self._judge(reply.status, await reply.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            answer = type(error).__name__
        settings, attempts = self._office.settings, row["attempts"] + 1
        pause = min(LONGEST, settings.notify_again * 2 ** min(attempts - 1, 10))
        with self._office.books.transaction():
            self._office.books.run(
                "UPDATE notice SET state = ?, attempts = ?, due = ?, answer = ? WHERE number = ?",
                "pending" if answer else "acknowledged", attempts, settings.now_ms() + round(pause * 1000), answer, row["number"],
            )  # fmt: skip
        if answer:
            _log.warning("notification %s %s not acknowledged: %s", row["infno"], row["number"], answer)

    def _judge(self, status: int, body: bytes) -> str | None:
        """``None``: acknowledged; otherwise why not."""
        if status != 200:
            return f"HTTP {status}"
        data = self._envelope.answered(body)
        if isinstance(data, str):
            return data
        return None if data.get("success") is True else "not successful"


def trigger(office: Office, infno: str, subject: str) -> int:
    """Owe a notification now, whatever was sent before; returns its number. ``subject``: the order or prescription.

    6204 of an order that waits for cash takes the cash first. Raises ``ValueError`` for what there is nothing to tell of.
    """
    books, now, due = office.books, office.settings.clock(), office.settings.now_ms()
    with books.transaction():
        if infno in ("6302", "6204"):
            order = books.one("SELECT * FROM pay_order WHERE pay_ord_id = ?", subject)
            if order is None or state_of(order, due) not in PAID:
                raise WrongOrder(f"没有已支付的订单 {subject}", f"there is no paid order {subject}")
            if infno == "6204" and order["state"] == "4":
                order = take_cash(books, subject, time=clock_text(now))
            business = payment_notice(books, order) if infno == "6302" else synchronisation(order)
            institution = order["institution"]
        elif infno in ("7108", "7109"):
            row = books.one("SELECT * FROM prescription WHERE hi_rxno = ?", subject)
            told = None if row is None else _told(office, infno, row)
            if row is None or told is None:
                raise WrongOrder(
                    f"没有处方 {subject}，或尚无可通知（{infno}）的内容",
                    f"there is no prescription {subject} with anything to tell by {infno}",
                )
            business, institution = told, row["institution"]
        else:
            names = ", ".join(PATHS)
            raise WrongOrder(f"通知只有：{names}", f"a notification is one of {names}")
        number = owe(books, infno, subject, institution, business, now=now, due=due)
    office.bell()
    return number


def _told(office: Office, infno: str, row: sqlite3.Row) -> dict[str, Any] | None:
    if infno == "7108":
        return review_notice(office.books, row)
    if row["setl_time"] is None:
        return None
    spec = office.rulebook.catalog.interfaces[infno]
    institution = office.books.institutions[row["institution"]]
    return taking_notice(
        Call(spec, "", institution, "", "", "", {}, office.settings.clock()), office.books, row
    )


def listed(office: Office) -> list[dict[str, Any]]:
    """For the control endpoint: what was owed and what became of it, without the business objects."""
    names = "number, infno, subject, institution, state, attempts, entered, answer"
    return [dict(row) for row in office.books.all(f"SELECT {names} FROM notice ORDER BY number")]  # noqa: S608  # names above

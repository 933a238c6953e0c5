"""The fault table: what happens to one settlement, and what must be true afterwards, one line each.

``told``      what the caller gets: an error's class (with its evidence), or ``reply`` (with the rules of discrepancies)
``attempt``   the journal's state of the message right after; ``-``: the journal knows of none
``operation`` its operation's state
``log``       the status of its row in the operation log; ``-``: it has none
``sent``      how many whole messages reached the line
``visit``     whether other changing calls of the visit pass (``free``) or not (``held``); ``again …``: the journal is
              closed until the program is started again, and this is how it is then
``calm``      the attempt's state after recovery, when the line is good again and the fence is over; ``-``: nothing to do

The bureau's own books say whether it executed the message; :mod:`tests.faults.play` compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import apsw
import attrs

from tests.faults import machine as m
from tests.faults import processes as p
from tests.faults import wire as w
from tests.faults.line import Fault
from tests.faults.machine import Trouble
from tests.plugins import bad_server as bad

FREE: Final = "free"
HELD: Final = "held"
AGAIN_FREE: Final = "again free"
AGAIN: Final = "again held"
UNKNOWN: Final = ("IN_DOUBT", "OPEN", "in_doubt", 1, HELD)
"""The message was sent once, and nobody knows."""
GONE: Final = ("CONFIRMED", "DONE", "success", 1, FREE, "-")
DONE, NOT_DONE = "CONFIRMED", "NOT_EXECUTED"


@attrs.frozen
class Case:
    """One line of the table."""

    name: str
    trouble: Trouble = attrs.field(repr=False)
    told: str
    attempt: str
    operation: str
    log: str
    sent: int
    visit: str
    calm: str


def on_the_line(fault: Fault) -> Trouble:
    """It happens to the settlement's message."""

    @asynccontextmanager
    async def trouble(here: Any) -> Any:
        here.line.faults["2207"] = fault
        yield

    return trouble


def at_the_door(fault: Any) -> Trouble:
    """It happens to its connection."""

    @asynccontextmanager
    async def trouble(here: Any) -> Any:
        here.line.at_the_door = fault
        yield

    return trouble


def _table(how: Callable[[Any], Trouble], *rows: tuple[Any, ...]) -> list[Case]:
    return [Case(name, how(fault), *columns) for name, fault, *columns in rows]


def _lost(told: str, calm: str) -> tuple[Any, ...]:
    return (f"OutcomeUnknown: {told}", *UNKNOWN, calm)


NEVER_LEFT = ("NOT_SENT", "ABANDONED", "not_sent", 0, FREE, "-")
LINE = _table(
    on_the_line,
    # name                                 what happens                              told, attempt, operation, log, sent, visit, calm
    ("no fault",                           w.bent(lambda reply: None),               "reply", *GONE),
    ('infcode "0" as text',                w.bent(w.in_words),                       "reply", *GONE),
    ("amounts as texts",                   w.bent(w.as_texts),                       "reply", *GONE),
    ("the answer comes twice",             w.duplicate,                              "reply", *GONE),
    ("the sums do not hold",               w.bent(w.one_cent_more),                  "reply: identity", *GONE),
    ("nobody's person in the answer",      w.says(psn_no=None),                      "reply: person_missing", *GONE),

    ("dropped, not executed",              w.drop,                                   *_lost("connection closed", NOT_DONE)),
    ("dropped after execution",            w.done(w.drop),                           *_lost("connection closed", DONE)),
    ("reset, not executed",                w.reset,                                  *_lost("connection reset", NOT_DONE)),
    ("reset after execution",              w.done(w.reset),                          *_lost("connection reset", DONE)),
    ("silence, not executed",              w.silence,                                *_lost("timeout", NOT_DONE)),
    ("silence after execution",            w.done(w.silence),                        *_lost("timeout", DONE)),
    ("slow loris in the body",             w.slow_loris,                             *_lost("timeout", DONE)),
    ("slow loris in the head",             w.slow_head,                              *_lost("timeout", NOT_DONE)),
    ("102 Processing for ever",            w.interim_for_ever,                       *_lost("timeout", NOT_DONE)),
    ("half an answer, then silence",       w.half_an_answer_then_silence,            *_lost("timeout", DONE)),
    ("half a head",                        w.done(w.half_a_head),                    *_lost("connection closed", DONE)),
    ("truncated with Content-Length",      w.half_with_length,                       *_lost("reply truncated", DONE)),
    ("truncated without Content-Length",   w.half_without_length,                    *_lost("unreadable", DONE)),
    ("the last chunk is missing",          w.no_last_chunk,                          *_lost("reply truncated", DONE)),
    ("a chunk's length is none",           w.wrong_chunk,                            *_lost("", NOT_DONE)),
    ("Content-Length cuts it off",         w.too_short_a_length,                     *_lost("not http", DONE)),
    ("empty 200",                          w.done(bad.empty),                        *_lost("unreadable", DONE)),
    ("204",                                w.answered("", "204 No Content"),         *_lost("http 204", NOT_DONE)),
    ("HTML 200",                           w.answered(w.HTML),                       *_lost("unreadable", NOT_DONE)),
    ("HTML 200 after execution",           w.done(w.answered(w.HTML)),               *_lost("unreadable", DONE)),
    ("HTML 401",                           w.answered(w.HTML, "401 Unauthorized"),   *_lost("http 401", NOT_DONE)),
    ("502",                                bad.bad_gateway,                          *_lost("http 502", NOT_DONE)),
    ("502 after execution",                w.done(bad.bad_gateway),                  *_lost("http 502", DONE)),
    ("503 with Retry-After",               w.answered("", "503 Busy", "Retry-After: 0\r\n"), *_lost("http 503", NOT_DONE)),
    ("500 with the proper answer",         w.rewritten_as("500 Internal Server Error"), *_lost("http 500", DONE)),
    ("307 in a loop",                      w.loops,                                  *_lost("http 307", NOT_DONE)),
    ("302 elsewhere",                      bad.moved,                                *_lost("http 302", NOT_DONE)),
    ("308 after execution",                w.gone_for_good,                          *_lost("http 308", DONE)),
    ("not HTTP",                           bad.not_http,                             *_lost("not http", NOT_DONE)),
    ("GBK body",                           w.rewritten(lambda b: b.decode().encode("gb18030")), *_lost("unreadable", DONE)),
    ("UTF-16 body",                        w.rewritten(lambda b: b.decode().encode("utf-16")), *_lost("unreadable", DONE)),
    ("gzip although not asked for",        w.zipped,                                 *_lost("", DONE)),
    ("200 MB of blanks",                   w.flood,                                  *_lost("reply too large", NOT_DONE)),
    ("infcode twice",                      w.rewritten(w.twice),                     *_lost("unreadable", DONE)),
    ("NaN as an amount",                   w.rewritten(w.not_a_number),              *_lost("unreadable", DONE)),
    ("infcode 0 without setl_id",          w.says(setl_id=None),                     *_lost("proof missing", DONE)),
    ("infcode 0 with an empty setl_id",    w.says(setl_id=""),                       *_lost("proof missing", DONE)),
    ("infcode 0 without output",           w.bent(w.without_output),                 *_lost("proof missing", DONE)),
    ("another person's answer",            w.says(psn_no="9901000000009999"),        *_lost("another person", DONE)),
    ("another message's answer",           w.someone_elses,                          *_lost("another message id", DONE)),
    ("infcode 7",                          w.refused("?", 7),                        *_lost("infcode 7", NOT_DONE)),
    ("no infcode",                         w.answered('{"output":{}}'),              *_lost("no infcode", NOT_DONE)),
    ("gateway code 500",                   w.answered('{"code":500,"message":"x"}'), *_lost("no infcode", NOT_DONE)),
    ("unknown refusal",                    w.refused("业务繁忙，请稍后"),            *_lost("unlisted refusal", NOT_DONE)),
    ("unknown refusal after execution",    w.done(w.refused("业务繁忙，请稍后")),    *_lost("unlisted refusal", DONE)),

    ("known refusal",                      w.refused(w.KNOWN_REFUSAL),               "BureauRefused",  "REJECTED", "FAILED", "failed", 1, FREE, "-"),
    ("gateway's 401",                      w.answered('{"code":401,"message":"AK不存在"}'), "GatewayRefused", "REJECTED", "FAILED", "failed", 1, FREE, "-"),
    ("gateway's 401 as HTTP 401",          w.answered('{"code":401,"message":"AK不存在"}', "401 Unauthorized"),
                                                                                     "GatewayRefused", "REJECTED", "FAILED", "failed", 1, FREE, "-"),
)  # fmt: skip

DOOR = _table(
    at_the_door,
    ("accepted and closed",                w.closed_door,        "OutcomeUnknown: connection closed", "IN_DOUBT", "OPEN", "in_doubt", 0, HELD, NOT_DONE),
    ("accepted and reset",                 w.slammed_door,       "OutcomeUnknown: connection",        "IN_DOUBT", "OPEN", "in_doubt", 0, HELD, NOT_DONE),
    ("reset in the middle of the request", w.half_read,          "OutcomeUnknown: connection reset",  "IN_DOUBT", "OPEN", "in_doubt", 0, HELD, NOT_DONE),
)  # fmt: skip

WAY = _table(
    m.another_address,
    ("connection refused",                 m.nobody_listens,     "GatewayUnreachable", *NEVER_LEFT),
    ("no such name",                       m.no_such_name,       "GatewayUnreachable", *NEVER_LEFT),
    ("no TLS",                             m.speaks_no_tls,      "GatewayUnreachable", *NEVER_LEFT),
)  # fmt: skip

MACHINE = _table(
    lambda trouble: trouble,
    ("connecting for ever",                m.connecting_for_ever,                         "GatewayUnreachable", *NEVER_LEFT),
    ("disk full from the start",           m.from_the_start(m.full_disk),                 "NotSent", "-", "-", "-", 0, FREE, "-"),
    ("disk full when it is journalled",    m.when_journalled(m.full_disk),                "NotSent", "-", "-", "pending", 0, AGAIN_FREE, "-"),
    ("disk full while the answer is out",  m.while_it_is_out(m.full_disk),                "reply: log, journal", "SENT", "OPEN", "pending", 1, AGAIN, DONE),
    ("journal's disk full",                m.journal_disk(apsw.FullError),                "NotSent", "-", "-", "not_sent", 0, AGAIN_FREE, "-"),
    ("journal: EIO",                       m.journal_disk(apsw.IOError),                  "NotSent", "-", "-", "not_sent", 0, AGAIN_FREE, "-"),
    ("journal: fsync fails",               m.journal_disk(apsw.IOError, sync=True),       "NotSent", "-", "-", "not_sent", 0, AGAIN_FREE, "-"),
    ("journal: EIO while it is out",       m.journal_disk(apsw.IOError, out=True),        "reply: journal", "SENT", "OPEN", "success", 1, AGAIN, DONE),
    ("journal: fsync fails while out",     m.journal_disk(apsw.IOError, sync=True, out=True), "reply: journal", "SENT", "OPEN", "success", 1, AGAIN, DONE),
    ("journal: full while it is out",      m.journal_disk(apsw.FullError, out=True),      "reply: journal", "SENT", "OPEN", "success", 1, AGAIN, DONE),
    ("journal turns read-only",            m.when_journalled(m.read_only_journal),        "NotSent", "-", "-", "not_sent", 0, AGAIN_FREE, "-"),
    ("journal read-only while out",        m.while_it_is_out(m.read_only_journal),        "reply: journal", "SENT", "OPEN", "success", 1, AGAIN, DONE),
    ("everything read-only at the start",  m.closed_folder(files=0o444),                  "StoreError", "-", "-", "-", 0, FREE, "-"),
    ("folder read-only at the start",      m.closed_folder(files=0o666),                  "StoreError", "-", "-", "-", 0, FREE, "-"),
    ("files unreadable at the start",      m.closed_folder(files=0o000),                  "StoreError", "-", "-", "-", 0, FREE, "-"),
    ("folder closed at the start",         m.closed_folder(files=0o666, folder=0o000),    "StoreError", "-", "-", "-", 0, FREE, "-"),
    ("journal's file is gone",             m.from_the_start(m.lost_journal),              "NotSent", "-", "-", "-", 0, FREE, "-"),
    ("journal's file gone while out",      m.while_it_is_out(m.lost_journal),             "reply: journal", "SENT", "OPEN", "success", 1, AGAIN, DONE),
    ("log's file is gone",                 m.from_the_start(m.lost_log),                  "NotSent", "-", "-", "-", 0, FREE, "-"),
    ("log's file gone while out",          m.while_it_is_out(m.lost_log),                 "reply", *GONE),
    ("log is locked",                      m.locked_log("begin", 100_000.0),              "NotSent", "-", "-", "not_sent", 0, FREE, "-"),
    ("log is locked while it is out",      m.locked_log("end", 11.0),                     "reply: log", *GONE),
    ("journal is locked",                  m.when_journalled(m.locked_journal),           "NotSent", "NOT_SENT", "ABANDONED", "not_sent", 0, FREE, "-"),
    ("clock 2 h ahead",                    m.from_the_start(m.clock_steps(2)),            "reply", *GONE),
    ("clock 2 h behind",                   m.from_the_start(m.clock_steps(-2)),           "reply", *GONE),
    ("clock steps ahead while it is out",  m.while_it_is_out(m.clock_steps(2)),           "reply", *GONE),
    ("clock steps back while it is out",   m.while_it_is_out(m.clock_steps(-2)),          "reply", *GONE),
    ("clock too far ahead",                m.from_the_start(m.clock_steps(4)),            "GatewayRefused", "REJECTED", "FAILED", "failed", 1, FREE, "-"),
    ("clock too far behind",               m.from_the_start(m.clock_steps(-4)),           "GatewayRefused", "REJECTED", "FAILED", "failed", 1, FREE, "-"),
    ("the caller is cancelled",            m.while_waiting(m.cancelled),                  "CancelledError", *UNKNOWN, DONE),
    ("the program ends while it waits",    m.while_waiting(m.closed),                     "OutcomeUnknown: connection", *UNKNOWN, DONE),
)  # fmt: skip

PROCESS = _table(
    lambda trouble: trouble,
    ("SIGKILL before anything is written", p.dies("before the log"),  "killed", "-", "-", "-", 0, FREE, "-"),
    ("SIGKILL before it is journalled",    p.dies("before begin"),    "killed", "-", "-", "pending", 0, FREE, "-"),
    ("SIGKILL before the first byte",      p.dies("written ahead"),   "killed", "SENT", "OPEN", "pending", 0, HELD, NOT_DONE),
    ("SIGKILL when half has left",         p.dies("half the bytes"),  "killed", "SENT", "OPEN", "pending", 0, HELD, NOT_DONE),
    ("SIGKILL while the answer is out",    p.dies_while_it_waits,     "killed", "SENT", "OPEN", "pending", 1, HELD, DONE),
    ("SIGKILL with the answer in hand",    p.dies("not recorded"),    "killed", "SENT", "OPEN", "pending", 1, HELD, DONE),
    ("SIGKILL before it is logged",        p.dies("not logged"),      "killed", "CONFIRMED", "DONE", "pending", 1, FREE, "-"),
)  # fmt: skip

BEHIND: Final = {"disk full when it is journalled", "SIGKILL before it is journalled", "SIGKILL before it is logged"}
"""The journal is right, and the log's row stays ``pending``: nobody brings the log up to the journal after a start."""
WRONG: Final = {"folder closed at the start": "a bare PermissionError instead of a StoreError"}
"""What is known to be wrong."""

TABLE = [*LINE, *DOOR, *WAY, *MACHINE, *PROCESS]

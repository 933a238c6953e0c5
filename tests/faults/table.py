"""The fault table: what happens to one settlement, and what must be true afterwards, one line each.

``told``      what the caller gets: an error's class (with its evidence), or ``reply`` (with the rules of discrepancies)
``attempt``   the journal's state of the message right after; ``-``: the journal knows of none
``operation`` its operation's state
``log``       the status of its row in the operation log; ``-``: it has none (yet: the journal is written first)
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

from tests.faults import disks as d
from tests.faults import machine as m
from tests.faults import processes as p
from tests.faults import wire as w
from tests.faults.line import Fault
from tests.faults.moments import Trouble, from_the_start, when_journalled, while_it_is_out
from tests.plugins import bad_server as bad

FREE: Final = "free"
HELD: Final = "held"
AGAIN_FREE: Final = "again free"
AGAIN: Final = "again held"
DONE, NOT_DONE = "CONFIRMED", "NOT_EXECUTED"

# attempt, operation, log, sent, visit (and, where it is always the same, calm)
UNKNOWN: Final = ("IN_DOUBT", "OPEN", "in_doubt", 1, HELD)
NOBODY_READ: Final = ("IN_DOUBT", "OPEN", "in_doubt", 0, HELD, NOT_DONE)
GONE: Final = ("CONFIRMED", "DONE", "success", 1, FREE, "-")
REFUSED: Final = ("REJECTED", "FAILED", "failed", 1, FREE, "-")
NEVER_LEFT: Final = ("NOT_SENT", "ABANDONED", "not_sent", 0, FREE, "-")
NOTHING: Final = ("-", "-", "-", 0, FREE, "-")
CLOSED: Final = ("-", "-", "-", 0, AGAIN_FREE, "-")
TAKEN_BACK: Final = ("NOT_SENT", "ABANDONED", "-", 0, FREE, "-")
PERHAPS: Final = "- or pending"
"""Killed while the log was writing the row that it had been handed."""
UNRECORDED: Final = ("SENT", "OPEN", "success", 1, AGAIN, DONE)


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

    ("known refusal",                      w.refused(w.KNOWN_REFUSAL),               "BureauRefused",  *REFUSED),
    ("gateway's 401",                      w.answered('{"code":401,"message":"AK不存在"}'), "GatewayRefused", *REFUSED),
    ("gateway's 401 as HTTP 401",          w.answered('{"code":401,"message":"AK不存在"}', "401 Unauthorized"),
                                                                                     "GatewayRefused", *REFUSED),
)  # fmt: skip

DOOR = _table(
    at_the_door,
    ("accepted and closed",                w.closed_door,        "OutcomeUnknown: connection closed", *NOBODY_READ),
    ("accepted and reset",                 w.slammed_door,       "OutcomeUnknown: connection",        *NOBODY_READ),
    ("reset in the middle of the request", w.half_read,          "OutcomeUnknown: connection reset",  *NOBODY_READ),
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
    ("disk full from the start",           from_the_start(d.full_disk),                 "NotSent", *CLOSED),
    ("disk full when it is journalled",    when_journalled(d.full_disk),                "NotSent", *CLOSED),
    ("disk full while the answer is out",  while_it_is_out(d.full_disk),                "reply: journal", *UNRECORDED),
    ("journal's disk full",                d.journal_disk(apsw.FullError),                "NotSent", *CLOSED),
    ("journal: EIO",                       d.journal_disk(apsw.IOError),                  "NotSent", *CLOSED),
    ("journal: fsync fails",               d.journal_disk(apsw.IOError, sync=True),       "NotSent", *CLOSED),
    ("journal: EIO while it is out",       d.journal_disk(apsw.IOError, out=True),        "reply: journal", *UNRECORDED),
    ("journal: fsync fails while out",     d.journal_disk(apsw.IOError, sync=True, out=True), "reply: journal", *UNRECORDED),
    ("journal: full while it is out",      d.journal_disk(apsw.FullError, out=True),      "reply: journal", *UNRECORDED),
    ("journal turns read-only",            when_journalled(d.read_only_journal),        "NotSent", *CLOSED),
    ("journal read-only while out",        while_it_is_out(d.read_only_journal),        "reply: journal", *UNRECORDED),
    ("everything read-only at the start",  d.closed_folder(files=0o444),                  "StoreError", *NOTHING),
    ("folder read-only at the start",      d.closed_folder(files=0o666),                  "StoreError", *NOTHING),
    ("files unreadable at the start",      d.closed_folder(files=0o000),                  "StoreError", *NOTHING),
    ("folder closed at the start",         d.closed_folder(files=0o666, folder=0o000),    "StoreError", *NOTHING),
    ("journal's files read-only at the start", d.closed_journal(files=0o444),             "StoreError", *NOTHING),
    ("journal's folder read-only at the start", d.closed_journal(files=0o666, folder=0o555), "StoreError", *NOTHING),
    ("journal's folder closed at the start", d.closed_journal(files=0o666, folder=0o000), "StoreError", *NOTHING),
    ("journal's file is gone",             from_the_start(d.lost_journal),              "NotSent", *NOTHING),
    ("journal's file gone while out",      while_it_is_out(d.lost_journal),             "reply: journal", *UNRECORDED),
    ("log's file is gone",                 from_the_start(d.lost_log),                  "reply", *GONE),
    ("log's file gone while out",          while_it_is_out(d.lost_log),                 "reply", *GONE),
    ("log is locked",                      d.log_locked_at_begin,                         "reply", *GONE),
    ("log is locked while it is out",      while_it_is_out(d.locked_log),               "reply", *GONE),
    ("journal is locked",                  when_journalled(d.locked_journal),           "NotSent", *TAKEN_BACK),
    ("clock 2 h ahead",                    from_the_start(m.clock_steps(2)),            "reply", *GONE),
    ("clock 2 h behind",                   from_the_start(m.clock_steps(-2)),           "reply", *GONE),
    ("clock steps ahead while it is out",  while_it_is_out(m.clock_steps(2)),           "reply", *GONE),
    ("clock steps back while it is out",   while_it_is_out(m.clock_steps(-2)),          "reply", *GONE),
    ("clock too far ahead",                from_the_start(m.clock_steps(4)),            "GatewayRefused", *REFUSED),
    ("clock too far behind",               from_the_start(m.clock_steps(-4)),           "GatewayRefused", *REFUSED),
    ("the caller is cancelled",            m.while_waiting(m.cancelled),                  "CancelledError", *UNKNOWN, DONE),
    ("the program ends while it waits",    m.while_waiting(m.closed),                     "OutcomeUnknown: connection", *UNKNOWN, DONE),
)  # fmt: skip

PROCESS = _table(
    lambda trouble: trouble,
    ("SIGKILL before anything is written", p.dies("at the start"),  "killed", *NOTHING),
    ("SIGKILL before it is journalled",    p.dies("before begin"),    "killed", *NOTHING),
    ("SIGKILL before the first byte",      p.dies("written ahead"),   "killed", "SENT", "OPEN", "-", 0, HELD, NOT_DONE),
    ("SIGKILL when half has left",         p.dies("half the bytes"),  "killed", "SENT", "OPEN", PERHAPS, 0, HELD, NOT_DONE),
    ("SIGKILL while the answer is out",    p.dies_while_it_waits,     "killed", "SENT", "OPEN", PERHAPS, 1, HELD, DONE),
    ("SIGKILL with the answer in hand",    p.dies("not recorded"),    "killed", "SENT", "OPEN", PERHAPS, 1, HELD, DONE),
    ("SIGKILL before it is logged",        p.dies("not logged"),      "killed", "CONFIRMED", "DONE", PERHAPS, 1, FREE, "-"),
)  # fmt: skip

BEHIND: Final = ("journal is locked", *(case.name for case in PROCESS if case.attempt != "-"))
"""The log lacks the row, or its end, until the next start of a program that recovers."""

TABLE = [*LINE, *DOOR, *WAY, *MACHINE, *PROCESS]

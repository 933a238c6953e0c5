"""The table of troubles while an outcome is found out: how the settlement was lost, what spoils the questions, and then.

``spoilt``  per interface: what happens to its messages on the line, or the name of a fault of the sandbox
``known``   what the region's data say of the gateway
``during``  the settlement's state after a look while it is spoilt; the visit stays held unless it has ended
``calm``    its state when the line is good again
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from mi_core.config import RecoverySettings
from tests.faults import wire as w
from tests.faults.line import Fault
from tests.recovery.kit import LONG, OVER

BOOKS: Final = attrs.evolve(LONG, query_without_setl_id=False)
"""Only 3202 tells."""
SOON: Final = attrs.evolve(OVER, query_without_setl_id=False, questions=1)
"""Only 3202 tells, and one blank answer is enough for a reversal."""
LAGS: Final = attrs.evolve(OVER, replica_lag=3600)
"""Copies are an hour behind."""
NO_END: Final = attrs.evolve(OVER, processing=None)
"""Nobody knows how long the centre works on a message."""
LOST: Final = w.done(w.drop)
BLANK: Final = {"9102": "blank_ids"}
NO_ZIP: Final = w.answered(b"PK\x03\x04nonsense", extra="Content-Type: application/octet-stream\r\n")


@attrs.frozen
class Question:
    """One line."""

    name: str
    lost: Fault = attrs.field(repr=False)
    spoilt: Mapping[str, Fault | str] = attrs.field(repr=False)
    known: RecoverySettings = attrs.field(repr=False)
    during: str
    calm: str

    @property
    def ends(self) -> bool:
        """It is not looked at again."""
        return self.during in ("MANUAL", "NOT_EXECUTED", "CONFIRMED")


def rows(**values: Any) -> Fault:
    """5203 tells other values of each settlement."""

    def change(reply: Any) -> None:
        info = reply["output"]["setlinfo"]
        for row in info if isinstance(info, list) else [info]:
            row.update(values)

    return w.bent(change)


def another_id_too(reply: Any) -> None:
    """The same message stands there twice, with two ids."""
    info = reply["output"]["setlinfo"]
    first = info[0] if isinstance(info, list) else info
    reply["output"]["setlinfo"] = [first, first | {"setl_id": "999"}]


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


QUESTIONS = [
    Question(*line)
    for line in (
        # name                             lost    spoilt                                     known  during                   calm
        ("5203 answers HTML",              LOST,   {"5203": w.answered(w.HTML)},              LONG,  "IN_DOUBT",              "CONFIRMED"),
        ("5203 is silent",                 LOST,   {"5203": w.silence},                       LONG,  "IN_DOUBT",              "CONFIRMED"),
        ("5203 is cut off",                LOST,   {"5203": w.half_with_length},              LONG,  "IN_DOUBT",              "CONFIRMED"),
        ("5203 is refused by the gateway", LOST,   {"5203": w.answered('{"code":401,"message":"x"}')}, LONG, "IN_DOUBT",     "CONFIRMED"),
        ("5203 refuses in other words",    LOST,   {"5203": w.refused("系统繁忙")},           LONG,  "IN_DOUBT",              "CONFIRMED"),
        ("5203 knows no such thing",       LOST,   {"5203": w.refused("没有与所给条件对应的结算记录")}, LONG, "IN_DOUBT",    "CONFIRMED"),
        ("5203 tells no setl_id",          LOST,   {"5203": rows(setl_id="")},                LONG,  "EXECUTED_UNIDENTIFIED", "CONFIRMED"),
        ("5203 tells another amount",      LOST,   {"5203": rows(medfee_sumamt=1)},           LONG,  "CONFIRMED",             "CONFIRMED"),
        ("5203 tells another person",      LOST,   {"5203": rows(psn_no="9901")},             LONG,  "CONFIRMED",             "CONFIRMED"),
        ("5203 tells two settlements",     LOST,   {"5203": w.bent(another_id_too)},          LONG,  "CONFIRMED",             "CONFIRMED"),
        ("another amount, and no books",   LOST,   {"5203": rows(medfee_sumamt=1), "3202": w.refused("忙")}, LONG, "MANUAL", "MANUAL"),
        ("5203's copy lags behind",        LOST,   {"5203": "replica_lag"},                   LAGS,  "IN_DOUBT",              "CONFIRMED"),
        ("5203 lags more than it says",    LOST,   {"5203": "replica_lag"},                  OVER,  "NOT_EXECUTED",         "NOT_EXECUTED"),
        ("late, before the fence",         w.late, {},                                        LONG,  "IN_DOUBT",              "CONFIRMED"),
        ("late, after the fence",          w.late, {},                                       OVER,  "NOT_EXECUTED",         "NOT_EXECUTED"),
        ("late, the fence unknown",        w.late, {},                                       NO_END, "IN_DOUBT",              "CONFIRMED"),
        ("the bureau is away",             LOST,   dict.fromkeys(("5203", "3202"), w.drop),   LONG,  "IN_DOUBT",              "CONFIRMED"),

        ("3202 is refused",                LOST,   {"3202": w.refused("系统繁忙")},           BOOKS, "IN_DOUBT",              "CONFIRMED"),
        ("9101 is dropped",                LOST,   {"9101": w.drop},                          BOOKS, "IN_DOUBT",              "CONFIRMED"),
        ("9102: a broken ZIP",             LOST,   {"9102": "bad_zip"},                       BOOKS, "IN_DOUBT",              "CONFIRMED"),
        ("9102: half a ZIP",               LOST,   {"9102": w.rewritten(_cut)},               BOOKS, "IN_DOUBT",              "CONFIRMED"),
        ("9102: no ZIP",                   LOST,   {"9102": NO_ZIP},                          BOOKS, "IN_DOUBT",              "CONFIRMED"),
        ("9102: HTML",                     LOST,   {"9102": w.answered(w.HTML)},              BOOKS, "IN_DOUBT",              "CONFIRMED"),
        ("9102: blank ids",                LOST,   BLANK,                                     BOOKS, "EXECUTED_UNIDENTIFIED", "CONFIRMED"),

        ("2601 is silent",                 LOST,   BLANK | {"2601": w.silence},               SOON,  "REVERSING",             "REVERSED"),
        ("2601 is silent after execution", LOST,   BLANK | {"2601": w.done(w.silence)},       SOON,  "REVERSING",             "REVERSED"),
        ("2601's answer is dropped",       LOST,   BLANK | {"2601": LOST},                    SOON,  "REVERSING",             "REVERSED"),
        ("2601 refuses in other words",    LOST,   BLANK | {"2601": w.refused("系统繁忙")},   SOON,  "REVERSING",             "REVERSED"),
        ("2601 answers HTML",              LOST,   BLANK | {"2601": w.answered(w.HTML)},      SOON,  "REVERSING",             "REVERSED"),
    )
]  # fmt: skip

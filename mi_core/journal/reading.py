"""Reading the journal: a connection of its own that can only read, usable from any thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, TypeVar

from mi_core.journal import chain
from mi_core.journal.chain import BadRecord, ChainReport, Root
from mi_core.journal.database import Database, Row
from mi_core.journal.exposure import EXPOSURE_SQL, Exposure
from mi_core.journal.keyring import KeyRing
from mi_core.journal.records import AttemptRecord, EventRecord, Tombstone
from mi_core.journal.sending import row_digest_text
from mi_core.journal.states import AttemptState, OperationState
from mi_core.types import Effect

__all__ = ["Reader"]

T = TypeVar("T")

_ATTEMPT: Final = """SELECT a.msgid, a.operation_id, a.number, o.generation, a.interface, a.institution, a.effect,
    a.state, o.state, a.version, a.owner_epoch, a.endpoint, a.profile_version, a.mdtrtarea_admvs, a.insuplc_admdvs,
    a.operator, a.psn_ct, o.identity_ct, o.amounts, a.request_ct, a.response_ct, a.result_ct, a.identifier_ct, a.evidence,
    a.infcode, a.likely_refused, o.reversible, a.reverses, a.source, a.missing, a.reason, a.signed_at, a.deadline_at,
    a.sent_at, a.ended_at, a.at_risk FROM attempt a JOIN operation o ON o.id = a.operation_id"""


class Reader:
    """Questions to the journal. Raises :class:`mi_core.errors.StoreError` where stored bytes were changed."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database, self._ring = database, ring
        self._lock = threading.Lock()
        database.run("PRAGMA query_only = ON")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()

    @property
    def ring(self) -> KeyRing:
        """The keys, for the journal's own modules and the desk; never given to plugins."""
        return self._ring

    def ask(self, question: Callable[[Callable[[str, Sequence[Any]], list[Row]], KeyRing], T]) -> T:
        """Run a question made of several queries on one state of the journal, e.g. one of :mod:`mi_core.journal.people`."""
        with self._snapshot() as database:
            return question(database.rows, self._ring)

    def attempt(self, msgid: str) -> AttemptRecord | None:
        """One attempt by its message id."""
        return next(iter(self._attempts("WHERE a.msgid = ?", (msgid,))), None)

    def attempts_of(self, msgids: Sequence[str]) -> dict[str, AttemptRecord]:
        """Those of some hundred message ids that there are, in one query."""
        marks = ", ".join("?" * len(msgids))
        found = self._attempts(f"WHERE a.msgid IN ({marks})", msgids) if msgids else []
        return {attempt.msgid: attempt for attempt in found}

    def attempts(self, operation_id: str) -> list[AttemptRecord]:
        """All attempts of an operation, first to last."""
        return self._attempts("WHERE a.operation_id = ? ORDER BY a.number", (operation_id,))

    def unresolved(
        self, *, epoch: int | None = None, institution: str | None = None, limit: int = 1000
    ) -> list[AttemptRecord]:
        """Open attempts, oldest first; with ``epoch`` those of one owner."""
        where, values = "WHERE a.open = 1", list[Any]()
        for column, value in (("a.owner_epoch", epoch), ("a.institution", institution)):
            if value is not None:
                where += f" AND {column} = ?"
                values.append(value)
        return self._attempts(f"{where} ORDER BY a.sent_at LIMIT ?", (*values, limit))

    def reversals(self, msgid: str) -> list[AttemptRecord]:
        """The 2601 attempts sent for ``msgid``, first to last."""
        return self._attempts("WHERE a.reverses = ? ORDER BY a.sent_at", (msgid,))

    def of_person(self, psn_no: str, limit: int = 100) -> list[AttemptRecord]:
        """Attempts of one insured person, newest first (searched by keyed hash)."""
        hashes = self._ring.digests(f"psn {psn_no}")
        marks = ", ".join("?" * len(hashes))
        return self._attempts(
            f"WHERE a.psn_hash IN ({marks}) ORDER BY a.sent_at DESC LIMIT ?", (*hashes, limit)
        )

    def between(self, institution: str, start: int, end: int) -> list[AttemptRecord]:
        """Attempts sent in ``[start, end)``, for reconciliation."""
        return self._attempts(
            "WHERE a.institution = ? AND a.sent_at >= ? AND a.sent_at < ? ORDER BY a.sent_at",
            (institution, start, end),
        )

    def events(self, operation_id: str) -> list[EventRecord]:
        """What happened to an operation, in time order."""
        rows = self._rows(
            """SELECT writer, seq, at, kind, operation_id, msgid, from_state, to_state, data FROM event
               WHERE operation_id = ? ORDER BY at, writer, seq""",
            (operation_id,),
        )
        return [EventRecord(w, n, at, k, o, m, f, t, json.loads(d)) for w, n, at, k, o, m, f, t, d in rows]

    def exposure(self, institution: str) -> Exposure:
        """What is in doubt at an institution (invariant I12)."""
        return Exposure.of(self._rows(EXPOSURE_SQL, (institution,))[0])

    def tombstones(self, institution: str) -> list[Tombstone]:
        """NOT_EXECUTED attempts that are still watched."""
        rows = self._rows(
            """SELECT msgid, operation_id, institution, created_at, contradicted FROM tombstone
               WHERE institution = ? AND closed_at IS NULL ORDER BY created_at""",
            (institution,),
        )
        return [Tombstone(m, o, i, at, bool(bad)) for m, o, i, at, bad in rows]

    def counts(self) -> dict[AttemptState, int]:
        """How many attempts are in each state."""
        return {
            AttemptState(s): int(n)
            for s, n in self._rows("SELECT state, count(*) FROM attempt GROUP BY state", ())
        }

    def roots(self) -> list[Root]:
        """The heads of all chains, to be exported and kept elsewhere."""
        rows = self._rows(
            "SELECT e.writer, e.seq, e.hash FROM event e JOIN (SELECT writer AS w, max(seq) AS s FROM event GROUP BY writer) h"
            " ON h.w = e.writer AND h.s = e.seq ORDER BY e.writer", (),
        )  # fmt: skip
        return [Root(int(w), int(s), bytes(h)) for w, s, h in rows]

    def verify(self, roots: Iterable[Root] = ()) -> ChainReport:
        """Check chains, roots, states and the clear columns of each attempt; names the first bad record per writer."""
        with self._snapshot() as database:
            report = chain.verify(database, self._ring, roots)
            bad = {found.writer: found for found in report.bad}
            for found in self._changed_rows(database):
                if found.writer not in bad or found.seq < bad[found.writer].seq:
                    bad[found.writer] = found
            lost = chain.gaps(database)
        return ChainReport(report.events, tuple(bad[writer] for writer in sorted(bad)), lost)

    def _changed_rows(self, database: Database) -> Iterator[BadRecord]:
        after = ""
        while rows := database.rows(
            """SELECT a.msgid, a.interface, a.institution, a.endpoint, a.profile_version, a.mdtrtarea_admvs,
               a.insuplc_admdvs, a.operator, a.signed_at, a.deadline_at, o.amounts, a.reverses, e.writer, e.seq, e.data
               FROM attempt a JOIN operation o ON o.id = a.operation_id
               JOIN event e ON e.operation_id = a.operation_id AND e.msgid = a.msgid AND e.kind = 'sent'
               WHERE a.msgid > ? ORDER BY a.msgid LIMIT 1000""",
            (after,),
        ):
            for row in rows:
                try:
                    digest = bytes.fromhex(json.loads(row[14])["row"])
                except (ValueError, KeyError, TypeError):
                    digest = b""
                if not self._ring.same_content(row_digest_text(row[:12]), digest):
                    yield BadRecord(int(row[12]), int(row[13]), "row changed", str(row[0]))
            after = str(rows[-1][0])

    @contextmanager
    def _snapshot(self) -> Iterator[Database]:
        with self._lock:
            self._database.run("BEGIN")
            try:
                yield self._database
            finally:
                self._database.run("COMMIT")

    def _rows(self, sql: str, params: Sequence[Any]) -> list[Row]:
        with self._lock:
            return self._database.rows(sql, params)

    def _attempts(self, where: str, params: Sequence[Any]) -> list[AttemptRecord]:
        return [self._record(row) for row in self._rows(f"{_ATTEMPT} {where}", params)]

    def _record(self, row: Row) -> AttemptRecord:
        msgid, operation_id = row[0], row[1]
        key, locks = json.loads(self._ring.open(bytes(row[17]), f"operation/{operation_id}"))
        psn, response, result, identifier = (
            None if sealed is None else self._ring.open(bytes(sealed), f"attempt/{msgid}/{place}")
            for sealed, place in (
                (row[16], "psn"),
                (row[20], "response"),
                (row[21], "result"),
                (row[22], "identifier"),
            )
        )
        return AttemptRecord(
            msgid=msgid, operation_id=operation_id, number=row[2], generation=row[3], interface=row[4],
            institution=row[5], effect=Effect(row[6]), state=AttemptState(row[7]), operation_state=OperationState(row[8]),
            version=row[9], epoch=row[10], endpoint=row[11], profile_version=row[12], mdtrtarea_admvs=row[13],
            insuplc_admdvs=row[14], operator=row[15], psn_no=None if psn is None else psn.decode(),
            business_key=tuple(key), lock_keys=tuple(locks), amounts=_amounts(row[18]),
            request=self._ring.open(bytes(row[19]), f"attempt/{msgid}/request"), response=response, result=result,
            identifier=None if identifier is None else identifier.decode(), evidence=row[23], infcode=row[24], likely_refused=bool(row[25]),
            reversible=bool(row[26]),
            reverses=row[27], source=row[28], missing=tuple(json.loads(row[29])) if row[29] else (), reason=row[30],
            signed_at=row[31], deadline_at=row[32], sent_at=row[33], ended_at=row[34],
            at_risk=Decimal(row[35]).scaleb(-2),
        )  # fmt: skip


def _amounts(text: str) -> dict[str, Decimal]:
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {path: Decimal(value) for path, _, value in pairs}

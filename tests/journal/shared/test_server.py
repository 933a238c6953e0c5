"""What server and database must be like, and the audit trail in it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import pytest

from mi_core.errors import ConfigError, StoreError
from mi_core.journal import BadRecord, Journal, Root, Ticket, chain
from mi_core.journal.database import connect
from mi_core.journal.schema import migrate
from mi_core.journal.shared import Address
from mi_core.journal.transaction import Job, Transaction
from tests.journal.kit import REFUSED, Clock, before, done, settlement
from tests.journal.shared.kit import now, open_real, open_virtual
from tests.stores.servers import Server

Host = Callable[..., Journal]
OPTIONS = {
    "mysql": [
        ("SET GLOBAL innodb_flush_log_at_trx_commit = 2", "SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    ],
    "postgresql": [("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM RESET fsync")],
}


def settle(server: Server, sql: str) -> None:
    server.admin(sql)
    if server.kind == "postgresql":
        server.admin("SELECT pg_reload_conf()")
        time.sleep(0.5)


def test_a_server_that_does_not_sync_is_refused(server: Server, url: str, clock: Clock) -> None:
    for careless, right in OPTIONS[server.kind]:
        settle(server, careless)
        try:
            with pytest.raises(StoreError, match=r"flush_log|fsync"):
                open_virtual(url, clock)
        finally:
            settle(server, right)
    open_virtual(url, clock).close()


@pytest.mark.service
@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_asynchronous_commit_is_switched_off_for_our_sessions(server: Server, url: str, clock: Clock) -> None:
    server.admin("ALTER ROLE mi SET synchronous_commit = off")
    try:
        journal = open_virtual(url, clock)
        assert journal.wait(lambda tx: tx.rows("SHOW synchronous_commit")) == [("on",)]
        journal.close()
    finally:
        server.admin("ALTER ROLE mi RESET synchronous_commit")


def test_a_newer_schema_and_tables_of_others_are_refused(server: Server, url: str, clock: Clock) -> None:
    journal = open_virtual(url, clock)
    journal.wait(lambda tx: tx.run("INSERT INTO schema_version VALUES (99, 0)"))
    journal.close()
    with pytest.raises(StoreError, match="99"):
        open_virtual(url, clock)
    other = open_virtual(server.create(f"{url.rpartition('/')[2]}b"), clock)
    other.wait(lambda tx: tx.run("DROP TABLE schema_version"))
    other.close()
    with pytest.raises(StoreError, match="operation"):
        open_virtual(f"{url}b", clock)


def test_the_tables_are_those_of_the_local_journal(
    host: Host, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Jobs are the same, so every column of the local schema must be there."""
    local = connect(tmp_path_factory.mktemp("local") / "journal.db")
    migrate(local, 0)
    tables = [str(r[0]) for r in local.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    shared = host().read
    for table in tables:
        if table in ("owner", "sqlite_sequence"):
            continue
        wanted = {row[1] for row in local.rows(f"PRAGMA table_info({table})")}
        found = {
            row[0] for row in shared._rows(
                "SELECT column_name FROM information_schema.columns WHERE table_name = ?", (table,)
            )
        }  # fmt: skip
        assert wanted <= found, table
    local.close()


def test_a_server_that_is_not_there(clock: Clock) -> None:
    for url in ("mysql://mi:pw@127.0.0.1:1/x", "postgresql://mi:pw@127.0.0.1:1/x"):
        with pytest.raises(StoreError) as caught:
            open_virtual(url, clock)
        assert "pw" not in f"{caught.value}{caught.value!r}"


def test_a_wrong_password_is_told_and_not_shown(url: str, clock: Clock) -> None:
    with pytest.raises(StoreError) as caught:
        open_virtual(url.replace("mi-test", "s3cret"), clock)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "oracle://a/b", "mysql://", "mysql://u@h", "postgresql://u@h/d?driver=aiomysql", "mysql://u@h/d?colour=red",
        "mysql://u@h/d?password_file=/nowhere", "://",
    ],
)  # fmt: skip
def test_addresses_that_are_wrong(text: str) -> None:
    with pytest.raises(ConfigError):
        Address.read(text)


def test_an_address_keeps_its_password_to_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("secret") / "password"
    file.write_text("s3cret\n")
    address = Address.read(f"mysql://mi@db/journal?password_file={file}")
    assert address.url.password == "s3cret" and "s3cret" not in repr(address) + address.shown


@pytest.mark.service
@pytest.mark.parametrize("server", ["mysql"], indirect=True)
def test_asyncmy_does_as_well(url: str, clock: Clock) -> None:
    journal = open_virtual(f"{url}?driver=asyncmy", clock)
    done(journal, settlement())
    assert journal.read.verify(journal.read.roots()).intact
    journal.close()


def test_it_works_inside_a_running_event_loop(url: str, clock: Clock) -> None:
    async def program() -> None:
        journal = open_virtual(url, clock)
        ticket = await journal.begin(settlement(), before(journal))
        assert isinstance(ticket, Ticket) and await journal.peek(settlement("M2")) is None
        assert len(journal.read.unresolved()) == 1
        journal.close()

    asyncio.run(program())


def test_a_value_that_the_server_does_not_take_fails_alone(host: Host) -> None:
    journal = host()
    long = settlement("M1", interface="x" * 100)
    gates = [journal.begin_job(i, before(journal)) for i in (settlement("M2"), long, settlement("M3"))]
    results = [journal._writer.submit(job) for job in gates]
    kinds = [type(future.exception()) for future in results]
    postgresql_takes_it = kinds == [type(None)] * 3
    assert postgresql_takes_it or kinds == [type(None), StoreError, type(None)]
    assert journal.poisoned is None and journal.read.verify().intact


def test_a_clock_that_is_wrong_is_told(url: str, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("mi_core.journal").setLevel(logging.WARNING)
    alarms: list[str] = []
    open_real(url, clock=lambda: now() + 60_000, on_alarm=lambda alarm: alarms.append(alarm.kind)).close()
    open_real(url, on_alarm=lambda alarm: alarms.append(alarm.kind)).close()
    assert alarms == ["clock_skew"]


TAMPER = [
    ("UPDATE event SET to_state = 'REJECTED' WHERE writer = 0 AND seq = 5", 0, 5, "changed"),
    ("UPDATE event SET data = '{}' WHERE writer = 1 AND seq = 2", 1, 2, "changed"),
    ("DELETE FROM event WHERE writer = 1 AND seq = 3", 1, 3, "missing"),
    ("DELETE FROM event WHERE writer = 0 AND seq > 4", 0, 5, "truncated"),
    ("UPDATE attempt SET operator = 'someone' WHERE event_writer = 0 AND event_seq = 5", 0, 4, "row changed"),
    (
        "UPDATE attempt SET state = 'REJECTED', open = 0 WHERE event_writer = 1 AND event_seq = 3",
        1,
        3,
        "state differs",
    ),
]


def test_tampering_is_named_per_writer(host: Host, url: str, clock: Clock) -> None:
    hosts = [host(), host()]
    for n in range(3):
        for h in hosts:
            done(h, settlement(f"M{n}-{h._slot.number}"), *([REFUSED] if n == 2 else []))
    roots = hosts[0].read.roots()
    assert [(root.writer, root.seq) for root in roots] == [(0, 7), (1, 7)]
    assert hosts[1].read.verify(roots).intact
    for sql, writer, seq, why in TAMPER:
        with pytest.raises(Undo) as found:
            hosts[0].wait(tampering(sql, hosts[1], roots))
        (bad,) = found.value.bad
        assert (bad.writer, bad.seq, bad.why) == (writer, seq, why), sql
    assert hosts[1].read.verify(roots).intact


class Undo(Exception):
    """Carries what was found, and rolls the tampering back."""

    def __init__(self, bad: tuple[BadRecord, ...]) -> None:
        self.bad = bad


def tampering(sql: str, reader: Journal, roots: list[Root]) -> Job[None]:
    """Change something, verify inside the same transaction, undo."""

    def job(tx: Transaction) -> None:
        tx.run(sql)
        report = chain.verify(tx.database, reader.read.ring, roots)
        bad = {found.writer: found for found in report.bad}
        for found in reader.read._changed_rows(tx.database):
            bad.setdefault(found.writer, found)
        raise Undo(tuple(bad.values()))

    return job


def test_a_broken_tail_closes_the_journal(host: Host, url: str, clock: Clock) -> None:
    journal = open_virtual(url, clock)
    done(journal, settlement())
    journal.wait(lambda tx: tx.run("UPDATE event SET data = '{}' WHERE seq = 2"))
    journal.close()
    with pytest.raises(StoreError, match="0/2"):
        open_virtual(url, clock)

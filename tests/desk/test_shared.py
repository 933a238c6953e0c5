"""The same desk on a journal that several hosts share: MariaDB, MySQL or PostgreSQL, with the service running."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from mi_core.config import Config
from mi_core.desk import deciding, doubts, learning, roots, trail
from mi_core.desk.opening import reading, writing
from mi_core.journal import AttemptState, Finding, Journal, Sight
from mi_core.journal.completing import complete_job, hollow
from mi_core.journal.keyfile import read_ring
from mi_core.journal.learned import accepted_refusals
from mi_core.journal.persons import Person
from tests.desk.kit import ABSENT, MANUAL, TIMEOUT, configured, ended, likely, state
from tests.journal.kit import INSTITUTION
from tests.stores import servers

ZHANG, LI = Person("张三", "till1"), Person("李四", "till2")
TEXT = "该人员已暂停参保，不能结算"


@pytest.fixture(
    scope="module", params=[pytest.param(kind, marks=pytest.mark.service) for kind in servers.KINDS]
)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    servers.need(request.param)
    folder = Path(tempfile.mkdtemp(prefix=f"mi-desk-{request.param}-"))
    server = servers.start(request.param, folder)
    try:
        yield server.create("desk")
    finally:
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def shared(place: Path, url: str) -> Config:
    found = configured(place)
    read_ring(place / "shared.key", create=True)
    journal = attrs.evolve(found.journal, path=url, key_file=place / "shared.key", max_amount=Decimal(1000))
    return attrs.evolve(found, journal=journal)


def test_the_desk_beside_a_running_service(url: str, tmp_path: Path) -> None:
    config = shared(tmp_path, url)
    with writing(config) as service:
        manual = ended(service, "V1", TIMEOUT, MANUAL)
        for n in range(3):
            ended(service, f"L{n}", likely(TEXT), ABSENT)
        with reading(config) as reader:
            found = doubts.find(reader, config, doubts.Wanted(), now())
            assert [d.attempt.msgid for d in found] == [manual.msgid]
            assert [s.text for s in learning.learn(reader, config, INSTITUTION)] == [TEXT]
        with writing(config) as desk:
            decided(desk, config, manual.operation_id, ZHANG)
            assert state(service, manual) is AttemptState.MANUAL
            decided(desk, config, manual.operation_id, LI)
            learning.accept(desk, INSTITUTION, TEXT, ZHANG)
        assert state(service, manual) is AttemptState.CONFIRMED
        assert accepted_refusals(service, INSTITUTION) == [TEXT]
        with reading(config) as reader:
            kinds = [line.kind for line in trail.recent(reader, 50, actions=True)]
            assert sorted(kinds) == ["confirmed", "proposed", "refusal accepted"]
            roots.export(reader, tmp_path / "roots.json", now())
            assert roots.verify(reader, roots.read_roots(tmp_path / "roots.json")).intact
        corrected_and_completed(service, config)


def corrected_and_completed(service: Journal, config: Config) -> None:
    """A wrong end, its correction by two, and the content that the bureau gives for it."""
    wrong = ended(service, "V9", TIMEOUT, ABSENT)
    assert service.wait(service.observe_job(wrong.msgid, True, "recon")).contradiction
    with writing(config) as desk:
        for who in (ZHANG, LI):
            decided(desk, config, wrong.operation_id, who)
    assert state(service, wrong) is AttemptState.CONFIRMED and service.hole is None
    assert wrong.msgid in service.read.ask(lambda rows, _: hollow(rows, INSTITUTION, now()))
    found = Finding(
        sight=Sight.FOUND,
        source="query",
        asked_at=now(),
        identifier="S1",
        response=b"{}",
        missing=("hosp_part_amt",),
    )
    assert service.wait(complete_job(service.read.ring, wrong.msgid, found))
    assert not service.wait(complete_job(service.read.ring, wrong.msgid, found)), "once"
    after = service.read.attempt(wrong.msgid)
    assert after is not None and (after.source, after.missing) == ("person", ("hosp_part_amt",))
    assert service.read.verify().intact


def decided(desk: Journal, config: Config, operation_id: str, who: Person) -> None:
    deciding.resolve(
        desk, config, operation_id, AttemptState.CONFIRMED, who, reason="5203 核实", identifier="S1"
    )


def now() -> int:
    import time

    return time.time_ns() // 1_000_000

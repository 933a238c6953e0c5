"""The seeded life of a hospital (tests/journal/world.py) with two hosts at one database."""

from __future__ import annotations

import random
from pathlib import Path

import attrs
import pytest

from mi_core.errors import StoreError
from mi_core.journal import ExposureLimit, Journal, Policy
from tests.journal import mutants
from tests.journal.centre import KNOWN, UNKNOWN
from tests.journal.invariants import Broken
from tests.journal.kit import crash
from tests.journal.shared.kit import open_virtual
from tests.journal.world import LIMIT, World, run
from tests.stores.servers import Server


@attrs.define
class TwoHosts(World):
    """Each settlement comes from the other host; a crash takes the one at work; both recover."""

    url: str = ""
    other: Journal = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.other = self._open()
        self.journal = self._open()

    def _open(self) -> Journal:
        return open_virtual(self.url, self.clock, limit=ExposureLimit(LIMIT), slots=50)

    def settle(self, visit: str, batch: str, amount: str, fault: str, delay: int = 0) -> None:
        self.journal, self.other = self.other, self.journal
        World.settle(self, visit, batch, amount, fault, delay)

    def recover(self, choose: random.Random, trouble: float = 0.2) -> None:
        for _ in range(2):
            self.journal, self.other = self.other, self.journal
            self.journal.take_over()
            World.recover(self, choose, trouble)


def live(server: Server, url: str, seed: int, steps: int) -> None:
    terms, questions = (UNKNOWN, 1) if seed % 3 == 0 else (KNOWN, 3)
    policy = Policy(questions=questions, reversals=4, reverse_unknown=True)
    world = TwoHosts(Path(), terms=terms, policy=policy, url=url)
    try:
        run(world, seed, steps)
    finally:
        crash(world.other)


@pytest.mark.parametrize("seed", range(2))
def test_the_invariants_hold_with_two_hosts(server: Server, url: str, seed: int) -> None:
    live(server, url, seed, 40)


@pytest.mark.service
@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "mutant", [mutants.no_compare_and_set, mutants.no_visit_lock], ids=lambda m: m.__name__
)
def test_a_faulty_journal_is_noticed(
    server: Server, url: str, monkeypatch: pytest.MonkeyPatch, mutant: object
) -> None:
    assert callable(mutant)
    mutant(monkeypatch)
    for seed in range(12):
        try:
            live(server, server.create(f"{url.rpartition('/')[2]}s{seed}"), seed, 40)
        except (Broken, StoreError):
            return
    pytest.fail("nobody noticed")

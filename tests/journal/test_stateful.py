"""Hypothesis drives the real journal against a virtual bureau; every invariant is checked after every step."""

from __future__ import annotations

import logging
import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mi_core.journal import Policy
from tests.journal.centre import KNOWN, UNKNOWN
from tests.journal.kit import crash
from tests.journal.world import FAULTS, World

MINUTES = st.sampled_from((1, 20, 29, 31, 40)).map(lambda n: n * 60_000)


class Hospital(RuleBasedStateMachine):
    """A few visits, every fault, crashes at any time; at the end everything must be settled."""

    def __init__(self) -> None:
        super().__init__()
        logging.getLogger("mi_core.journal").setLevel(logging.CRITICAL)
        self.folder = Path(tempfile.mkdtemp(prefix="mi-journal-"))
        self.world: World | None = None

    @initialize(known=st.booleans(), questions=st.integers(1, 4), reverse=st.booleans())
    def open(self, known: bool, questions: int, reverse: bool) -> None:
        policy = Policy(questions=questions, reversals=3, reverse_unknown=reverse)
        self.world = World(self.folder / "journal.db", terms=KNOWN if known else UNKNOWN, policy=policy)

    @property
    def here(self) -> World:
        assert self.world is not None
        return self.world

    @rule(
        visit=st.sampled_from("ABCD"), batch=st.sampled_from("12"), amount=st.sampled_from(("10.00", "12.50")),
        fault=st.sampled_from(FAULTS), delay=MINUTES,
    )  # fmt: skip
    def settle(self, visit: str, batch: str, amount: str, fault: str, delay: int) -> None:
        self.here.settle(visit, batch, amount, fault, delay)

    @rule(seed=st.integers(0, 2**16))
    def recover(self, seed: int) -> None:
        self.here.recover(random.Random(seed))

    @rule(time=MINUTES)
    def advance(self, time: int) -> None:
        self.here.advance(time)

    @rule(pick=st.integers(0, 20))
    def cancel(self, pick: int) -> None:
        self.here.cancel(pick)

    @rule()
    def answer_late(self) -> None:
        self.here.answer_late()

    @rule()
    def crash(self) -> None:
        self.here.crash()

    @invariant()
    def all_hold(self) -> None:
        if self.world is not None:
            self.world.check()

    def teardown(self) -> None:
        try:
            if self.world is not None:
                self.world.calm(random.Random(0))
                assert self.world.journal.read.verify().intact
        finally:
            if self.world is not None:
                crash(self.world.journal)
            shutil.rmtree(self.folder, ignore_errors=True)


TestHospital = Hospital.TestCase
TestHospital.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)

"""The seeded world holds for the real journal and breaks for every mutant: a proof that the invariants bite."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mi_core.errors import StoreError
from mi_core.journal import Policy, Verdict, owners
from tests.journal import mutants, test_owners
from tests.journal.centre import KNOWN, UNKNOWN
from tests.journal.invariants import Broken
from tests.journal.world import World, run

SEEDS = range(40)


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("mi_core.journal").setLevel(logging.CRITICAL)


def broken(make: Callable[[int], World], seeds: range = SEEDS) -> str | None:
    """The first invariant that falls, or None. A UNIQUE constraint that had to catch an id counts as I5."""
    for seed in seeds:
        try:
            run(make(seed), seed)
        except Broken as fallen:
            return str(fallen)
        except StoreError as caught:
            if "msgid" in str(caught):
                return "I5 msgid unique"
            raise
    return None


def world(folder: Path, seed: int, **options: object) -> World:
    """Of three worlds one does not know how long its gateway accepts a message, and gives up asking early."""
    terms, questions = (UNKNOWN, 1) if seed % 3 == 0 else (KNOWN, 3)
    policy = Policy(questions=questions, reversals=4, reverse_unknown=True)
    return World(folder / f"{seed}.db", terms=terms, policy=policy, **options)  # type: ignore[arg-type]  # keywords of World


def test_the_real_journal_holds(tmp_path: Path) -> None:
    assert broken(lambda seed: world(tmp_path, seed), range(8)) is None


@pytest.mark.parametrize("mutant", mutants.JOURNAL, ids=lambda m: m.__name__)
def test_a_faulty_journal_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutant(monkeypatch)
    assert broken(lambda seed: world(tmp_path, seed)) is not None


@pytest.mark.parametrize("verdict_of", mutants.CALLER, ids=lambda m: m.__name__)
def test_a_faulty_caller_is_noticed(tmp_path: Path, verdict_of: Callable[[str], Verdict]) -> None:
    assert broken(lambda seed: world(tmp_path, seed, verdict_of=verdict_of)) is not None


def test_sending_before_writing_is_noticed(tmp_path: Path) -> None:
    assert broken(lambda seed: world(tmp_path, seed, write_first=False)) is not None


def test_a_takeover_without_proof_of_death_is_noticed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def everybody(journal: Path, numbers: list[int]) -> Iterator[list[int]]:
        yield numbers

    monkeypatch.setattr(owners, "probing", everybody)
    with pytest.raises(AssertionError, match="living"):
        test_owners.test_killed_between_sent_and_answer(path)

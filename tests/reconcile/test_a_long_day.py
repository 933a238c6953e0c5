"""A day with 1,000 operations and 50 faults, by the real client at the sandbox over HTTP: it balances, to the cent."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

from mi_core.errors import MiError, OutcomeUnknown
from mi_core.interfaces import by_code
from mi_core.model import Request
from mi_core.reconcile import Scope
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.persons import Person, crowd
from mi_plugins.sandbox.rulebook import Rulebook
from tests.reconcile.kit import PHARMACY, D, OurPurchase, Town, today, town_of

PURCHASES, REFUNDS, FAULTS = 940, 60, 50
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("drop_after", {}), ("drop_before", {}), ("http_502", {}), ("http_502", {"execute": True}), ("html_200", {"execute": True}),
    ("truncated", {}), ("missing_setl_id", {}), ("wrong_person", {}), ("unlisted_refusal", {}),
    ("unlisted_refusal", {"execute": True}),
)  # fmt: skip
AT_ONCE = 16
WAVE = 100
"""Purchases between two looks at the faults: the sandbox tries every order that is switched on for every call."""
BRIEF = Scope(insutypes=("310", "390"))


def purchase_of(town: Town, person: Person, fen: int) -> Request[Any]:
    one = OurPurchase(town, 0)
    one.person, one.insurance = person, person.insurances[0]
    content = one.basket(one.drug(1, str(D(fen) / 100)))
    return by_code("2102").request.from_dict(content)


async def many(town: Town, jobs: list[tuple[str, Request[Any], str]]) -> list[Any]:
    """(operation key, request, area): sixteen at a time; a reply or the error of each."""
    results: list[Any] = [None] * len(jobs)
    places = iter(range(len(jobs)))

    async def work() -> None:
        for place in places:
            key, request, area = jobs[place]
            try:
                results[place] = await town.mi.call(request, operation_key=key, insuplc_admdvs=area)
            except MiError as error:
                results[place] = error

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    return results


async def test_a_thousand_operations_and_fifty_faults(tmp_path: Path, rulebook: Rulebook) -> None:
    dice = random.Random(7)
    people = list(crowd(1, PURCHASES))
    recovery = {"acceptance": 1, "processing": 1, "replica_lag": 0.1}
    async with town_of(
        tmp_path, rulebook, institution=PHARMACY, settings=Settings(crowd=PURCHASES),
        institutions={PHARMACY: {"recovery": recovery, "timeouts": {"settlement": 60.0, "query": 60.0}}},
    ) as town:  # fmt: skip
        amounts = [dice.randrange(100, 100_000) for _ in people]
        hit = dice.sample(range(PURCHASES), FAULTS - 8)
        jobs = [
            (f"K{n}", purchase_of(town, person, fen), person.insurances[0].area)
            for n, (person, fen) in enumerate(zip(people, amounts, strict=True))
        ]
        replies: list[Any] = []
        for start in range(0, PURCHASES, WAVE):
            for number, place in enumerate(hit):
                if start <= place < start + WAVE:
                    kind, more = KINDS[number % len(KINDS)]
                    await town.fault("2102", kind, times=1, match={"psn_no": people[place].psn_no}, **more)
            replies += await many(town, jobs[start : start + WAVE])
            await town.calm()
        lost = {n for n, reply in enumerate(replies) if isinstance(reply, OutcomeUnknown)}
        assert lost == {*hit} and not [
            r for n, r in enumerate(replies) if isinstance(r, MiError) and n not in lost
        ]

        back = dice.sample([n for n in range(PURCHASES) if n not in lost], REFUNDS)
        for number, place in enumerate(
            back[::8]
        ):  # apart: five failures in a row would close the gateway's breaker
            kind = ("drop_after", "drop_before")[number % 2]
            await town.fault("2103", kind, times=1, match={"psn_no": people[place].psn_no})
        refunds = await many(town, [refund(n, replies[n], people[n]) for n in back])
        assert Counter(type(one) for one in refunds)[OutcomeUnknown] == 8
        assert not [
            one for one in refunds if isinstance(one, MiError) and not isinstance(one, OutcomeUnknown)
        ]
        await town.calm()
        assert len(jobs) + len(refunds) == 1_000 and len(lost) + 8 == FAULTS

        before = await town.mi.reconcile(today(), scope=BRIEF)
        assert not before.balanced and len(before.unresolved) == FAULTS
        await asyncio.sleep(2.5)  # the fence: from now on "absent" means "not executed"
        report = await town.mi.reconcile(today(), apply=True)
        assert report.balanced, list(report.differences[:3])
        assert Counter(one.what for one in report.applied if one.done) == executed_of(hit)
        assert report.closed == sum(one.what == "NOT_EXECUTED" for one in report.applied)
        await agree_to_the_cent(town, amounts, people)
        assert (await town.mi.reconcile(today(), scope=BRIEF)).balanced


def refund(number: int, reply: Any, person: Person) -> tuple[str, Request[Any], str]:
    info = reply.setlinfo
    which = {"setl_id": info.setl_id, "mdtrt_id": info.mdtrt_id, "psn_no": person.psn_no}
    return f"R{number}", by_code("2103").request.from_dict({"data": which}), person.insurances[0].area


def executed_of(hit: list[int]) -> Counter[str]:
    """What the faults that were ordered must have come to."""
    silent = {("drop_before", ()), ("http_502", ()), ("unlisted_refusal", ())}
    kinds = [KINDS[n % len(KINDS)] for n in range(len(hit))]
    absent = sum((kind, tuple(more)) in silent for kind, more in kinds) + 4
    return Counter({"CONFIRMED": FAULTS - absent, "NOT_EXECUTED": absent})


async def agree_to_the_cent(town: Town, amounts: list[int], people: list[Person]) -> None:
    """An independent count: the sandbox's own ledger against the journal's states, message by message."""
    ledger = town.office.ledger({"institution": PHARMACY})
    msgids = Counter(row["msgid"] for row in ledger["settlements"])
    assert set(msgids.values()) == {1}, "doubled"
    paid = {person.psn_no: fen for person, fen in zip(people, amounts, strict=True)}
    for row in ledger["settlements"]:
        attempt = town.mi.journal.read.attempt(row["msgid"])
        assert attempt is not None and attempt.state.value == "CONFIRMED", "orphan"
        assert attempt.identifier == row["setl_id"] and abs(row["total"]) == paid[row["psn_no"]]
    states = town.mi.journal.read.counts()
    found = {state.value: n for state, n in states.items() if n}
    assert found == {"CONFIRMED": len(msgids), "NOT_EXECUTED": 1_000 - len(msgids)}, "ghost or open"

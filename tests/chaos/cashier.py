"""At the counter: each story's steps by the real client, tried until they are done, as people with a queue would.

Nothing here knows how the journal works. What was told is written down first; a step that is written down as done is not
repeated; a step of which nothing is known (the process died) is simply done again, and the journal must sort it out.
"""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import Any, Final

from mi_core import AsyncClient
from mi_core.errors import BureauRefused, CallError, GatewayRefused, MiError, NotSent, OutcomeUnknown, Refused
from mi_core.interfaces import by_code
from tests.chaos.people import Batch, Inpatient, Patient, Story
from tests.chaos.told import Record

__all__ = ["Cashier"]

TRIES: Final = 80
PAUSE: Final = 0.1
LONGEST: Final = 2.5


class GaveUp(Exception):
    """A step that does not come to an end; the story is left."""


class Cashier:
    """One worker's counters. ``visits``: the ``mdtrt_id`` of visits that were there before."""

    def __init__(self, client: AsyncClient, record: Record, visits: dict[str, str], patience: float) -> None:
        self._client, self._record, self._visits, self._patience = client, record, visits, patience

    async def story(self, story: Story) -> None:
        """From the first step that is not written down to the end."""
        facts = self._record.facts.get(story.number, {})
        if "end" in facts:
            return
        try:
            await (self._stay(story) if story.inpatient else self._clinic(story))
        except GaveUp as why:
            await self._record.fact(story.number, "end", f"gave up: {why}")
        else:
            await self._record.fact(story.number, "end", "done")

    async def _clinic(self, story: Story) -> None:
        patient = Patient(story)
        if story.known:
            patient.mdtrt_id = self._visits[str(story.number)]
        else:
            patient.mdtrt_id = await self._step(
                story, "visit", "2201", lambda: {"data": patient.registration()}, patient
            )
        if "fees" not in self._facts(story):
            await self._ask("2204", patient.fees(), patient, done="已使用")
            await self._record.fact(story.number, "fees", "1")
        for batch in story.batches:
            for time in range(batch.times):
                await self._settle(patient, batch, time)
                if time + 1 < batch.times:
                    await self._refund(patient, batch, time)

    async def _settle(self, patient: Patient, batch: Batch, time: int) -> str:
        name, story = f"settled {batch.name}.{time}", patient.story
        if name in self._facts(story):
            return self._facts(story)[name]
        clicks = batch.clicks if time == 0 else 1
        for tries in range(TRIES):
            quoted = await self._ask("2206", patient.quotation(batch), patient)
            content = patient.settlement(batch, quoted["setlinfo"])
            said = await asyncio.gather(*(self._change("2207", content, patient) for _ in range(clicks)))
            if setl_id := next((one for one in said if one), None):
                await self._record.fact(story.number, name, setl_id)
                if clicks > 1:  # and once more, when it is long done
                    await self._change("2207", content, patient)
                return setl_id
            await self._pause(tries)
        raise GaveUp(name)

    async def _refund(self, patient: Patient, batch: Batch, time: int) -> None:
        setl_id = self._facts(patient.story)[f"settled {batch.name}.{time}"]
        await self._step(
            patient.story,
            f"refunded {batch.name}.{time}",
            "2208",
            lambda: patient.refunding(setl_id),
            patient,
        )

    async def _stay(self, story: Story) -> None:
        """Admitted, cancelled, admitted again: the same business key in two generations."""
        inpatient = Inpatient(story)
        admit = inpatient.admission
        inpatient.mdtrt_id = await self._step(story, "admitted", "2401", admit, inpatient)
        await self._step(story, "cancelled", "2404", lambda: {"data": inpatient.which}, inpatient)
        inpatient.mdtrt_id = await self._step(story, "admitted again", "2401", admit, inpatient)

    async def _step(self, story: Story, name: str, infno: str, content: Any, who: Patient | Inpatient) -> str:
        """A changing call until it is done; its id."""
        for tries in range(TRIES):
            if name in self._facts(story):
                return self._facts(story)[name]
            if found := await self._change(infno, content(), who):
                await self._record.fact(story.number, name, found)
            else:
                await self._pause(tries)
        raise GaveUp(name)

    def _facts(self, story: Story) -> dict[str, str]:
        return self._record.facts.get(story.number, {})

    async def _ask(
        self, infno: str, content: Any, who: Patient | Inpatient, done: str | None = None
    ) -> dict[str, Any]:
        """A read or an upload until it is answered; a refusal with ``done`` in it is an answer too."""
        for tries in range(TRIES):
            try:
                found: dict[str, Any] = (await self._call(infno, content, who)).to_dict()
                return found
            except MiError as error:
                if done is not None and done in str(error):
                    return {}
            await self._pause(tries)
        raise GaveUp(infno)

    async def _change(self, infno: str, content: Any, who: Patient | Inpatient) -> str | None:
        """One click. What was told is on disk when this returns; the id of what was done, or ``None``."""
        try:
            reply = await self._call(infno, content, who)
        except MiError as error:
            msgid, what = getattr(error, "msgid", None), _what(error)
            if msgid or what == "clash":
                await self._record.told(what, infno, msgid=msgid, why=_why(error))
            return None
        meta, found = reply.meta, reply.to_dict()
        identifier = str(
            _find(found, "setl_id" if infno in ("2207", "2208") else "mdtrt_id") or meta.identifier or ""
        )
        total = _find(found, "medfee_sumamt") if infno == "2207" else None
        await self._record.told(
            "confirmed", infno, msgid=meta.msgid, identifier=identifier, source=meta.source,
            total=None if total is None else int(Decimal(str(total)) * 100),
        )  # fmt: skip
        return identifier or "done"

    async def _call(self, infno: str, content: Any, who: Patient | Inpatient) -> Any:
        request: Any = by_code(infno).request.from_dict(content)
        return await self._client.call(
            request, insuplc_admdvs=who.insurance.area, institution=who.story.institution, deadline=self._patience,
            amounts_accepted=True,
        )  # fmt: skip

    async def _pause(self, tries: int) -> None:
        """People wait longer each time; whoever hammers takes the machine from recovery, for which they wait."""
        await asyncio.sleep(min(PAUSE * 1.6**tries, LONGEST) * random.uniform(0.5, 1.5))


def _what(error: MiError) -> str:
    if "attempt.msgid" in str(error):
        return "clash"
    if isinstance(error, NotSent):
        return "unsent"
    if isinstance(error, Refused | GatewayRefused | BureauRefused):
        return "refused"
    return "doubt" if isinstance(error, OutcomeUnknown) else "error"


def _why(error: MiError) -> str:
    evidence = getattr(error, "evidence", "")
    return f"{type(error).__name__} {evidence or error.en if isinstance(error, CallError) else error}"[:200]


def _find(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name) or next((f for one in value.values() if (f := _find(one, name))), None)
    if isinstance(value, list | tuple):
        return next((f for one in value if (f := _find(one, name))), None)
    return None

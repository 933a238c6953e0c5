"""Programs that die in the middle of a flow, at any moment, and come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from mi_core import AsyncClient
from mi_core.flows import FlowStopped
from mi_core.flows import flow as flow_module
from mi_core.flows import record as record_module
from tests.recovery.kit import OVER, Ward, known

Story = Callable[[AsyncClient], Awaitable[Any]]
"""A whole business, from its first step: called again after each death."""
PATIENCE = 20.0


class Died(BaseException):
    """The program is gone: no ``except Exception`` sees it."""


@attrs.define
class Fate:
    """When the program dies: at the ``number``-th call or note, before or after it; or its answer is lost there."""

    number: int
    how: str
    seen: list[str] = attrs.Factory(list)

    @property
    def now(self) -> bool:
        return len(self.seen) == self.number


@attrs.define
class Play:
    """Runs a story with a fate, restarts it until it ends."""

    here: Ward
    monkeypatch: Any
    deaths: list[str] = attrs.Factory(list)

    async def uncrashed(self, story: Story) -> tuple[Any, int, int]:
        """What the story comes to when nothing happens; how many calls and notes it makes."""
        calls, notes = Fate(-1, ""), Fate(-1, "")
        result = await self._run(story, calls, notes)
        return result, len(calls.seen), len(notes.seen)

    async def crashed(self, story: Story, calls: Fate, notes: Fate) -> Any:
        """The story's result after the death and as many restarts as it takes."""
        for _ in range(4):
            await self.here.mi.close()
            self.here.mi = await AsyncClient(known(self.here, OVER)).open()
            try:
                return await self._run(story, calls, notes)
            except (Died, FlowStopped) as death:
                self.deaths.append(str(death))
        raise AssertionError(f"the story does not end: {self.deaths}")

    async def _run(self, story: Story, calls: Fate, notes: Fate) -> Any:
        with self.monkeypatch.context() as patch:
            patch.setattr(AsyncClient, "_call", _calling(self.here, calls, AsyncClient._call))
            patch.setattr(flow_module, "save", _saving(notes, record_module.save))
            return await story(self.here.mi)


def _calling(here: Ward, fate: Fate, call: Any) -> Any:
    async def wrapped(mi: AsyncClient, request: Any, options: Any) -> Any:
        code = request.__interface__.code
        if code == "9001" or options.lane == "recovery":
            return await call(mi, request, options)  # of the client itself
        fate.seen.append(code)
        if fate.now and fate.how == "before":
            raise Died(code)
        if fate.now and fate.how in ("drop_after", "drop_before"):
            await here.hospital.fault(code, fate.how)
        reply = await call(mi, request, options)
        if fate.now and fate.how == "after":
            raise Died(code)
        return reply

    return wrapped


def _saving(fate: Fate, save: Any) -> Any:
    async def wrapped(*arguments: Any) -> Any:
        fate.seen.append(arguments[3])
        if fate.now and fate.how == "before":
            raise Died(arguments[3])
        found = await save(*arguments)
        if fate.now and fate.how == "after":
            raise Died(arguments[3])
        return found

    return wrapped

"""What runs beside the calls: recovery, and the refusal texts that people accept meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from mi_core.building import Built
from mi_core.config import Config
from mi_core.errors import StoreError
from mi_core.pipeline import late_outcomes

if TYPE_CHECKING:
    from mi_core.recovery import Line, Recovery
    from mi_core.recovery.asking import Call

__all__ = ["Background"]

LOG_AGAIN = 30.0
"""Seconds after which a log that could not be caught up is tried again."""
_log = logging.getLogger("mi_core.call")


class Background:
    """The tasks of one open client."""

    def __init__(self, built: Built, config: Config, call: Call) -> None:
        self._built, self._config, self._call = built, config, call
        self._recovery: Recovery | None = None
        self._stop = asyncio.Event()
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        if config.journal.recover:
            work = self._recover(), built.refusals.follow(self._stop)
            self._tasks = tuple(asyncio.ensure_future(one) for one in work)

    @property
    def recovery(self) -> Recovery:
        """Made when first asked for."""
        if self._recovery is None:
            from mi_core.recovery import Recovery

            self._recovery = Recovery(
                self._built.runtime.journal, self._config, self._call,
                on_progress=self._resolved, on_alarm=self._built.tell,
            )  # fmt: skip
        return self._recovery

    async def _recover(self) -> None:
        """What is in doubt, and beside it what the log missed: a long log must not keep a patient waiting."""
        await asyncio.gather(self.recovery.run(self._stop), self._catch_up())

    async def _caught_up(self) -> bool:
        runtime = self._built.runtime
        try:
            await late_outcomes.catch_up(runtime.store, runtime.journal)
        except StoreError as error:
            _log.warning("the operation log cannot be caught up now: %s", error.en)
            return False
        except Exception as error:
            _log.error("the operation log could not be caught up: %s", type(error).__name__)
        return True

    async def _catch_up(self) -> None:
        """While the log's server is away: once more, until it is back."""
        while not await self._caught_up() and not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), LOG_AGAIN)
                return

    def nudge(self) -> None:
        """Something has just come into doubt."""
        if self._recovery is not None:
            self._recovery.nudge()

    async def end(self) -> None:
        """A question that recovery has under way is dropped; a reversal is in doubt then and sent again later."""
        self._stop.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _resolved(self, line: Line) -> None:
        """Recovery found an outcome: the log's row learns it, whoever waits or not."""
        if line.resolved:
            runtime = self._built.runtime
            task = asyncio.ensure_future(late_outcomes.complete_row(runtime.store, line.msgid, line.after))
            runtime.later.add(task)
            task.add_done_callback(runtime.later.discard)

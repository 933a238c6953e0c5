"""What runs beside the calls: recovery, and the refusal texts that people accept meanwhile."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mi_core.building import Built
from mi_core.config import Config
from mi_core.pipeline import late_outcomes

if TYPE_CHECKING:
    from mi_core.recovery import Line, Recovery
    from mi_core.recovery.asking import Call

__all__ = ["Background"]

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
        """First what the log missed, then what is in doubt."""
        runtime = self._built.runtime
        try:
            await late_outcomes.catch_up(runtime.store, runtime.journal)
        except Exception as error:
            _log.error("the operation log could not be caught up: %s", type(error).__name__)
        await self.recovery.run(self._stop)

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

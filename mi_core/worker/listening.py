"""New requests told by PostgreSQL (``LISTEN``), so that an idle worker need not look all the time. MySQL has nothing like it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from mi_core.journal.shared.address import Address
from mi_core.worker.connecting import make_engine

__all__ = ["CHANNEL", "Listener"]

CHANNEL: Final = "medical_insurance_requests"
_AGAIN: Final = 5.0
_LOOK: Final = 1.0
_log = logging.getLogger("mi_core.worker")


class Listener:
    """Calls ``tell`` for every new request; ``listening`` while it does."""

    def __init__(self, address: Address, tell: Callable[[], None]) -> None:
        self._address, self._tell = address, tell
        self.listening = False

    async def run(self) -> None:
        """Until cancelled; connects again when the connection breaks."""
        while self._address.postgresql:
            engine = make_engine(self._address, pool=1)
            try:
                async with engine.connect() as connection:
                    raw: Any = (await connection.get_raw_connection()).driver_connection
                    await raw.add_listener(CHANNEL, lambda *_: self._tell())
                    self.listening = True
                    self._tell()
                    while not raw.is_closed():  # noqa: ASYNC110  # asyncpg tells nobody that its connection broke
                        await asyncio.sleep(_LOOK)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _log.warning("new requests are not told at the moment: %s", type(error).__name__)
            finally:
                self.listening = False
                with contextlib.suppress(Exception):  # the connection is gone already
                    await engine.dispose()
            await asyncio.sleep(_AGAIN)

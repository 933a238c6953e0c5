"""A process that synchronises and kills itself at a given moment, or loads a large file and tells how much memory it took.

``worker.py kill CONFIG STEP NUMBER WANTED…`` / ``worker.py load CONFIG FILE CODE``
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

from mi_core import AsyncClient
from mi_core.catalogues import sync_catalogues
from mi_core.catalogues.database import Database
from mi_core.catalogues.fetching import _batches, _Counted
from mi_core.catalogues.keeping import Keeper
from mi_core.catalogues.progress import Progress, nothing
from mi_core.catalogues.sources import sources_of
from mi_core.catalogues.syncing import Job
from mi_core.config import load_config


async def kill(path: str, step: str, number: int, wanted: list[str]) -> None:
    seen = 0

    def tell(progress: Progress) -> None:
        nonlocal seen
        seen += progress.step == step
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    async with AsyncClient(load_config(path, journal__recover=False)) as mi:
        await sync_catalogues(mi, wanted, tell=tell, page_size=20)


async def load(path: str, file: Path, code: str) -> None:
    config = load_config(path)
    database = await Database.open(config)
    keeper = Keeper(database, sources_of("hunan")[code], "hunan")
    job = Job(mi=None, institution=config.institution(), keeper=keeper, full=True, tell=nothing)  # type: ignore[arg-type]  # it does not call
    counted = _Counted()
    state = await keeper.load(await keeper.state(), _batches(job, file, counted, {}), full=True, cursor="")
    await database.close()
    print(state.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        asyncio.run(kill(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:]))
    else:
        asyncio.run(load(sys.argv[2], Path(sys.argv[3]), sys.argv[4]))

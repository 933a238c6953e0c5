"""What is in doubt is resolved by evidence (journal design): query first, reverse last, never in bulk.

    recovery = Recovery(client.journal, config, call)
    report = await recovery.once()             # at start, ``mi recover``
    task = asyncio.create_task(recovery.run(stop))   # in the background
    line = await recovery.settle(operation_id, timeout=30)

Which interface can tell what became of a lost call, what it is asked and how its answer is read stands in the catalogue
(``x-mi.outcomeQueries``); what follows from the answers in :func:`mi_core.journal.rule`. What was learnt is noted in the
journal, so that a restart starts nothing over.
"""

from mi_core.recovery.pace import Tempo
from mi_core.recovery.recovery import Recovery
from mi_core.recovery.report import Line, RecoveryReport

__all__ = ["Line", "Recovery", "RecoveryReport", "Tempo"]

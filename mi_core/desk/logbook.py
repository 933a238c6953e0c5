"""The operation log learns of a decision that was made at the desk, while no client is open."""

from __future__ import annotations

from mi_core.config import Config
from mi_core.errors import MiError
from mi_core.journal import AttemptState
from mi_core.journal.opening import MEMORY
from mi_core.pipeline.late_outcomes import complete_row
from mi_core.plugin.manager import load_plugins

__all__ = ["tell_log"]


async def tell_log(config: Config, msgid: str, state: AttemptState) -> MiError | None:
    """Complete the row of a message whose end was decided. The journal is the truth: why the log cannot be opened is
    returned, not raised.
    """
    if config.store.operation_log == MEMORY:
        return None
    try:
        plugins = load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
        store = plugins.stores[config.store.operation_log.partition("://")[0]](config.store)
        await store.open()
    except MiError as error:
        return error
    try:
        await complete_row(store, msgid, state)
    finally:
        await store.close()
    return None

"""What answers one interface. A module with desks of its own names them in ``DESKS``, its tables in ``TABLES``."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.database import Books

__all__ = ["Desk"]


@attrs.frozen
class Desk:
    """A function that answers a call; ``writes`` = it changes the books and runs in a transaction.

    ``partial`` = it tells only what it knows, the rest of the reply is completed (:mod:`mi_plugins.sandbox.completing`).
    """

    answer: Callable[[Books, Call], Output]
    writes: bool = True
    partial: bool = False

"""The journal in a database server, for the workers of several hosts (journal design, "Several hosts").

``Journal.open_shared("mysql://user@host/database", ring)`` gives the same methods as the local journal. What differs:

- *Turns.* Every writing transaction first changes the one row of ``gate``, so the groups of all hosts follow each other
  as they do on a SQLite file: no check ever misses what a neighbour has just stored. Unique indexes are the backstop.
- *Ownership* is a lease with an epoch instead of a lock of the operating system. A lease that ran out proves nothing, so
  a takeover also waits for the attempt's deadline and fence, and every write and send is checked against the epoch.
- *A broken connection* poisons nothing: the writer connects again, looks whether its last group was stored, and goes on.
- *Durability* is the server's COMMIT; its settings are checked on every new connection.

Files: ``address`` (URL), ``link`` (one connection on a private event loop), ``session`` (settings and checks),
``dialect`` (SQL that differs), ``tables`` (schema), ``trouble`` (errors), ``lease``, ``owning`` and ``incarnation``
(ownership), ``connecting`` and ``writer`` (groups), ``reading``, ``journal``.
"""

from mi_core.journal.shared.address import Address
from mi_core.journal.shared.journal import SharedJournal

__all__ = ["Address", "SharedJournal"]

"""The database bridge: a HIS submits requests by a stored procedure and reads a view; :class:`Worker` makes the calls.

The tables, procedures and views stand in ``schema/sql``. What a worker promises:

- **One request is never run twice.** Requests are claimed with ``FOR UPDATE SKIP LOCKED``; what a worker that died had in
  its hands is taken up by another one, and for calls that change something the journal says what became of it: the
  operation of a request carries a name made from the request. Leases decide only who waits for whom, never whether
  something may be sent. So all workers of a bridge use one journal, and are refused otherwise.
- **SYSTEM_ERROR means that nothing was done** (uploads, which no journal follows, excepted: there the text says so).
  What is not proven is ``IN_DOUBT``, and changes by itself once recovery or people have found it out.
- Only what is proven not to have been sent is tried again, and only for ``[bridge] patience`` seconds.
- Bodies are the HIS's own data in the HIS's own tables: a procedure in SQL could not encrypt them, so they stand there in
  clear, readable by whom the grant scripts let in, and are deleted after ``keep_days``. Logs never have them.
"""

from mi_core.worker.calling import BridgeClient
from mi_core.worker.queue import Queue
from mi_core.worker.worker import Worker

__all__ = ["BridgeClient", "Queue", "Worker"]

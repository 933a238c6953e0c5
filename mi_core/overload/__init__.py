"""Shed before SENT: what a gateway cannot take now is refused here, before anything is signed, journalled or sent.

A call that waits too long in *our* queue and is then sent with no time left becomes a settlement in doubt that nobody
needed. So every attempt asks the :class:`Gate` first::

    async with gate.enter(institution, effect, lane, deadline, interface="2207", where=…) as place:
        …                                   # msgid, signature, journal, send
        place.report(signal, elapsed)       # how the gateway answered: feeds limits and breaker

Per gateway address (institutions that share one share its capacity, and take turns in its queues):

- *Lanes* (bulkheads) ``money``, ``read``, ``bulk`` and ``recovery`` (``lane``): each has its own bounds and its own queue,
  so that a flood of uploads cannot stop the cash desk, and no flood stops recovery, whose places are its own. A call is
  refused at once when the queue is full or it would wait longer than it can; else it waits for its turn.
- The number of places follows the gateway (``limiter``): it grows while answers stay quick and shrinks when they slow
  down, so that the queue stands here, where it can be refused, and not at the gateway, where it cannot.
- A *breaker* (``breaker``) refuses everything while the gateway is down. What finds out that it is back is a question:
  the next query (also one of recovery), else a sign of life by the transport; never a call that changes something.
- ``close_intake`` and ``drain``: a client that ends takes nothing new and waits for changing calls under way.
"""

from mi_core.overload.gate import CallLane, Gate, Place
from mi_core.overload.refusals import Closing, Overloaded
from mi_core.overload.signals import Signal, signal_of
from mi_core.overload.state import GatewayState, LaneState

__all__ = [
    "CallLane",
    "Closing",
    "Gate",
    "GatewayState",
    "LaneState",
    "Overloaded",
    "Place",
    "Signal",
    "signal_of",
]

"""The sandbox: a gateway and a bureau on localhost, for development, the demo and tests.

It checks what a client does with code of its own: it imports neither a gateway plugin nor the wire layer, only the
catalogue and the primitives of :mod:`mi_core.crypto`. Start it with ``mi sandbox`` or, within a test, with
``aiohttp.test_utils.TestServer(create_app(settings))``.

With books of their own: nearly every interface (:mod:`~mi_plugins.sandbox.bureau`). What institutions upload is kept and told
again by their queries, changed and withdrawn (:mod:`~mi_plugins.sandbox.bureau.record_rules`). The few others answer with a
valid invented reply; ``mi sandbox interfaces`` lists all 212 (:mod:`~mi_plugins.sandbox.survey`).

A running one is steered from a shell: ``mi sandbox clock +30m`` (:mod:`~mi_plugins.sandbox.clock`), ``mi sandbox trigger
drop-after 2207``, ``mi sandbox seed --persons 10000`` (:mod:`~mi_plugins.sandbox.seeding`); ``--scenario`` sets people,
institutions and faults at the start (:mod:`~mi_plugins.sandbox.scenario`).

People: :mod:`mi_plugins.sandbox.persons` (table of the ten documented ones). Items:
:mod:`~mi_plugins.sandbox.price_list`. What is paid: :mod:`~mi_plugins.sandbox.reimbursement`. Misbehaviour on demand:
:mod:`~mi_plugins.sandbox.faults`, disagreements of the ledger: :mod:`~mi_plugins.sandbox.bureau.ledger`, both switched by
:mod:`~mi_plugins.sandbox.control`.

Gateways of other regions (:mod:`~mi_plugins.sandbox.profiles`) are served at the same time, each below its name; a wrong
signature is explained on the console (:mod:`~mi_plugins.sandbox.explain`). ``--region`` speaks a region's dialect
(:mod:`~mi_plugins.sandbox.dialect`), ``--mood`` writes replies as some regions do.

As the bureau of a chaos test: ``python -m mi_plugins.sandbox --db FILE --allow-repeats --control-token T --faults FILE``.
The ledger (tables ``execution`` and ``settlement``, :mod:`~mi_plugins.sandbox.tables`) survives SIGKILL.

Institutions: ``H43000000001`` (level 3 hospital), ``H43000000002`` (level 2), ``H43000000003`` (level 1),
``P43000000001`` (pharmacy). Keys: ``sandbox-access-key`` / ``sandbox-secret-key``. Areas: ``990100`` (the bureau),
``990101`` and ``990102`` (local insurance), ``990200`` (another city), ``980100`` (another province).
"""

from __future__ import annotations

from mi_plugins.sandbox.app import create_app
from mi_plugins.sandbox.server import run
from mi_plugins.sandbox.settings import ACCESS_KEY, SECRET_KEY, Settings

__all__ = ["ACCESS_KEY", "SECRET_KEY", "Settings", "create_app", "run"]

"""The plugin as a whole: it loads, states its HOOK_API, and its lifecycle hooks bear being called."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mi_core.model import Discrepancy
from mi_core.plugin import HOOK_API, CallSeen
from mi_core.testing.conformance import NotApplicable, Subject
from mi_core.types import Effect, Outcome

__all__ = ["CHECKS"]

SEEN = CallSeen("2207", "门诊结算", Effect.MONEY, "H43000000001", "H4300000000120240301120000001", "op1")
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "mi_observe_before_send": {"call": SEEN},
    "mi_observe_after_call": {
        "call": SEEN,
        "outcome": Outcome.CONFIRMED,
        "evidence": "proof",
        "elapsed": 0.1,
    },
    "mi_observe_discrepancy": {
        "call": SEEN,
        "discrepancy": Discrepancy("identity", "金额不平", "sums differ"),
    },
    "mi_observe_alarm": {"kind": "discrepancy", "msgid": "m", "operation_id": "op1", "detail": "d"},
    "mi_modify_http_headers": {"call": SEEN, "headers": {"Content-Type": "******"}},
}
"""What the lifecycle hooks are called with here."""
SOON = 0.5
"""Seconds; hooks run in the middle of a call, or in the journal's own thread."""


def it_loads(whole: Subject) -> None:
    """Known hooks, arguments that exist, names that nobody else has."""
    report = whole.report
    assert report.status == "loaded", f"{report.distribution} {report.version}: {report.reason}"


def it_states_its_hook_api(whole: Subject) -> None:
    """Without a number it is taken as written for whatever version is installed."""
    if whole.report.distribution == "mi-core":
        raise NotApplicable("comes with this version")
    stated = getattr(whole.plugin, "MI_HOOK_API", None)
    assert isinstance(stated, int), f"write MI_HOOK_API = {HOOK_API} into the plugin's module"


def its_lifecycle_hooks_return_soon_and_raise_nothing(whole: Subject) -> None:
    """Exceptions are caught and logged by the client; a plugin that raises does not do its work."""
    called = 0
    for name, sample in SAMPLES.items():
        for impl in getattr(whole.plugins.manager.hook, name).get_hookimpls():
            if impl.plugin is not whole.plugin:
                continue
            called += 1
            before = time.monotonic()
            result = impl.function(*(sample[argument] for argument in impl.argnames))
            assert time.monotonic() - before < SOON, (
                f"{name} took longer than {SOON} s: hand the work to a thread"
            )
            if name.startswith("mi_modify_"):
                assert result is None or (
                    isinstance(result, Mapping)
                    and all(isinstance(k, str) and isinstance(v, str) for k, v in result.items())
                ), f"{name} returns header texts by name, or None"
            else:
                assert result is None, f"{name}: what it returns is ignored, so it returns None"
    if not called:
        raise NotApplicable("no lifecycle hook is implemented")


CHECKS = (it_loads, it_states_its_hook_api, its_lifecycle_hooks_return_soon_and_raise_nothing)

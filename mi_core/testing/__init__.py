"""To test your own code and your own plugin without a bureau.

:class:`FakeGateway` answers inside the process, :mod:`examples` makes valid and invalid requests and replies of any
interface, :mod:`strategies` the same for hypothesis, :class:`Recorder` keeps scrubbed exchanges and :func:`replay`
plays them again. A plugin holds itself against its contract with ``pytest --mi-plugin NAME``.

Nothing here is imported before it is used; pytest and hypothesis are the tests' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mi_core.testing import examples, strategies
    from mi_core.testing.gateway import FakeGateway
    from mi_core.testing.recorder import Recorder
    from mi_core.testing.replaying import replay
    from mi_core.testing.script import FakeGatewayError, Seen

__all__ = ["FakeGateway", "FakeGatewayError", "Recorder", "Seen", "examples", "replay", "strategies"]

_HOME = {
    "FakeGateway": "gateway", "FakeGatewayError": "script", "Seen": "script", "Recorder": "recorder", "replay": "replaying",
}  # fmt: skip


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _HOME:
        return import_module(f"{__name__}.{name}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

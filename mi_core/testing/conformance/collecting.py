"""The checks as items of a pytest run."""

from __future__ import annotations

import asyncio
import inspect
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mi_core.errors import MiError
from mi_core.testing.conformance import Check, NotApplicable, checks_of, subject

__all__ = ["Collecting"]


class Collecting:
    """Adds an item for each check of each plugin named on the command line."""

    def __init__(self, config: pytest.Config) -> None:
        self._names: list[str] = config.getoption("--mi-plugin")
        module = config.getoption("--mi-counterpart")
        if module and str(config.rootpath) not in sys.path:
            sys.path.insert(0, str(config.rootpath))
        try:
            self._counterpart = import_module(module) if module else None
            self._subjects = [subject(name, self._counterpart) for name in self._names]
        except (MiError, ImportError) as error:
            raise pytest.UsageError(str(error)) from error

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Before ``-k`` and the like choose among them."""
        for name, whole in zip(self._names, self._subjects, strict=True):
            group = _Group.from_parent(session, name=f"mi-plugin {name}", nodeid=f"mi-plugin {name}")
            items += [_Item.from_parent(group, name=check.name, check=check) for check in checks_of(whole)]


class _Group(pytest.Collector):
    def collect(self) -> Iterator[pytest.Item]:
        return iter(())


class _Item(pytest.Item):
    def __init__(self, *, check: Check, **more: Any) -> None:
        super().__init__(**more)
        self.check = check

    def runtest(self) -> None:
        with tempfile.TemporaryDirectory(prefix="mi-check-") as folder:
            try:
                done = self.check.run(Path(folder))
                if inspect.isawaitable(done):
                    asyncio.run(_awaited(done))
            except NotApplicable as reason:
                pytest.skip(str(reason))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A broken contract in its own words; anything else with its traceback."""
        if isinstance(excinfo.value, AssertionError) and str(excinfo.value):
            return f"{self.name}\n  {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.nodeid


async def _awaited(done: Any) -> None:
    await done

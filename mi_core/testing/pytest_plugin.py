"""``pytest --mi-plugin NAME``: a plugin held against the contract of everything it provides.

pytest finds this file by its entry point; it imports nothing before the option is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two options; without them nothing happens."""
    group = parser.getgroup("mi-core")
    group.addoption(
        "--mi-plugin", action="append", default=[], metavar="NAME",
        help="check this installed plugin against its contract (entry point or distribution); may be repeated",
    )  # fmt: skip
    group.addoption(
        "--mi-counterpart", default=None, metavar="MODULE",
        help="module with settings and the other side of the plugin's providers, see mi_core.testing.conformance",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """The checks are collected by a plugin of their own."""
    if config.getoption("--mi-plugin", default=[]):
        from mi_core.testing.conformance.collecting import Collecting

        config.pluginmanager.register(Collecting(config), "mi-core-conformance")

"""The local journal's own tests, those that only need an open journal, on both servers."""

from __future__ import annotations

import inspect

import pytest

from tests.journal import test_ending, test_generations, test_msgids, test_writer

_LOCAL = {"path", "tmp_path"}

for _module in (test_ending, test_generations, test_msgids, test_writer):
    for _name, _test in vars(_module).copy().items():
        if _name.startswith("test_"):
            _wants = set(inspect.signature(_test).parameters)
            if "journal" in _wants and not _wants & _LOCAL:
                globals()[_name] = _test


@pytest.mark.parametrize("module", [test_ending, test_generations, test_msgids, test_writer])
def test_they_are_taken_from_there(module: object) -> None:
    assert any(found in globals() for found in vars(module) if found.startswith("test_"))

"""A validator looks at requests: it changes nothing, raises nothing, and says what is wrong in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mi_core.interfaces import ALL_CODES, by_code
from mi_core.model import Interface, Problem, Request
from mi_core.testing import examples
from mi_core.testing.conformance import Subject

__all__ = ["CHECKS"]


def _requests() -> Iterator[tuple[Interface[Any], Request[Any]]]:
    for code in ALL_CODES:
        yield by_code(code), examples.valid(code)
        yield by_code(code), examples.minimal(code)


def it_bears_every_interface_and_changes_no_request(whole: Subject, name: str, factory: Any) -> None:
    """All 212, filled to the brim and with the required fields only."""
    validator = factory()
    for interface, request in _requests():
        before = interface.encode_input(request)
        try:
            found = validator.check(interface, request)
        except Exception as error:
            raise AssertionError(
                f"{interface.code}: raised {error!r}; no call of it could be made"
            ) from error
        assert interface.encode_input(request) == before, f"{interface.code}: the request was changed"
        _well_told(found, interface.code)


def it_says_the_same_of_the_same_request(whole: Subject, name: str, factory: Any) -> None:
    """One object serves all calls, so nothing may be carried over from one request to another."""
    validator = factory()
    for interface, request in _requests():
        first = list(validator.check(interface, request))
        assert list(validator.check(interface, request)) == first, (
            f"{interface.code}: said something else the second time"
        )


def _well_told(found: Any, code: str) -> None:
    assert isinstance(found, Sequence) and not isinstance(found, str), f"{code}: return a list of Problem"
    for problem in found:
        assert isinstance(problem, Problem), f"{code}: {type(problem).__name__} is no mi_core.Problem"
        assert problem.rule and problem.zh and problem.en, (
            f"{code}: rule, zh and en say what is wrong: {problem}"
        )
        assert problem.severity in ("error", "warning"), f"{code}: severity {problem.severity!r}"


CHECKS = (it_bears_every_interface_and_changes_no_request, it_says_the_same_of_the_same_request)

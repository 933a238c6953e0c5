"""hypothesis strategies: whatever is drawn for any interface passes the check or is read."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mi_core.classify import Refusals, Sent, classify_reply
from mi_core.interfaces import ALL_CODES, by_code
from mi_core.testing import examples, strategies
from mi_core.types import Outcome
from mi_core.validation import check_request
from mi_core.wire import decode_output, read_reply

FEW = settings(
    max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


@pytest.mark.parametrize("code", ALL_CODES)
def test_requests_pass_the_check(code: str) -> None:
    @FEW
    @given(strategies.requests(code))
    def passes(request: object) -> None:
        assert [p for p in check_request(request) if p.severity == "error"] == []  # type: ignore[arg-type]  # drawn as a request

    passes()


EXACT = [code for code in ALL_CODES if by_code(code).behaviour.exact]


@pytest.mark.parametrize("code", [*EXACT, *(code for code in ALL_CODES[::5] if code not in EXACT)])
def test_replies_are_read_whole(code: str) -> None:
    @FEW
    @given(strategies.outputs(code))
    def is_read(output: object) -> None:
        interface = by_code(code)
        bare = interface.behaviour.envelope == "none"
        body = examples.to_json(output if bare else {"infcode": 0, "output": output})
        envelope = read_reply(body, strict=True)
        _, problems = decode_output(interface, envelope, strict=True)
        assert problems == []
        if interface.behaviour.exact and not bare:
            verdict = classify_reply(interface.behaviour, 200, envelope, Sent("M"), Refusals())
            assert (verdict.outcome, verdict.discrepancies) == (Outcome.CONFIRMED, ())

    is_read()


@FEW
@given(st.data())
def test_typed_replies_are_the_interfaces_own(data: st.DataObject) -> None:
    assert isinstance(data.draw(strategies.replies("2207")), by_code("2207").response)


def test_without_hypothesis_the_error_says_what_to_install() -> None:
    text = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from mi_core.testing import FakeGateway, examples\n"
        "try:\n    from mi_core.testing import strategies\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert "pip install hypothesis" in done.stdout


def test_neither_pytest_nor_hypothesis_is_imported_by_the_rest() -> None:
    text = (
        "import sys; from mi_core.testing import FakeGateway, Recorder, examples, replay\n"
        "import mi_core.testing.pytest_plugin\n"
        "print([m for m in ('pytest', 'hypothesis', '_pytest') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

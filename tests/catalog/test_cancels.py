"""A cancelling call names what it takes back by the identifier that the journal has of it; else it can never match."""

from __future__ import annotations

import pytest

from mi_core.interfaces import ALL_CODES, by_code
from mi_core.model import Behaviour

_JOURNALLED = {"money", "state"}
_BY_STATUS_ALONE = {("2167", "2166")}
"""2166 is proven by its status alone, so that its ``mdtrt_regno`` is not stored with the call: a cancelled order is not
ordered again under the same ``mdtrtsn``, which fails closed."""


def identifier_of(behaviour: Behaviour) -> str:
    """The field whose value is stored with a confirmed call: of its proof, or the last of its business key."""
    stated = {path for path, _ in behaviour.proof_values}
    proof = [p for p in behaviour.proof if p != "infcode" and p not in stated]
    return (proof or list(behaviour.business_key))[0 if proof else -1].rpartition(".")[2]


CANCELLING = [
    (one.code, target)
    for one in map(by_code, ALL_CODES)
    if one.behaviour.effect in _JOURNALLED and one.behaviour.business_key
    for target in (one.behaviour.cancels_all or ((one.behaviour.cancels,) if one.behaviour.cancels else ()))
    if by_code(target).behaviour.effect in _JOURNALLED and (one.code, target) not in _BY_STATUS_ALONE
]


@pytest.mark.parametrize(("code", "target"), CANCELLING)
def test_the_target_can_be_found(code: str, target: str) -> None:
    named = by_code(code).behaviour.business_key[-1].rpartition(".")[2]
    assert named == identifier_of(by_code(target).behaviour)


def test_a_refund_is_not_a_cancellation() -> None:
    """6203 has a number of its own and may be partial: nothing says that 6202 may be sent again after it."""
    assert ("2208", "2207") in CANCELLING and ("2404", "2401") in CANCELLING
    assert all(code != "6203" for code, _ in CANCELLING)

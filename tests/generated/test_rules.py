"""All 212 interfaces from the catalogue alone: what is valid is accepted and comes back, what breaks a rule is refused there."""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from pathlib import Path

import pytest

import mi_core.model.fields
import mi_core.validation.request
from mi_core.interfaces import ALL_CODES, by_code
from mi_core.testing import examples
from mi_core.validation import check_request

NOTICES = {"id_number"}
"""Rules that warn and refuse nothing."""


@pytest.mark.parametrize("code", ALL_CODES)
def test_valid_is_accepted_and_every_broken_rule_is_refused_where_it_is_broken(code: str) -> None:
    interface = by_code(code)
    for request in (examples.valid(code), examples.minimal(code)):
        assert [p for p in check_request(request) if p.severity == "error"] == []
        written = json.loads(interface.encode_input(request), parse_float=Decimal)
        again, problems = interface.request_from_dict(written)
        assert (again, problems) == (request, [])
    broken = 0
    for spoilt in examples.invalid(code):
        found_request, problems = interface.request_from_dict(spoilt.payload)
        if found_request is not None:
            problems = check_request(found_request)
        found = [(p.rule, p.path) for p in problems if p.severity == "error"]
        assert (spoilt.rule, spoilt.path) in found, spoilt
        broken += 1
    assert broken > 0


def rules_of(*modules: object) -> set[str]:
    """Every rule name that the code of the checks can report: the third positional argument of ``report`` and ``Problem``'s fourth."""
    found: set[str] = set()
    files = [f for m in modules for f in Path(str(m.__file__)).parent.glob("*.py")]  # type: ignore[attr-defined]  # modules have files
    for file in files:
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place = {"report": 2, "Problem": 3}.get(name)
            if place is not None and len(call.args) > place:
                rule = call.args[place]
                if isinstance(rule, ast.Constant) and isinstance(rule.value, str):
                    found.add(rule.value)
    return found


def test_every_rule_is_broken_somewhere() -> None:
    broken = {spoilt.rule for code in ALL_CODES for spoilt in examples.invalid(code)}
    known = rules_of(mi_core.model.fields, mi_core.validation.request)
    assert len(known) > 12
    assert known - NOTICES - {"unreadable"} == broken


@pytest.mark.parametrize("code", ALL_CODES)
def test_a_reply_made_for_a_request_is_read_whole_and_repeats_its_person(code: str) -> None:
    request = examples.minimal(code)
    reply = examples.reply(code, request)
    assert isinstance(reply, by_code(code).response)
    behaviour = by_code(code).behaviour
    if behaviour.person_request and behaviour.person_reply:
        said = request.to_dict()
        for step in behaviour.person_request.split("."):
            said = said.get(step) if isinstance(said, dict) else None  # type: ignore[assignment]  # a path in plain data
        node, _, field = behaviour.person_reply.rpartition(".")
        told = reply.to_dict()
        for step in filter(None, node.split(".")):
            told = told[step][0] if isinstance(told[step], list) else told[step]
        assert said is None or told[field] == said

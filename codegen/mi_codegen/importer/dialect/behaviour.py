"""What ``x-mi`` says of places follows them: to the key a node has in the region, in the document and in others."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from mi_core.catalog.nodes import is_node

__all__ = ["Moves", "follow"]

Moves = Mapping[str, list[tuple[str, tuple[str, ...], tuple[str, ...]]]]
"""Interface -> its moves: part, place before, place after."""

Translate = Callable[[str, str], str]


def _translator(moves: Moves, interface: str) -> Translate:
    """``translate(part, path)`` for paths inside a part of one interface's message."""

    def translate(part: str, path: str) -> str:
        steps = tuple(path.split(".")) if path else ()
        for where, before, after in moves.get(interface, ()):
            if where == part and steps[: len(before)] == before:
                steps = (*after, *steps[len(before) :])
        return ".".join(steps)

    return translate


def follow(facts: Mapping[str, Any], code: str, document: Mapping[str, Any], moves: Moves) -> dict[str, Any]:
    """The ``x-mi`` of ``code`` with every path translated; ``document`` is the one that the moves have led to."""
    out: dict[str, Any] = copy.deepcopy(dict(facts))
    own = _translator(moves, code)

    def full(path: str) -> str:
        part, _, rest = path.partition(".")
        if part not in ("input", "output") or not rest:
            return path
        return f"{part}.{own(part, rest)}".rstrip(
            "."
        )  # a node that became the body of its part is the part itself

    if out.get("flat"):
        root = document["properties"]["input"]["properties"].get(own("input", out["flat"]))
        single = is_node(root) and root.get("type") == "object"
        out["flat"] = own("input", out["flat"]) if single else None
    elif moves.get(code):
        down = [new for part, old, new in moves[code] if part == "input" and not old]
        out["flat"] = down[0][0] if down else out.get("flat")
    if "proof" in out:
        out["proof"] = [full(p) for p in out["proof"]]
    if "proofValues" in out:
        out["proofValues"] = {full(p): v for p, v in out["proofValues"].items()}
    person = out.get("person") or {}
    for key, part in (("request", "input"), ("reply", "output")):
        if key in person:
            person[key] = own(part, person[key])
    for key in ("businessKey", "lockKey", "amounts"):
        if key in out:
            out[key] = [p if p == "operation_key" else own("input", p) for p in out[key]]
    for identity in out.get("identities", ()):
        identity["node"] = own("output", identity["node"])
    if "projection" in out:
        _projection(out["projection"], full)
    out["outcomeQueries"] = [_query(q, own, moves) for q in out.get("outcomeQueries", ())]
    if not out["outcomeQueries"]:
        del out["outcomeQueries"]
    return out


def _projection(projection: dict[str, Any], full: Callable[[str], str]) -> None:
    for column, value in projection["columns"].items():
        if isinstance(value, str):
            projection["columns"][column] = full(value)
        elif isinstance(value, list):
            projection["columns"][column] = [full(p) for p in value]
    if isinstance(projection["status"], dict):
        projection["status"]["path"] = full(projection["status"]["path"])
    if "detail" in projection:
        projection["detail"] = [full(p) for p in projection["detail"]]


def _query(query: dict[str, Any], own: Translate, moves: Moves) -> dict[str, Any]:
    asked = _translator(moves, query["interface"])
    opener = query.get("opener")
    opened = _translator(moves, opener["interface"]) if opener else own

    def source(raw: Any) -> Any:
        if isinstance(raw, list):
            return [source(r) for r in raw]
        if isinstance(raw, str):
            return own("input", raw)
        if "call" in raw:
            return {**raw, "call": own("input", raw["call"])}
        if "opened" in raw:
            part, _, path = raw["opened"].partition(".")
            return {**raw, "opened": f"{part}.{opened(part, path)}"}
        return raw

    out = dict(query)
    if "ask" in out:
        out["ask"] = {asked("input", k): source(v) for k, v in out["ask"].items()}
    if "blank" in out:
        out["blank"] = [asked("input", p) for p in out["blank"]]
    if "when" in out:
        out["when"] = {own("input", k): v for k, v in out["when"].items()}
    if opener:
        out["opener"] = {**opener, "by": own("input", opener["by"])}
    if "first" in out:
        first = _translator(moves, out["first"]["interface"])
        asks = {first("input", k): source(v) for k, v in out["first"]["ask"].items()}
        out["first"] = {**out["first"], "ask": asks, "rows": first("output", out["first"]["rows"])}
    if "rows" in out:
        out["rows"] = asked("output", out["rows"])
    for key in ("match", "agree"):
        if key in out:
            out[key] = {k: source(v) for k, v in out[key].items()}
    if "adopt" in out:
        out["adopt"] = {**out["adopt"], "node": own("output", out["adopt"]["node"])}
    return out

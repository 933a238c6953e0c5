"""``x-mi.outcomeQueries`` -> :class:`mi_core.model.outcome.OutcomeQuery`, and whether what it names exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mi_core.model.outcome import Adopt, First, OutcomeQuery, Source, State
from mi_core.model.spec import FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["lacking", "outcome_problems", "read_outcome_query"]

Report = Callable[[str, str, str], None]


def read_outcome_query(raw: Mapping[str, Any]) -> OutcomeQuery:
    """One entry; the schema has seen to its shape."""
    opener, first, adopt = raw.get("opener"), raw.get("first"), raw.get("adopt")
    return OutcomeQuery(
        interface=raw["interface"], region=bool(raw.get("region", False)), last=bool(raw.get("last", False)),
        ask=_fields(raw.get("ask", {})), blank=tuple(raw.get("blank", ())),
        when=tuple((path, tuple(values)) for path, values in raw.get("when", {}).items()),
        opener=None if opener is None else (opener["interface"], opener["by"]),
        first=None if first is None else First(first["interface"], _fields(first["ask"]), first["rows"]),
        rows=raw.get("rows", ""), match=_pairs(raw.get("match", {})), agree=_pairs(raw.get("agree", {})),
        states=tuple(State(s["field"], tuple(s["values"]), s["means"]) for s in raw.get("states", ())),
        present=raw.get("present", "found"), none=raw.get("none", "absent"), fresh=raw.get("fresh"),
        after_lag=bool(raw.get("afterLag", False)),
        identifier=raw.get("identifier"), adopt=None if adopt is None else _adopt(adopt), missing=tuple(raw.get("missing", ())),
    )  # fmt: skip


def _source(raw: str | Mapping[str, Any]) -> Source:
    return Source(call=raw) if isinstance(raw, str) else Source(**raw)


def _fields(raw: Mapping[str, Any]) -> tuple[tuple[str, tuple[Source, ...]], ...]:
    return tuple(
        (path, tuple(map(_source, given)) if isinstance(given, list) else (_source(given),))
        for path, given in raw.items()
    )


def _pairs(raw: Mapping[str, Any]) -> tuple[tuple[str, Source], ...]:
    return tuple((field, _source(given)) for field, given in raw.items())


def _adopt(raw: Mapping[str, Any]) -> Adopt:
    return Adopt(
        raw["node"], tuple(raw.get("rename", {}).items()), tuple(raw.get("only", ())), tuple(raw.get("beside", ())),
        tuple(raw.get("constants", {}).items()),
    )  # fmt: skip


def outcome_problems(spec: InterfaceSpec, interfaces: Mapping[str, InterfaceSpec], report: Report) -> None:
    """Every dangling path of the questions of one interface, and ``missing`` that is not what is missing."""
    for number, query in enumerate(spec.behaviour.outcome_queries):
        asked = interfaces.get(query.interface)
        if query.ask and asked is not None:
            for path in _wrong(spec, query, asked, interfaces):
                report(f"/x-mi/outcomeQueries/{number}", f"路径 {path} 不存在", f"{path} does not exist")
            if query.adopt is not None and set(query.missing) != (lacks := lacking(spec, query, asked)):
                names = "、".join(sorted(lacks)) or "（无）"
                report(
                    f"/x-mi/outcomeQueries/{number}/missing",
                    f"实际缺少的是：{names}",
                    f"what is missing: {names}",
                )


def _wrong(
    spec: InterfaceSpec, query: OutcomeQuery, asked: InterfaceSpec, interfaces: Mapping[str, InterfaceSpec]
) -> Iterator[str]:
    first = None if query.first is None else interfaces.get(query.first.interface)
    found = None if query.first is None or first is None else _at(first.output, query.first.rows)
    opener = None if query.opener is None else interfaces.get(query.opener[0])
    rows = _at(asked.output, query.rows)
    own: list[tuple[FieldSpec | NodeSpec | None, str]] = [(spec.input, path) for path, _ in query.when]
    own += [(spec.input, query.opener[1])] if query.opener else []
    own += [(asked.input, path) for path in (*dict(query.ask), *query.blank)]
    if query.first is not None and first is not None:
        own += [(first.input, path) for path in dict(query.first.ask)]
    fields = [f for f, _ in (*query.match, *query.agree)] + [s.field for s in query.states]
    own += [(rows, field) for field in (*fields, *((query.identifier,) if query.identifier else ()))]
    for source in _sources(query):
        if source.call is not None:
            own.append((spec.input, source.call))
        elif source.row is not None:
            own.append((found, source.row))
        elif source.opened is not None:
            part, _, path = source.opened.partition(".")
            own.append((None if opener is None else getattr(opener, part, None), path))
    if query.adopt is not None:
        node = _at(spec.output, query.adopt.node)
        own += [(node, name) for name in (*dict(query.adopt.rename), *query.adopt.only)]
        own += [(rows, name) for _, name in query.adopt.rename]
        own += [(spec.output, name) for name in query.adopt.beside]
        own += [(asked.output, name) for name in query.adopt.beside]
    yield from (path for root, path in own if _at(root, path) is None)


def _sources(query: OutcomeQuery) -> Iterator[Source]:
    for _, given in (*query.ask, *(query.first.ask if query.first else ())):
        yield from given
    for _, source in (*query.match, *query.agree):
        yield source


def lacking(spec: InterfaceSpec, query: OutcomeQuery, asked: InterfaceSpec) -> set[str]:
    """Fields of the reply's node that the row has not, and the reply's other nodes that are not copied."""
    adopt, rows = query.adopt, _at(asked.output, query.rows)
    assert adopt is not None
    node = _at(spec.output, adopt.node)
    if not isinstance(node, NodeSpec) or not isinstance(rows, NodeSpec):
        return set()
    had, renamed, constant = {m.code for m in rows.members}, dict(adopt.rename), dict(adopt.constants)
    fits = {
        member.code
        for member in node.members
        if member.code in constant
        or (renamed.get(member.code, member.code) in had and (not adopt.only or member.code in adopt.only))
    }
    others = {m.code for m in spec.output.members if m.code != adopt.node.partition(".")[0]}
    return {m.code for m in node.members} - fits | others - set(adopt.beside)


def _at(root: FieldSpec | NodeSpec | None, path: str) -> FieldSpec | NodeSpec | None:
    here = root
    for step in path.split(".") if path else ():
        here = here.member(step) if isinstance(here, NodeSpec) else None
    return here

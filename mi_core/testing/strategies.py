"""hypothesis strategies for every interface: requests that must pass, replies that must be read.

>>> from hypothesis import given
>>> from mi_core.testing import strategies
>>> @given(strategies.requests("2207"))
... def test_my_mapping(request): ...
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mi_core.model import FieldSpec, InterfaceSpec, NodeSpec, Request, Response
from mi_core.testing import examples
from mi_core.testing.answers import completed, places
from mi_core.testing.values import Tables, fill, is_decimal, is_whole, meet, notation, value_of

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "mi_core.testing.strategies 需要 hypothesis：pip install hypothesis / needs hypothesis: pip install hypothesis"
    ) from error

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["inputs", "outputs", "replies", "requests"]

LONGEST, MOST_ROWS = 12, 2
"""Characters of a text and rows of a list at most: enough to differ, and far from the limit of a message."""


def requests(target: examples.Target) -> SearchStrategy[Request[Any]]:
    """Typed requests that are valid by the catalogue, optional fields present or not."""
    interface = examples.interface_of(target)

    def typed(values: dict[str, Any]) -> Request[Any]:
        request, problems = interface.request_from_dict(values)
        assert request is not None, [p.message("en") for p in problems]
        return request

    return inputs(interface).map(typed)


def replies(target: examples.Target) -> SearchStrategy[Response]:
    """Typed replies that carry their proof and add up to the cent."""
    from mi_core.wire import decode_output, read_reply

    interface = examples.interface_of(target)

    def typed(output: Any) -> Response:
        bare = interface.behaviour.envelope == "none"
        body = examples.to_json(output if bare else {"infcode": 0, "output": output})
        return decode_output(interface, read_reply(body, strict=True), strict=True)[0]

    return outputs(interface).map(typed)


def inputs(target: examples.Target) -> SearchStrategy[dict[str, Any]]:
    """As :func:`requests`, as plain data by wire name."""
    interface = examples.interface_of(target)
    catalog = examples.catalog_of(interface)
    return _rows(catalog.interfaces[interface.code].input, catalog.code_tables)


def outputs(target: examples.Target) -> SearchStrategy[Any]:
    """As :func:`replies`, as plain data by wire name."""
    interface = examples.interface_of(target)
    catalog = examples.catalog_of(interface)
    spec = catalog.interfaces[interface.code]
    if spec.output_kind == "scalar":
        return _texts(None)
    return _rows(spec.output, catalog.code_tables, whole=True).map(
        lambda tree: _proven(spec, tree, catalog.code_tables)
    )


def _proven(spec: InterfaceSpec, tree: dict[str, Any], tables: Tables) -> dict[str, Any]:
    for path in spec.behaviour.proof:
        for row, code in places(tree, path.removeprefix("output.")) if path != "infcode" else ():
            member = next(m for _, m in spec.output.walk() if m.code == code)
            assert isinstance(member, FieldSpec)
            row[code] = value_of(member, tables)
            row.pop("medins_setl_id", None)  # the id of a message that these values know nothing of
    return completed(spec, tree, None)


def _rows(node: NodeSpec, tables: Tables, *, whole: bool = False) -> SearchStrategy[dict[str, Any]]:
    """Rows of a node; ``whole``: the nodes are all there, as in a reply."""
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for member in node.members:
        strategy = (
            _values(member, tables) if isinstance(member, FieldSpec) else _nodes(member, tables, whole=whole)
        )
        always = member.required or (whole and isinstance(member, NodeSpec))
        (required if always else optional)[member.code] = strategy
    order = [member.code for member in node.members]

    @st.composite
    def rows(draw: DrawFn) -> dict[str, Any]:
        row: dict[str, Any] = draw(st.fixed_dictionaries(required, optional=optional))
        for condition in node.conditions:
            meet(condition.when, condition.then, row, node, tables)
        if node.any_of and not any(all(code in row for code in group) for group in node.any_of):
            fill(node.any_of[0], row, node, tables)
        return {code: row[code] for code in order if code in row}

    return rows()


def _nodes(node: NodeSpec, tables: Tables, *, whole: bool) -> SearchStrategy[Any]:
    rows = _rows(node, tables, whole=whole)
    if not node.repeated:
        return rows
    return st.lists(rows, min_size=1, max_size=min(node.max_items or MOST_ROWS, MOST_ROWS))


def _values(field: FieldSpec, tables: Tables) -> SearchStrategy[Any]:
    if is_decimal(field):
        places_, whole = field.scale or 2, (field.digits or 16) - (field.scale or 2)
        most = Decimal(10) ** whole - Decimal(1).scaleb(-places_)
        return st.decimals(-most, most, places=places_, allow_nan=False, allow_infinity=False)
    if is_whole(field):
        most_whole = 10 ** min(field.digits or 18, 18) - 1
        return st.integers(-most_whole, most_whole)
    if field.type == "number":
        return st.integers(0, 10 ** min(field.digits or 18, 30) - 1).map(str)
    match field.type:
        case "date":
            return _DAYS
        case "datetime":
            return _MOMENTS
        case "boolean":
            return st.booleans()
        case "object" | "map":
            return _objects()
        case "list" | "strings":
            return st.lists(_texts(None), min_size=1, max_size=MOST_ROWS)
    return _text_values(field, tables)


_DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2020, 12, 31))
_MOMENTS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2020, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)


def _text_values(field: FieldSpec, tables: Tables) -> SearchStrategy[str]:
    if field.code_table:
        return st.sampled_from(list(tables[field.code_table].codes))
    if field.enum:
        return st.sampled_from(field.enum)
    if field.pattern:
        form = notation(field.pattern)
        return _MOMENTS.map(lambda moment: moment.strftime(form))
    return _texts(field.max_length)


def _texts(limit: int | None) -> SearchStrategy[str]:
    """No controls and half characters, and never blank: that counts as not filled in."""
    characters = st.characters(exclude_categories=("Cc", "Cs"))
    return st.text(characters, min_size=1, max_size=min(limit or LONGEST, LONGEST)).filter(
        lambda text: bool(text.strip())
    )


def _objects() -> SearchStrategy[Mapping[str, Any]]:
    return st.dictionaries(_texts(6), _texts(6) | st.integers(-999, 999), min_size=1, max_size=MOST_ROWS)

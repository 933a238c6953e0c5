"""Valid and invalid instances of any request, and replies to it, made from the catalogue.

>>> from mi_core.interfaces import OutpatientSettlementRequest
>>> from mi_core.testing import examples
>>> examples.valid(OutpatientSettlementRequest, chrg_bchno="B7").chrg_bchno
'B7'

A target is a request or response class, its ``INTERFACE`` or an interface code (``"2207"``); a class of a region's
package is taken as that region's catalogue has it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, overload

import attrs

from mi_core.catalog import Catalog, load_catalog
from mi_core.model import Interface, InterfaceSpec, Request, Response
from mi_core.plugin import Region
from mi_core.testing.answers import output_of
from mi_core.testing.faults import Invalid, invalid_inputs
from mi_core.testing.naming import interface_named, member_named
from mi_core.testing.values import node_values

__all__ = [
    "Invalid", "Target", "catalog_of", "interface_of", "invalid", "minimal", "output", "reply", "spec_of", "valid", "values",
]  # fmt: skip

Asked: TypeAlias = Request[Any] | Mapping[str, Any] | None
R = TypeVar("R", bound=Response)
Q = TypeVar("Q", bound=Request[Any])
Target: TypeAlias = str | Interface[Any] | type[Request[Any]] | type[Response]


def interface_of(target: Target, region: Region | None = None) -> Interface[Any]:
    """The interface that a class, an ``INTERFACE`` or a code (of the base, or of ``region``) belongs to.

    Raises ``UnknownName`` for a code that does not exist and ``TypeError`` for something else.
    """
    if isinstance(target, str):
        return interface_named(target, region)
    if isinstance(target, Interface):
        return target
    interface = getattr(target, "__interface__", None)
    if not isinstance(interface, Interface):
        raise TypeError(
            f'a request or reply class, its INTERFACE or a code such as "2207" is expected, not {target!r}'
        )
    return interface


def catalog_of(interface: Interface[Any]) -> Catalog:
    """The catalogue that the interface's classes were generated from: the shipped one or a region's."""
    if not getattr(interface, "region", ""):
        return load_catalog()
    from mi_core.catalog.regions import region_catalog

    package = interface.request.__module__.rpartition(".")[0]
    here = sys.modules.get(package) or import_module(package)
    return region_catalog(Path(str(here.__file__)).resolve().parents[1])


def spec_of(target: Target) -> InterfaceSpec:
    """What the catalogue says of the interface."""
    interface = interface_of(target)
    return catalog_of(interface).interfaces[interface.code]


def values(target: Target, *, required_only: bool = False) -> dict[str, Any]:
    """A valid ``input`` as plain data by wire name, every field filled (or only what is required)."""
    interface = interface_of(target)
    catalog = catalog_of(interface)
    spec = catalog.interfaces[interface.code]
    return node_values(spec.input, catalog.code_tables, required_only=required_only)


@overload
def valid(target: type[Q], **overrides: Any) -> Q: ...
@overload
def valid(target: Target, **overrides: Any) -> Any: ...
def valid(target: Target, **overrides: Any) -> Any:
    """A valid request with every field filled; ``overrides`` replace attributes (``UNSET`` leaves one out).

    Overrides are not checked, so that a test can also make a wrong request. Raises ``TypeError`` for an unknown name.
    """
    return _built(target, overrides, required_only=False)


@overload
def minimal(target: type[Q], **overrides: Any) -> Q: ...
@overload
def minimal(target: Target, **overrides: Any) -> Any: ...
def minimal(target: Target, **overrides: Any) -> Any:
    """As :func:`valid` with nothing but what the specification requires."""
    return _built(target, overrides, required_only=True)


def _built(target: Any, overrides: dict[str, Any], *, required_only: bool) -> Any:
    interface = interface_of(target)
    request, problems = interface.request_from_dict(values(interface, required_only=required_only))
    if request is None:
        listed = "; ".join(p.message("en") for p in problems)
        raise AssertionError(f"{interface.code}: the catalogue and the generated classes differ: {listed}")
    return attrs.evolve(request, **overrides)  # type: ignore[misc]  # generated classes are attrs classes, their base is not


def invalid(target: Target) -> Iterator[Invalid]:
    """Every way to break a rule that the document states, one at a time: ``for rule, payload in invalid("2207")``.

    ``payload`` is plain data for ``call_raw`` or ``Request.from_dict``; ``path`` of the item says where. The rules are
    those of :attr:`mi_core.Problem.rule`. ``input_limit`` is found by ``call`` and by
    :func:`mi_core.validation.check_request` only.
    """
    interface = interface_of(target)
    catalog = catalog_of(interface)
    return invalid_inputs(catalog.interfaces[interface.code], catalog.code_tables)


def output(target: Target, request: Asked = None, **overrides: Any) -> Any:
    """The ``output`` a bureau answers with, as plain data by wire name. See :func:`reply`. Raises ``UnknownName``."""
    interface = interface_of(target)
    catalog = catalog_of(interface)
    asked = request.to_dict() if isinstance(request, Request) else request
    msgid = overrides.pop("msgid", None)
    made = output_of(catalog.interfaces[interface.code], catalog.code_tables, asked=asked, msgid=msgid)
    for path, value in overrides.items():
        steps = path.split("__")
        member_named(catalog.interfaces[interface.code], steps)
        put(made, steps, value)
    return made


@overload
def reply(target: type[Request[R]] | type[R], request: Asked = None, **overrides: Any) -> R: ...
@overload
def reply(target: Target, request: Asked = None, **overrides: Any) -> Any: ...
def reply(target: Target, request: Asked = None, **overrides: Any) -> Any:
    """A typed reply that carries its proof and adds up to the cent; it repeats what ``request`` says (ids, amounts).

    ``overrides``: values by wire name, nodes joined by two underscores: ``setlinfo__fund_pay_sumamt=Decimal("0")``;
    ``...`` leaves a field out.
    """
    from mi_core.wire import decode_output, read_reply

    interface = interface_of(target)
    content = output(interface, request, **overrides)
    bare = interface.behaviour.envelope == "none"
    body = to_json(content if bare else {"infcode": 0, "output": content})
    made, problems = decode_output(interface, read_reply(body, strict=True), strict=True)
    if problems:
        raise ValueError("; ".join(p.message("en") for p in problems))
    return made


def to_json(value: Any) -> bytes:
    """JSON as a bureau writes it: dates as text, decimals as plain numbers."""
    from mi_core.model.fields.writing import to_bytes

    return to_bytes(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.isoformat(" ") if hasattr(value, "hour") else value


def put(tree: Any, steps: list[str], value: Any) -> None:
    """Set (or with ``...`` remove) a value in every row of a node."""
    *nodes, field = steps
    rows = [tree]
    for name in nodes:
        below = [row[name] for row in rows]
        rows = [item for inner in below for item in (inner if isinstance(inner, list) else [inner])]
    for row in rows:
        if value is ...:
            row.pop(field, None)
        else:
            row[field] = value

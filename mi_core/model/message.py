"""The base classes of the generated messages and the descriptor that ties an interface's two classes together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import attrs

from mi_core.errors import InvalidInput
from mi_core.model.problem import Problem
from mi_core.model.record import Record

if TYPE_CHECKING:
    from mi_core.model.spec import Behaviour

R = TypeVar("R", bound="Response", covariant=True)

__all__ = ["Discrepancy", "Interface", "R", "ReplyMeta", "Request", "Response", "Row"]


class Row(Record):
    """A node of a message: one row of generated fields."""

    __slots__ = ()


@attrs.frozen
class Discrepancy:
    """Amounts of a confirmed reply that do not add up, or another contradiction that a person must look at."""

    rule: str
    zh: str
    en: str
    expected: Decimal | None = None
    actual: Decimal | None = None


@attrs.frozen
class ReplyMeta:
    """What came with a reply beside its typed content."""

    raw: bytes = attrs.field(repr=False, default=b"")
    msgid: str | None = None
    """The message id that was sent."""
    inf_refmsgid: str | None = None
    infcode: str = "0"
    err_msg: str | None = None
    refmsg_time: dt.datetime | None = None
    respond_time: dt.datetime | None = None
    operation_id: str | None = None
    elapsed: float | None = None
    """Seconds between the first byte sent and the last byte read."""
    discrepancies: tuple[Discrepancy, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Values of the reply that could not be read as documented (they are ``None`` in the typed reply)."""
    warnings: tuple[Problem, ...] = ()
    """What validation found odd in the request without refusing it."""
    source: str = "reply"
    """How the result is known: ``reply``, ``late``, ``query``, ``recon`` (3202), ``person``."""
    missing: tuple[str, ...] = ()
    """Fields that a query could not give: they are ``None`` here although the bureau's own reply had them."""
    repeated: bool = False
    """The same business was done before: this is its stored result, and nothing was sent."""
    identifier: str | None = None
    """For a stored result: the value that proves it, e.g. the ``setl_id``."""


class Response(Record):
    """Base of all replies. The typed content are the fields; :attr:`meta` holds raw bytes, ids and findings."""

    __slots__ = ("_extra", "_meta")
    __interface__: ClassVar[Interface[Any]]
    _meta: ReplyMeta
    _extra: Mapping[str, Any]

    @property
    def meta(self) -> ReplyMeta:
        """Raw bytes, message ids, times, discrepancies; an empty one for a reply made by hand."""
        try:
            return self._meta
        except AttributeError:
            return ReplyMeta()

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields that came but stand in no document: JSON pointer -> value. Read from the raw bytes when first asked."""
        return self.__interface__.extra_of(self)

    def with_meta(self, meta: ReplyMeta) -> Self:
        """Attach ``meta`` (used by the pipeline); the typed content stays frozen."""
        object.__setattr__(self, "_meta", meta)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The content of ``output`` as plain Python values by wire name (``Decimal`` and dates stay what they are)."""
        return self.__interface__.response_to_dict(self)


class Request(Record, Generic[R]):
    """Base of all requests; ``R`` is the reply's class, so that type checkers know what ``call`` returns."""

    __slots__ = ()
    __interface__: ClassVar[Interface[Any]]
    __left_out__: ClassVar[tuple[str, ...]] = ()
    """Fields that do not travel in the message: the file of 9101 goes beside it."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from wire names, nested as in ``input`` or flat; raises :class:`mi_core.errors.InvalidInput` with all problems."""
        interface = cls.__interface__
        request, problems = interface.request_from_dict(data)
        if request is None or any(p.severity == "error" for p in problems):
            raise InvalidInput(problems, interface=interface.code, title=interface.title)
        assert isinstance(request, cls)
        return request

    def to_dict(self) -> dict[str, Any]:
        """The content of ``input`` as plain Python values by wire name, in specification order."""
        return self.__interface__.request_to_dict(self)

    def problems(self) -> list[Problem]:
        """Everything that is wrong with this request, errors and warnings; empty when it can be sent."""
        return self.__interface__.check(self)


@attrs.frozen(eq=False)
class Interface(Generic[R]):
    """What the runtime needs to know of one interface; the constant ``INTERFACE`` of each generated module."""

    code: str
    title: str
    slug: str
    request: type[Request[Any]]
    response: type[Response]
    behaviour: Behaviour
    document: str
    """Path of the catalogue document below ``interface_catalog/``."""
    digest: str
    """sha256 of the effective document the classes were generated from."""
    check: Callable[[Any], list[Problem]] = attrs.field(repr=False)
    """All problems of a request (generated, straight-line)."""
    encode_input: Callable[[Any], bytes] = attrs.field(repr=False)
    """Compact UTF-8 JSON of ``input`` in specification order with plain decimals. Expects a checked request."""
    request_to_dict: Callable[[Any], dict[str, Any]] = attrs.field(repr=False)
    request_from_dict: Callable[[Mapping[str, Any]], tuple[Request[Any] | None, list[Problem]]] = attrs.field(
        repr=False
    )
    response_to_dict: Callable[[Any], dict[str, Any]] = attrs.field(repr=False)
    structure_output: Callable[[Any, list[Problem]], Response] = attrs.field(repr=False)
    """Lenient: a parsed ``output`` (numbers as Decimal or int) -> response; unreadable values become None + Problem.
    Raises ``mi_core.wire.MissingProof`` when a proof field is absent."""
    extra_of: Callable[[Any], Mapping[str, Any]] = attrs.field(repr=False)
    """The reply's fields that stand in no document (``mi_core.wire.extra``); given here because the model knows no wire."""
    withdrawn: bool = False
    region: str = ""
    """The region whose document this is; empty for the base."""

"""How the rows of a table become an interface's ``input``: read from the interface's own classes, nothing stands here by code.

Two shapes. Where ``input`` is nothing but one list (3301, 3501A, 4402 …) a row of the table is a row of that list, and
many go into one message. Everywhere else a row is a message of its own (3401, 4101 …).

Headings are wire names or Chinese labels, also both (``单价(pric)``). Below the row's own fields:

``diseinfo.diag_code``     a field of a node; of a list: its only row
``diseinfo[2].diag_code``  a field of the second row of a list
``drugtracinfo[].drug_trac_codg``  a list with one row for each part of the cell (separated by ``;`` or a line break)
``#报文`` or ``#message``     lines that follow each other with the same value here are one message: what stands in the first
line holds for all, and each line adds one row to every list that it has values for
``#`` and anything else     a remark; ignored
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

import attrs

from mi_core.model import Interface
from mi_core.model.fields import Field, Inline, MemberSpec, Node

__all__ = ["GROUP", "Column", "HeadingFault", "Shape", "Step", "resolve", "shape_of", "template"]

GROUP: Final = ("#报文", "#message")
_BOTH: Final = re.compile(r"(.*)\(([A-Za-z][A-Za-z0-9_.\-\[\]]*)\)")
_PART: Final = re.compile(r"(?P<name>[^\[\]]+)(?:\[(?P<place>[0-9]{0,4})\])?")


@attrs.frozen(eq=False)
class Shape:
    """``node``: the wire names down to the list whose rows the table has; empty where a row is a whole message."""

    interface: Interface[Any]
    node: tuple[str, ...]
    members: tuple[MemberSpec, ...]
    most: int | None = None
    """Rows that the list may have, where the document says so."""

    @property
    def listed(self) -> bool:
        """Whether several rows of the table may travel in one message."""
        return bool(self.node)

    def message(self, rows: Sequence[Any]) -> dict[str, Any]:
        """``input`` as a plain dict: of the one message, or with these rows in its list."""
        if not self.node:
            return dict(rows[0])
        content: Any = list(rows)
        for wire in reversed(self.node):
            content = {wire: content}
        return dict(content)


@attrs.frozen
class Step:
    """A node on the way to a field. ``place``: of a list, counted from 0; ``None``: its only row, or the line's."""

    wire: str
    many: bool
    place: int | None = None
    spread: bool = False
    """The parts of the cell are the rows."""


@attrs.frozen(eq=False)
class Column:
    """Where the cells of a column go. ``field`` is ``None`` for one that is not sent."""

    heading: str
    steps: tuple[Step, ...] = ()
    field: Field | None = None
    group: bool = False


@attrs.frozen
class HeadingFault:
    """A column that has no place."""

    heading: str
    zh: str
    en: str


def shape_of(interface: Interface[Any]) -> Shape:
    """How a table for this interface looks."""
    members: tuple[MemberSpec, ...] = interface.request.__members__
    path: tuple[str, ...] = ()
    while len(members) == 1:
        only = members[0]
        if isinstance(only, Inline):
            path, members = (*path, only.wire), only.members
        elif isinstance(only, Node) and only.many:
            return Shape(interface, (*path, only.wire), only.row.__members__, only.most)
        else:
            break
    return Shape(interface, (), interface.request.__members__)


def resolve(
    shape: Shape, heading: Sequence[str], *, ignore: bool = False
) -> tuple[list[Column], list[HeadingFault]]:
    """Every column with its place, and what is wrong with the others; ``ignore``: unknown ones are left out."""
    columns, faults = [], []
    taken: dict[tuple[Any, ...], str] = {}
    for text in heading:
        name = _plain(text)
        if name.startswith("#"):
            columns.append(Column(text, group=name in GROUP))
            continue
        found = _find(shape, name) if name else HeadingFault(text, "列名为空", "the column has no name")
        if isinstance(found, HeadingFault):
            columns.append(Column(text))
            if not ignore:
                faults.append(attrs.evolve(found, heading=text))
            continue
        place = (*found.steps, found.field.wire if found.field else "")
        if place in taken:
            faults.append(HeadingFault(
                text, f"与列“{taken[place]}”是同一个字段", f"the same field as column {taken[place]!r}"
            ))  # fmt: skip
        taken[place] = text
        columns.append(attrs.evolve(found, heading=text))
    return columns, faults


def template(shape: Shape) -> list[str]:
    """The headings of a table for this interface, ``名称(字段)``: required ones first, lists with one row."""
    needed: list[str] = []
    others: list[str] = []
    for path, field, required in _leaves(shape.members, ""):
        (needed if required else others).append(f"{field.label}({path})" if field.label else path)
    return needed + others


def _leaves(members: Sequence[MemberSpec], at: str, depth: int = 0) -> Iterator[tuple[str, Field, bool]]:
    for member in members:
        if isinstance(member, Inline):
            yield from _leaves(member.members, at, depth)
        elif isinstance(member, Node):
            for path, field, required in _leaves(member.row.__members__, f"{at}{member.wire}.", depth + 1):
                yield path, field, required and member.required
        elif isinstance(member, Field):
            yield f"{at}{member.wire}", member, member.required


def _plain(text: str) -> str:
    """A heading without what people add to it: widths, blanks, a star for *required*."""
    return "".join(unicodedata.normalize("NFKC", text).split()).strip("*")


def _find(shape: Shape, name: str) -> Column | HeadingFault:
    both = _BOTH.fullmatch(name)
    wanted = [both[2], name] if both else [name]
    faults = []
    for one in wanted:
        found = _walk(shape.members, one)
        if isinstance(found, Column):
            return found
        faults.append(found)
    return faults[0]


def _walk(members: Sequence[MemberSpec], text: str) -> Column | HeadingFault:
    steps: list[Step] = []
    exact = _member(members, text)  # a label may have a dot of its own
    parts = [text] if exact is not None else text.split(".")
    for number, part in enumerate(parts):
        match = _PART.fullmatch(part)
        found = None if match is None else exact or _member(members, match["name"])
        if match is None or found is None:
            return _unknown(members, text, part)
        path, member = found
        last = number == len(parts) - 1
        if isinstance(member, Node):
            if last:
                inner = next((f.wire for f in _fields(member.row.__members__)), "…")
                return HeadingFault(
                    text,
                    f"是节点，请写它的字段，如 {member.wire}.{inner}",
                    f"a node: name its fields, e.g. {member.wire}.{inner}",
                )
            if match["place"] is not None and not member.many:
                return HeadingFault(text, f"{member.wire} 不是列表，不能带 [ ]", f"{member.wire} is no list")
            steps += [*path, _step(member, match["place"])]
            members = member.row.__members__
        elif isinstance(member, Inline):
            if last:
                return _unknown(members, text, part)
            steps.append(Step(member.wire, False))
            members = member.members
        elif not last or match["place"] is not None:
            return HeadingFault(text, f"{member.wire} 不是节点", f"{member.wire} is no node")
        else:
            return Column(text, (*steps, *path), member)
    return _unknown(members, text, text)


def _step(member: Node, place: str | None) -> Step:
    if place is None:
        return Step(member.wire, member.many)
    return Step(member.wire, True, None if place == "" else max(int(place), 1) - 1, spread=place == "")


def _member(members: Sequence[MemberSpec], name: str) -> tuple[tuple[Step, ...], Field | Inline] | None:
    """The member of that wire name or label; fields of a flat node count as the message's own."""
    candidates: list[tuple[tuple[Step, ...], Field | Inline]] = []
    own = {m.wire for m in members if isinstance(m, Field)}
    for member in members:
        if isinstance(member, Inline):
            inner = () if member.wire in {f.wire for f in member.members} else (Step(member.wire, False),)
            candidates += [(inner, f) for f in member.members if f.wire not in own]
            candidates.append(((), member))
        elif isinstance(member, Field):
            candidates.append(((), member))
    rules = (
        lambda f: f.wire == name,
        lambda f: f.wire.lower() == name.lower(),
        lambda f: bool(f.label) and _plain(f.label) == name,
    )
    for fits in rules:
        found = [one for one in candidates if fits(one[1])]
        scalars = [one for one in found if not isinstance(one[1], Inline)]
        if len(scalars or found) == 1:
            return (scalars or found)[0]
    return None


def _fields(members: Sequence[MemberSpec]) -> Iterator[Field]:
    for member in members:
        if isinstance(member, Inline):
            yield from member.members
        elif isinstance(member, Field):
            yield member


def _unknown(members: Sequence[MemberSpec], text: str, part: str) -> HeadingFault:
    fields = list(_fields(members))
    twice = [f.wire for f in fields if _plain(f.label) == part]
    if len(twice) > 1:
        named = "、".join(twice)
        return HeadingFault(
            text,
            f"有几个字段都叫这个名称，请写字段名：{named}",
            f"several fields have this label: {', '.join(twice)}",
        )
    for member in fields:
        if isinstance(member, Node) and _member(member.row.__members__, part) is not None:
            return HeadingFault(
                text,
                f"在节点 {member.wire} 中，请写 {member.wire}.{part}",
                f"it is in a node: write {member.wire}.{part}",
            )
    names = {**{_plain(f.label): f for f in fields}, **{f.wire: f for f in fields}}
    near = get_close_matches(part, [n for n in names if n], n=1, cutoff=0.6)
    if near:
        f = names[near[0]]
        return HeadingFault(
            text,
            f"没有这个字段，是否应为 {f.wire}（{f.label}）",
            f"no such field, did you mean {f.wire} ({f.label})?",
        )
    return HeadingFault(
        text, "没有这个字段；不用上传的列请在列名前加 #", "no such field; put # before the name of a column that is not to be sent"
    )  # fmt: skip

"""Replies of the interfaces that have no books here: valid by the catalogue, derived from the request, the same every time.

A field that the request has too (by name) is repeated; a coded field takes a code of its table; sums are consistent;
a list has one row per row of the request's list that shares its key, otherwise two. Nothing is random: a value follows
from the seed, the interface, the field and the request.
"""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.model import CodeTable, FieldSpec, InterfaceSpec, NodeSpec
from mi_plugins.sandbox.money import ZERO
from mi_plugins.sandbox.scalars import compile_scalar, strptime_format
from mi_plugins.sandbox.sums import balance_amounts, plain_name

__all__ = ["Inventor", "first_values"]

FIRST_DAY: Final = dt.datetime(2025, 1, 1, 8, 0, 0)
_NUMBER_ENDINGS: Final = ("id", "no", "code", "codg", "sn", "bchno", "num", "token", "rid")


def first_values(content: object) -> dict[str, Any]:
    """Every scalar of a message by its plain name; of several the first."""
    found: dict[str, Any] = {}
    for name, value in _scalars(content):
        found.setdefault(plain_name(name), value)
    return found


def _scalars(content: object) -> Iterator[tuple[str, object]]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            if isinstance(value, (Mapping, list)):
                yield from _scalars(value)
            elif value not in (None, ""):
                yield name, value
    elif isinstance(content, list):
        for one in content:
            yield from _scalars(one)


def _lists(content: object) -> Iterator[list[Any]]:
    if isinstance(content, Mapping):
        for value in content.values():
            yield from _lists(value)
    elif isinstance(content, list) and content and isinstance(content[0], Mapping):
        yield content
        for one in content:
            yield from _lists(one)


@attrs.frozen
class Inventor:
    """Makes replies (and, for tests, requests) of any node of the catalogue."""

    tables: Mapping[str, CodeTable]
    seed: int

    def reply(
        self, spec: InterfaceSpec, content: Mapping[str, Any], msgid: str = ""
    ) -> dict[str, Any] | list[Any] | str | None:
        """The ``output`` of an interface for a request's ``input``; ``None`` where the document has no output.

        ``msgid`` comes back as ``medins_setl_id``.
        """
        if spec.output_kind == "scalar":
            return f"{self._dice(spec.code, 'scalar') % 10**12:012d}"
        if not spec.output.members:
            return None
        given = first_values(content)
        if msgid:
            given["medinssetlid"] = msgid
        key = f"{spec.code}|{given.get('psnno', '')}|{given.get('mdtrtid', '')}"
        output = self.row(spec.output, key, given, content)
        for node, row in _objects(output, ""):
            stated = [one for one in spec.behaviour.identities if one.node == node]
            balance_amounts(row, given, stated, negative=spec.behaviour.cancels is not None)
        _spread_funds(output)
        _say_done(output, spec)
        return output

    def row(
        self, node: NodeSpec, key: str, given: Mapping[str, Any], content: object = None
    ) -> dict[str, Any]:
        """One row of a node with all its members."""
        result: dict[str, Any] = {}
        for member in node.members:
            if isinstance(member, FieldSpec):
                result[member.code] = self.value(member, key, given)
            elif member.repeated:
                result[member.code] = list(self._rows(member, f"{key}|{member.code}", given, content))
            else:
                result[member.code] = self.row(member, f"{key}|{member.code}", given, content)
        return result

    def _rows(
        self, node: NodeSpec, key: str, given: Mapping[str, Any], content: object
    ) -> Iterator[dict[str, Any]]:
        names = {plain_name(field.code) for field in node.fields if field.required}
        shared = next(
            (rows for rows in _lists(content) if len(names & {plain_name(n) for n in rows[0]}) >= 1), None
        )
        if shared is not None:
            for number, sent in enumerate(shared):
                yield self.row(node, f"{key}|{number}", {**given, **first_values(sent)})
            return
        for number in range(1 if node.max_items == 1 else 2):
            yield self.row(node, f"{key}|{number}", given if number == 0 else {})

    def _dice(self, *parts: object) -> int:
        return zlib.crc32("|".join(map(str, (self.seed, *parts))).encode())

    def value(self, field: FieldSpec, key: str, given: Mapping[str, Any]) -> Any:
        """A field's value: the ``given`` one of its (plain) name where that fits, otherwise a fresh one."""
        sent = given.get(plain_name(field.code))
        if sent is not None:
            for candidate in (sent, str(sent) if not isinstance(sent, Decimal) else format(sent, "f")):
                if compile_scalar(field, self.tables)(candidate) is None:
                    return Decimal(candidate) if field.scale and not isinstance(candidate, str) else candidate
        return self._fresh(field, self._dice(key, field.code))

    def _fresh(self, field: FieldSpec, dice: int) -> Any:
        if field.type in ("number", "integer"):
            return _number(field, dice)
        if field.type in ("date", "datetime"):
            pattern = field.pattern or ("yyyy-MM-dd" if field.type == "date" else "yyyy-MM-dd HH:mm:ss")
            return _moment(field.code, pattern, dice)
        if field.type == "boolean":
            return True
        if field.type in ("object", "map"):
            return {"sandbox": field.label}
        if field.type == "list":
            return []
        if field.type == "strings":
            return [field.label]
        if field.type in ("base64", "bytes"):
            return base64.b64encode(f"沙箱{field.label}".encode()).decode()
        return self._text(field, dice)

    def _text(self, field: FieldSpec, dice: int) -> str:
        codes: tuple[str, ...] = field.enum
        if not codes and field.code_table is not None and field.code_table in self.tables:
            codes = tuple(self.tables[field.code_table].codes)
        if codes:
            return codes[dice % len(codes)]
        room = field.max_length if field.max_length is not None else 40
        name = field.code.lower()
        if field.pattern:
            return _moment(name, field.pattern, dice)
        if name.endswith(("time", "date")) and room >= 10:
            return _moment(name, "yyyy-MM-dd HH:mm:ss" if room >= 19 else "yyyy-MM-dd", dice)
        if name.endswith(_NUMBER_ENDINGS):
            return f"{dice:012d}"[-min(room, 12) :]
        return (field.label or field.code)[:room]


def _moment(name: str, pattern: str, dice: int) -> str:
    moment = FIRST_DAY + dt.timedelta(days=dice % 120, minutes=dice % 600)
    if name.lower().startswith("end") or "end" in name.lower()[-8:]:
        moment += dt.timedelta(days=150)
    return moment.strftime(strptime_format(pattern))[: len(pattern)]


def _number(field: FieldSpec, dice: int) -> int | Decimal:
    if field.scale:
        whole = min(3, (field.digits or 16) - field.scale)
        cents = dice % 10 ** (whole + 2)
        return Decimal(cents).scaleb(-2).quantize(Decimal(1).scaleb(-field.scale))
    if field.money or field.digits is None:
        return Decimal(dice % 100_000).scaleb(-2) if field.money else dice % 9 + 1
    return dice % 9 + 1


def _objects(content: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(content, dict):
        yield path, content
        for name, value in content.items():
            yield from _objects(value, f"{path}.{name}" if path else name)
    elif isinstance(content, list):
        for one in content:
            yield from _objects(one, path)


def _say_done(output: dict[str, Any], spec: InterfaceSpec) -> None:
    """A status that tells success from failure (6203 ``refStatus``) says success: the sandbox did it."""
    for path, values in spec.behaviour.proof_values:
        node, _, name = path.removeprefix("output.").rpartition(".")
        for at, row in _objects(output, ""):
            if at == node and name in row and str(row[name]).lower() not in map(str.lower, values):
                row[name] = values[0]


def _spread_funds(output: dict[str, Any]) -> None:
    """The payments of the fund rows add up to the settlement's fund total."""
    info, rows = output.get("setlinfo"), output.get("setldetail")
    if not (isinstance(info, dict) and isinstance(rows, list) and rows and "fund_payamt" in rows[0]):
        return
    total = info.get("fund_pay_sumamt")
    if isinstance(total, Decimal):
        for row in rows:
            row["fund_payamt"] = ZERO
        rows[0]["fund_payamt"] = total

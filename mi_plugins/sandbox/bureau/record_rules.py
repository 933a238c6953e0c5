"""The general desk of records: what a table of rules says, done by the same few functions for every interface.

``Upload``   rows of a node are kept under their key. The same key again replaces the record where the document says so
             (``repeat: replace``), is taken as done when nothing differs, and is refused as a duplicate otherwise.
``Change``   rewrites the record of that key, which must be there.
``Withdraw`` ends it; what is not there cannot be withdrawn.
``Query``    tells the live records that agree with everything the question names, page by page where it asks for pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from mi_plugins.sandbox.bureau.context import Call, Output, person_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import check_row, plainly
from mi_plugins.sandbox.bureau.records import (
    Record,
    find,
    keep,
    live,
    look_up,
    rewrite,
    rows_of,
    view,
    withdraw,
)
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.sums import plain_name

__all__ = ["After", "Change", "Check", "Query", "Upload", "Withdraw", "page_of", "unchecked"]

Check = Callable[[Books, Call, Mapping[str, Any]], None]
After = Callable[[Books, Call, Record], None]
Row = Mapping[str, Any]

_PAGE: Final = ("pagenum", "pagesize", "currentpage")
_MAX_ROWS: Final = 1000


def unchecked(*_: object) -> None:
    """No further check."""


@attrs.frozen
class Upload:
    """Rows that are kept."""

    kind: str
    node: str
    key: tuple[str, ...]
    whole: bool = False
    """Everything else of the message belongs to the record, too."""
    number_as: str = ""
    """The field that holds the bureau's number of the record."""
    answer: str = ""
    """The node of the reply that tells this number."""
    result: str = ""
    """The node of the reply that tells each row's result: one bad row does not refuse the others."""
    result_all: bool = False
    """That node tells the good rows, too."""
    flagged: bool = False
    """``vali_flag`` 0 withdraws the record."""
    check: Check = unchecked
    after: After = unchecked

    @property
    def desk(self) -> Desk:
        """As a desk."""
        return Desk(self, partial=True)

    def __call__(self, books: Books, call: Call) -> Output:
        """Keep every row."""
        rows = rows_of(call.input, self.node)
        if not rows:
            raise BureauRefusal("没有可登记的内容")
        if self.result:
            return {self.result: list(filter(None, (self._told(books, call, row) for row in rows)))}
        made = [self._enter(books, call, row) for row in rows]
        if self.answer and made[-1] is not None:
            return {self.answer: {self.number_as: made[-1].rid} | dict(made[-1].content)}
        return None

    def _told(self, books: Books, call: Call, row: Row) -> dict[str, Any] | None:
        """A row of the reply; ``None`` for a good one where only bad ones are told."""
        remarked = len(call.remarks)
        try:
            made = self._enter(books, call, row)
        except BureauRefusal as refusal:
            return {**row, "retRslt": "0", "msgRslt": str(refusal)[:100]}
        told = "；".join(("成功", *call.remarks[remarked:]))[:100]
        number = {self.number_as: made.rid} if made is not None and self.number_as else {}
        return {**row, **number, "retRslt": "1", "msgRslt": told} if self.result_all else None

    def _enter(self, books: Books, call: Call, row: Row) -> Record | None:
        check_row(books, call, row)
        self.check(books, call, row)
        key = [row.get(name) for name in self.key]
        there = live(books, call, self.kind, key) if key else None
        if self.flagged and row.get("vali_flag", row.get("valiFlag")) == "0":
            if there is None:
                raise BureauRefusal("要作废的记录不存在")
            withdraw(books, call, there)
            return None
        content = {**call.input, **row} if self.whole else row
        if there is not None:
            if _same(there, content):
                return there
            if call.spec.behaviour.repeat != "replace" and not call.allow_repeats:
                raise BureauRefusal("该记录已存在，不得重复上传")
            rewrite(books, call, there, content)
            return there
        made = keep(books, call, self.kind, key, content, number_as=self.number_as)
        self.after(books, call, made)
        return made


def _same(record: Record, content: Row) -> bool:
    said = {name: value for name, value in content.items() if value is not None}
    return all(record.content.get(name) == value for name, value in said.items())


@attrs.frozen
class Change:
    """Rows that replace what is there."""

    kind: str
    node: str
    key: tuple[str, ...]
    by_number: str = ""
    """The field that names the record by the bureau's number, instead of the key."""
    flag: str = ""
    """The field whose value 0 withdraws it."""
    answer: Mapping[str, Any] = attrs.field(factory=dict)
    check: Check = unchecked

    @property
    def desk(self) -> Desk:
        """As a desk."""
        return Desk(self, partial=True)

    def __call__(self, books: Books, call: Call) -> Output:
        """Rewrite every row's record."""
        for row in rows_of(call.input, self.node):
            check_row(books, call, row)
            self.check(books, call, row)
            there = _there(books, call, self, row)
            if self.flag and row.get(self.flag) == "0":
                withdraw(books, call, there)
            else:
                rewrite(books, call, there, {n: v for n, v in row.items() if v is not None})
        return dict(self.answer) or None


@attrs.frozen
class Withdraw:
    """Rows that end what is there."""

    kind: str
    node: str
    key: tuple[str, ...]
    by_number: str = ""
    agree: tuple[str, ...] = ()
    """Fields that must be those of the record."""

    @property
    def desk(self) -> Desk:
        """As a desk."""
        return Desk(self, partial=True)

    def __call__(self, books: Books, call: Call) -> Output:
        """End every row's record."""
        for row in rows_of(call.input, self.node):
            check_row(books, call, row)
            there = _there(books, call, self, row)
            for name in self.agree:
                if row.get(name) not in (None, "") and not _alike(there.content.get(name), row[name]):
                    raise BureauRefusal(f"[{name}]与登记的记录不一致")
            withdraw(books, call, there)
        return None


def _alike(kept: object, said: object) -> bool:
    """Equal; a day and a time of that day are, too."""
    a, b = str(kept), str(said)
    return a == b or (min(len(a), len(b)) == 10 and a[:10] == b[:10] and a[4:5] == "-")


def _there(books: Books, call: Call, rule: Change | Withdraw, row: Row) -> Record:
    if rule.by_number:
        found = look_up(books, call, rule.kind, str(row[rule.by_number]))
    else:
        found = live(books, call, rule.kind, [row.get(name) for name in rule.key])
    if found is None:
        raise BureauRefusal("没有与所给条件对应的记录，无可变更或撤销")
    return found


@attrs.frozen
class Query:
    """Records that are told."""

    kinds: tuple[str, ...]
    out: str
    """The node of the reply; ``""``: the reply is a list."""
    period: tuple[str, str, str] = ("", "", "")
    """Plain names: begin and end in the question, the record's day."""
    names: Mapping[str, str] = attrs.field(factory=dict)
    """Plain names that question and reply have for a field that the upload calls otherwise."""
    own: bool = True
    """Only records of the asking institution."""
    ignore: tuple[str, ...] = ()
    """Plain names of the question that choose nothing."""
    nest: str = ""
    """The reply's row holds the record in this node, beside the lists of the record's message."""
    check: Check = unchecked
    more: Callable[[Books, Call, Record], Row] | None = None
    """What else can be told of a record."""

    @property
    def desk(self) -> Desk:
        """As a desk."""
        return Desk(self, writes=False, partial=True)

    def __call__(self, books: Books, call: Call) -> Output:
        """The rows that agree."""
        asked = self._asked(call)
        self.check(books, call, asked)
        if "psnno" in asked:
            person_of(books, str(asked["psnno"]))
        found = [(one, self._seen(books, call, one)) for one in find(books, call, self.kinds, own=self.own)]
        rows = [self._row(one, seen) for one, seen in found if self._agrees(asked, seen)]
        told = page_of(asked, rows)
        return {self.out: told} if self.out else told

    def _asked(self, call: Call) -> dict[str, Any]:
        node: Any = call.input
        while (
            isinstance(node, Mapping)
            and len(node) == 1
            and isinstance(inner := next(iter(node.values())), Mapping)
        ):
            node = inner
        return plainly(node)

    def _seen(self, books: Books, call: Call, record: Record) -> dict[str, Any]:
        seen = view(books, record)
        if self.more is not None:
            seen |= {plain_name(name): value for name, value in self.more(books, call, record).items()}
        return seen | {other: seen[name] for other, name in self.names.items() if name in seen}

    def _agrees(self, asked: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
        first, last, day = self.period
        on = str(seen.get(day, ""))
        for name, value in asked.items():
            if name in _PAGE or name in self.ignore:
                continue
            if name == first:
                if on < str(value)[: len(on)]:
                    return False
            elif name == last:
                if on[: len(str(value))] > str(value)[: len(on)]:
                    return False
            elif str(seen.get(name)) != str(value):
                return False
        return True

    def _row(self, record: Record, seen: dict[str, Any]) -> dict[str, Any]:
        if not self.nest:
            return seen
        common = {name: seen[name] for name in ("fixmedinscode", "fixmedinsname")}
        lists = {
            name: [{**common, **one} for one in value]
            for name, value in record.content.items()
            if isinstance(value, list)
        }
        return {self.nest: seen, **lists}


def page_of(asked: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The page that the question asks for, or all rows (1,000 at most)."""
    size = int(asked.get("pagesize", _MAX_ROWS))
    number = int(asked.get("pagenum", asked.get("currentpage", 1)))
    if size < 1 or number < 1:
        raise BureauRefusal("页码与每页行数须为正整数")
    return list(rows[(number - 1) * size : number * size])

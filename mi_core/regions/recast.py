"""A request of one document as the request of another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mi_core.model import Interface, Problem, Request
from mi_core.regions.plan import Pair, Plan, class_name, plan_of
from mi_core.regions.tree import MISSING, carries, fitted, put, steps, take

__all__ = ["recast"]

_PLACE: Final = re.compile(r"/\d+(?=/|$)")


def recast(
    request: Request[Any], target: Interface[Any], titles: tuple[str, str]
) -> tuple[Request[Any] | None, list[Problem]]:
    """The request under ``target``'s document, or every reason why it cannot be; ``titles``: the other region, zh and en.

    Refused are fields that carry a value and do not exist there, fields required there that this class does not have,
    and whatever the other document's own check finds.
    """
    own = request.__interface__
    walk = _Walk(titles, class_name(target.request))
    plan = plan_of(type(request), target.request)
    try:
        tree = walk.moved(plan, own.request_to_dict(request), "")
    except (TypeError, ValueError, AttributeError):
        problems = list(own.check(request))
        if not problems:
            raise
        return None, problems
    made, problems = target.request_from_dict(tree)
    lacking = plan.lacking() if problems else frozenset()
    problems = [walk.required(p, _bare(p.path) in lacking) if p.rule == "required" else p for p in problems]
    if walk.problems:
        return None, [*walk.problems, *problems]
    return made, problems


def _bare(pointer: str) -> str:
    """A pointer without places in lists."""
    return _PLACE.sub("", pointer)


@attrs.define
class _Walk:
    """One walk through a request; collects what would be lost."""

    titles: tuple[str, str]
    wanted: str
    problems: list[Problem] = attrs.Factory(list)

    def moved(self, plan: Plan, tree: Any, at: str) -> dict[str, Any]:
        new: dict[str, Any] = {}
        for start, end, field in plan.moves:
            value = take(tree, start)
            if value is not MISSING:
                put(new, end, fitted(field, value))
        for start, field in plan.lost:
            if carries(take(tree, start)):
                self._lost(f"{at}/{'/'.join(start)}", start[-1], field.label)
        for place in plan.gone:
            if carries(take(tree, steps(place.wire))):
                self._lost(f"{at}/{place.wire}", steps(place.wire)[-1], place.label)
        for pair in plan.pairs:
            self._rows(pair, tree, new, at)
        return new

    def _rows(self, pair: Pair, tree: Any, new: dict[str, Any], at: str) -> None:
        value = _own(tree, pair) if pair.here.kind == "own" else take(tree, steps(pair.here.wire))
        if value is MISSING or value is None:
            return
        many = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        here = f"{at}/{pair.here.wire}"
        rows = [
            self.moved(pair.plan, row, f"{here}/{i}" if many else here) if isinstance(row, Mapping) else row
            for i, row in enumerate(value if many else [value])
        ]
        if pair.there.kind == "many":
            put(new, steps(pair.there.wire), rows)
        elif len(rows) > 1:
            self._one(pair, here, len(rows))
        elif rows:
            put(new, steps(pair.there.wire), rows[0])

    def _lost(self, pointer: str, code: str, label: str) -> None:
        zh, en = self.titles
        self.problems.append(
            Problem(
                pointer, code, label, "region",
                f"{zh}没有此字段，值会丢失：请删除，或改用 {self.wanted}",
                f"{en} has no such field and its value would be lost: remove it, or use {self.wanted}",
            )
        )  # fmt: skip

    def _one(self, pair: Pair, pointer: str, rows: int) -> None:
        zh, en = self.titles
        self.problems.append(
            Problem(
                pointer, pair.here.wire, pair.here.label, "region",
                f"{zh}一次只收一行，现有 {rows} 行：请分次发送",
                f"{en} takes one row at a time, there are {rows}: send them one by one",
            )
        )  # fmt: skip

    def required(self, problem: Problem, lacking: bool) -> Problem:
        """A field that is required there; ``lacking``: it does not exist in the class that was given."""
        zh, en = self.titles
        if not lacking:
            return attrs.evolve(problem, zh=f"{zh}{problem.zh}", en=f"{problem.en} ({en})")
        return attrs.evolve(
            problem, rule="region",
            zh=f"{zh}必填，所用的类没有此字段：请用 {self.wanted}",
            en=f"required in {en}, and the class that was used does not have it: use {self.wanted}",
        )  # fmt: skip


def _own(tree: Any, pair: Pair) -> Any:
    """The message's own scalars as a row."""
    return {code: tree[code] for code in pair.here.fields if code in tree} or MISSING

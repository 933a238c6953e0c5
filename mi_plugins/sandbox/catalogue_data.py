"""The entries of the bureau's catalogues: any row of any version from its number alone, so that nothing has to be kept.

Deterministic by seed. Version ``SBX000001`` is the first; each later one changes about one entry in 200, withdraws one in
2,000 and brings new ones (one per thousand). The documented items of :mod:`~mi_plugins.sandbox.price_list` stand first in
the catalogue of their kind. Which column says what comes from the documents (``x-mi.catalogue``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

import attrs

from mi_core.model import EntryColumns, InterfaceSpec
from mi_plugins.sandbox.catalogue_words import SPOKEN, Spoken, spoken
from mi_plugins.sandbox.price_list import ITEMS, Item

__all__ = ["FIRST_VERSION", "Shelf", "Shelves", "moment_of", "number_of", "version_text"]

FIRST_VERSION: Final = 3
"""The version that a new sandbox is at."""
DRUGS: Final = "1301"
_SHARES: Final[Mapping[str, float]] = {
    DRUGS: 1.0, "1306": 0.1, "1306A": 0.1, "1307": 0.1, "1305": 0.05, "1308": 0.05, "1321": 0.02,
}  # fmt: skip
"""Entries in proportion to the drug catalogue's."""
_OTHERS: Final = 0.01
_SAMPLE: Final[Mapping[str, str]] = {"1301": "101", "1305": "201", "1306": "301"}
"""``list_type`` of the documented items that stand in a catalogue."""
_HERBAL: Final = frozenset({"1302", "1320"})
_DAY_ONE: Final = dt.datetime(2025, 1, 1, 8, 0, 0)
_CHANGED, _WITHDRAWN, _NEW = 211, 1999, 1000


def version_text(version: int) -> str:
    """How a version is written."""
    return f"SBX{version:06d}"


def number_of(text: str) -> int:
    """The version that a request names; anything else asks for everything."""
    digits = text.removeprefix("SBX")
    return int(digits) if text.startswith("SBX") and len(digits) == 6 and digits.isdigit() else 0


def moment_of(version: int) -> str:
    """When a version came."""
    return (_DAY_ONE + dt.timedelta(days=version)).strftime("%Y-%m-%d %H:%M:%S")


@attrs.frozen(eq=False, slots=False)
class Shelf:
    """One catalogue."""

    spec: InterfaceSpec
    entries: EntryColumns
    seed: int
    size: int
    """Entries of the first version."""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Titles of the file's columns, or codes of the row's fields."""
        for layout in self.spec.files:
            if layout.direction == "output":
                return tuple(column.label for column in layout.columns)
        rows = next((node for node in self.spec.output.nodes if node.repeated), self.spec.output)
        return tuple(field.code for field in rows.fields)

    def numbers(self, since: int, upto: int) -> Iterator[int]:
        """Entries that changed after ``since`` and not after ``upto``, each once, in order."""
        if since < 1:
            yield from range(self._grown(upto))
            return
        touched: set[int] = set()
        for version in range(since + 1, upto + 1):
            touched.update(range(self._offset(version, _CHANGED), self.size, _CHANGED))
            touched.update(range(self._offset(version, _WITHDRAWN), self.size, _WITHDRAWN))
        yield from sorted(touched)
        yield from range(self._grown(since), self._grown(upto))

    def count(self, since: int, upto: int) -> int:
        """How many :meth:`numbers` are."""
        return self._grown(upto) if since < 1 else sum(1 for _ in self.numbers(since, upto))

    def changes(self, number: int, upto: int) -> tuple[int, int, bool]:
        """Of an entry: in which version it last changed, how often it did, whether it is withdrawn."""
        old = number < self.size
        changes = [v for v in range(2, upto + 1) if old and number % _CHANGED == self._offset(v, _CHANGED)]
        gone = [v for v in range(2, upto + 1) if old and number % _WITHDRAWN == self._offset(v, _WITHDRAWN)]
        born = 1 if old else 2 + (number - self.size) // self._step
        return max([born, *changes, *gone]), len(changes), bool(gone)

    def row(self, number: int, upto: int) -> dict[str, str]:
        """An entry as version ``upto`` has it, by column; what is not named is empty."""
        last, changes, gone = self.changes(number, upto)
        code, name, initials, pack, maker = self._says(number)
        e, moment = self.entries, moment_of(last)
        row = {
            e.code: code, e.record: f"{self.spec.code}R{self.seed:03d}{number:012d}", e.valid: "0" if gone else "1",
        }  # fmt: skip
        if changes and e.spec:
            pack = f"{pack} v{changes}"
        row.update(zip(e.names, (name, name), strict=False))
        for column, text in (
            (e.spec[0] if e.spec else None, pack), (e.maker, f"沙箱企业{maker + 1:03d}"), (e.pinyin, initials),
            (e.approval, f"沙准字{number:08d}"), (e.version, version_text(last)), (e.updated, moment),
        ):  # fmt: skip
            if column is not None:
                row[column] = text
        for column in self._moments:
            row.setdefault(column, moment)
        return row

    @cached_property
    def _moments(self) -> tuple[str, ...]:
        return tuple(
            c
            for c in self.columns
            if c in ("开始日期", "数据创建时间", "数据更新时间", "生效时间", "begndate", "crte_time")
        )

    def lines(self, since: int, upto: int) -> Iterator[list[str | None]]:
        """The file's lines."""
        place = {name: at for at, name in enumerate(self.columns)}
        for number in self.numbers(since, upto):
            cells: list[str | None] = [None] * len(self.columns)
            for name, text in self.row(number, upto).items():
                cells[place[name]] = text
            yield cells

    @cached_property
    def _samples(self) -> tuple[Item, ...]:
        kind = _SAMPLE.get(self.spec.code)
        return tuple(item for item in ITEMS.values() if item.list_type == kind)

    @cached_property
    def _spoken(self) -> Spoken:
        if self.spec.code in _HERBAL:
            return SPOKEN["herb"]
        kind = self.entries.kind
        if kind.startswith("reagent"):
            return SPOKEN["reagent"]
        return SPOKEN.get(kind, SPOKEN["operation" if kind == "day-surgery" else "disease"])

    def _says(self, number: int) -> tuple[str, str, str, str, int]:
        if number < len(self._samples):
            item = self._samples[number]
            return item.code, item.name, _INITIALS.get(item.code, ""), item.dose_form, 0
        return f"SBX{self.spec.code}{self.seed:02d}{number:08d}", *spoken(self._spoken, number)

    @property
    def _step(self) -> int:
        return max(1, self.size // _NEW)

    def _grown(self, upto: int) -> int:
        return self.size + self._step * max(0, upto - 1)

    def _offset(self, version: int, among: int) -> int:
        """Never one of the documented items, which stand first."""
        room = min(among, self.size) - len(self._samples)
        return len(self._samples) + (self.seed * 7 + version * 37) % room if room > 0 else among


_INITIALS: Final[Mapping[str, str]] = {
    "SBX-A-0001": "AMXLJN", "SBX-A-0002": "YBZLF", "SBX-B-0001": "ATFTTGP", "SBX-B-0002": "CGZPS", "SBX-B-0003": "XZSYZSY",
    "SBX-C-0001": "JKYYBCJ", "SBX-M-0001": "YCXSYHC",
}  # fmt: skip


@attrs.frozen(eq=False)
class Shelves(Mapping[str, Shelf]):
    """All catalogues of a sandbox."""

    specs: Mapping[str, InterfaceSpec]
    seed: int
    drugs: int
    """Entries of the drug catalogue; the others are in proportion."""
    _made: dict[str, Shelf] = attrs.field(factory=dict, init=False)

    def __getitem__(self, code: str) -> Shelf:
        """The catalogue that an interface lists."""
        if code not in self._made:
            spec = self.specs[code]
            assert spec.entries is not None
            size = max(20, round(self.drugs * _SHARES.get(code, _OTHERS)))
            self._made[code] = Shelf(spec, spec.entries, self.seed, self.drugs if code == DRUGS else size)
        return self._made[code]

    def __iter__(self) -> Iterator[str]:
        return (code for code, spec in self.specs.items() if spec.entries is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

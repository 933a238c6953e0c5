"""A scenario file: who lives here, which institutions there are, how the sandbox behaves (``mi sandbox --scenario FILE``).

.. code-block:: toml

    seed = 7                          # of generated people; with persons and hospitals: how many of them
    persons = 500
    hospitals = 5
    clock = "2026-01-31 23:50:00"     # the centre's clock at the start
    moods = ["amounts_string"]
    stock = "refuse"                  # goods cannot go out that are not there; otherwise "warn"

    [[institution]]
    code = "H43000000777"             # 12 characters
    name = "沙箱镇卫生院"
    kind = "hospital"                 # or "pharmacy"
    level = 1                         # 1 to 3

    [[person]]
    number = 11                       # 11 to 999: psn_no 9901000000000011; number and birthday make the certificate
    name = "王㐂"
    born = 1980-05-06
    sex = "male"                      # or "female"
    identities = ["2303"]

    [[person.insurance]]
    insutype = "310"
    psn_type = "11"
    balance = "1000.00"               # also: area, status, employer, since, paused, civil_servant, pool_paid

    [[fault]]                         # as at the control endpoint (mi_plugins.sandbox.faults)
    infno = "2207"
    fault = "drop-after"
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from mi_core.errors import MiError
from mi_plugins.sandbox.faults import Fault
from mi_plugins.sandbox.institutions import INSTITUTIONS, Institution
from mi_plugins.sandbox.persons import CROWD_START, DOCUMENTED, Insurance, Person, made_person
from mi_plugins.sandbox.refusal import WrongOrder
from mi_plugins.sandbox.reimbursement import Level
from mi_plugins.sandbox.seeding import MAX_HOSPITALS, MAX_PERSONS, seeded_institutions
from mi_plugins.sandbox.settings import MOODS, Settings, china_now

__all__ = ["Scenario", "read_scenario"]

T = TypeVar("T")

_LEVELS: Final[dict[int, tuple[Level, str]]] = {1: (1, "8"), 2: (2, "5"), 3: (3, "2")}
_INSURANCE: Final = ("insutype", "area", "psn_type", "status", "employer", "since", "paused")


@attrs.frozen
class Scenario:
    """What a file says."""

    settings: Mapping[str, Any]
    """Changes of :class:`Settings`."""
    faults: tuple[Fault, ...] = ()
    clock: dt.datetime | None = None

    def apply(self, settings: Settings) -> Settings:
        """``settings`` with the scenario's people and institutions, its moods beside those that are set; what the file does
        not say stays as it is. Its own clock starts where it says, in books that are new."""
        moods = settings.moods | self.settings["moods"]
        changed = attrs.evolve(settings, **{**self.settings, "moods": moods})
        if self.clock is None:
            return changed
        shift = self.clock - china_now()
        return attrs.evolve(changed, start_shift=shift)


class _Findings:
    """Everything that is wrong, with its place."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    def add(self, zh: str, en: str) -> None:
        self.texts.append((zh, en))

    def take(self, table: Mapping[str, Any], at: str, name: str, kind: type, default: Any = None) -> Any:
        """The value of a key, of that type; ``default`` ``...`` = it must be there."""
        value = table.get(name, default)
        if value is ...:
            self.add(f"{at}{name}：缺少", f"{at}{name}: missing")
            return None
        if name in table and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            self.add(f"{at}{name}：类型应为 {kind.__name__}", f"{at}{name}: must be {kind.__name__}")
            return None
        return value

    def only(self, table: Mapping[str, Any], at: str, *names: str) -> None:
        for name in sorted(set(table) - set(names)):
            self.add(f"{at}{name}：没有这个键", f"{at}{name}: no such key")


def read_scenario(path: Path) -> Scenario:
    """Read a file. Raises :class:`MiError` that lists everything wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MiError(
            f"无法读取场景文件 {path}：{error}", f"cannot read the scenario {path}: {error}"
        ) from error
    found = _Findings()
    made = _scenario(content, found)
    if found.texts:
        lines = len(found.texts)
        raise MiError(
            f"场景文件 {path} 有 {lines} 处错误：\n" + "\n".join(f"  - {zh}" for zh, _ in found.texts),
            f"the scenario {path} has {lines} mistake(s):\n" + "\n".join(f"  - {en}" for _, en in found.texts),
            hint_zh="格式见 mi_plugins/sandbox/scenario.py", hint_en="format: mi_plugins/sandbox/scenario.py",
        )  # fmt: skip
    return made


def _scenario(content: Mapping[str, Any], found: _Findings) -> Scenario:
    found.only(
        content,
        "",
        "seed",
        "persons",
        "hospitals",
        "clock",
        "moods",
        "stock",
        "institution",
        "person",
        "fault",
    )
    seed = found.take(content, "", "seed", int, 1) or 0
    changes: dict[str, Any] = {}
    for name, limit in (("persons", MAX_PERSONS), ("hospitals", MAX_HOSPITALS)):
        value = found.take(content, "", name, int, 0) or 0
        if not 0 <= value <= limit:
            found.add(f"{name}：0 至 {limit}", f"{name}: 0 to {limit}")
            value = 0
        changes[name] = value
    hospitals, persons = changes.pop("hospitals"), changes.pop("persons")
    if "seed" in content:
        changes["seed"] = seed
    if "persons" in content:
        changes["crowd"] = persons
    changes["moods"] = frozenset(_moods(content, found))
    if (stock := found.take(content, "", "stock", str)) is not None:
        changes["stock"] = stock
        if stock not in ("warn", "refuse"):
            found.add("stock：warn 或 refuse", "stock: warn or refuse")
    own = tuple(_tables(content, "institution", _institution, found))
    changes["institutions"] = (*seeded_institutions(seed, hospitals), *own)
    changes["people"] = tuple(_tables(content, "person", _person, found))
    for name in ("number", "code"):
        _no_twins(content, name, found)
    faults = tuple(_tables(content, "fault", _fault, found))
    return Scenario(changes, faults, _clock(content, found))


def _tables(
    content: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any], str, _Findings], T | None], found: _Findings
) -> Iterator[T]:  # fmt: skip
    rows = content.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        found.add(f"{name}：应写成 [[{name}]]", f"{name}: is written [[{name}]]")
        return
    for number, row in enumerate(rows, 1):
        made = read(row, f"{name} {number} ", found)
        if made is not None:
            yield made


def _no_twins(content: Mapping[str, Any], name: str, found: _Findings) -> None:
    table = "person" if name == "number" else "institution"
    rows = content.get(table, [])
    said = [row.get(name) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    for value in sorted({str(one) for one in said if one is not None and said.count(one) > 1}):
        found.add(f"{table}：{name} {value} 重复", f"{table}: {name} {value} stands twice")


def _moods(content: Mapping[str, Any], found: _Findings) -> Iterator[str]:
    for one in found.take(content, "", "moods", list, []) or []:
        if one in MOODS:
            yield one
        else:
            found.add(
                f"moods：{one} 不是 {'、'.join(MOODS)} 之一", f"moods: {one} is none of {', '.join(MOODS)}"
            )


def _clock(content: Mapping[str, Any], found: _Findings) -> dt.datetime | None:
    value = content.get("clock")
    if value is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        found.add(
            "clock：应为 2026-01-31 23:50:00 这样的北京时间",
            "clock: Beijing time such as 2026-01-31 23:50:00",
        )
        return None
    return moment


def _institution(row: Mapping[str, Any], at: str, found: _Findings) -> Institution | None:
    found.only(row, at, "code", "name", "kind", "level")
    code, name = found.take(row, at, "code", str, ...), found.take(row, at, "name", str, ...)
    kind, level = found.take(row, at, "kind", str, "hospital"), found.take(row, at, "level", int, 1)
    if code is not None and (
        len(code) != 12 or not code.isalnum() or not code.isascii() or code in INSTITUTIONS
    ):
        found.add(
            f"{at}code：12 位字母数字，且不是沙箱已有的机构",
            f"{at}code: 12 letters and digits, none of the sandbox's own",
        )
    if kind not in ("hospital", "pharmacy", None):
        found.add(f"{at}kind：hospital 或 pharmacy", f"{at}kind: hospital or pharmacy")
    if level not in (*_LEVELS, None):
        found.add(f"{at}level：1 至 3", f"{at}level: 1 to 3")
    if None in (code, name, kind, level) or level not in _LEVELS:
        return None
    uscc = f"99990100MC{code[-7:]}X"
    if kind == "pharmacy":
        return Institution(code, name, "2", "11", 1, "990100", uscc)
    return Institution(code, name, "1", _LEVELS[level][1], _LEVELS[level][0], "990100", uscc)


def _person(row: Mapping[str, Any], at: str, found: _Findings) -> Person | None:
    found.only(row, at, "number", "name", "born", "sex", "identities", "insurance", "sponsor")
    number, name = found.take(row, at, "number", int, ...), found.take(row, at, "name", str, ...)
    born, sex = found.take(row, at, "born", dt.date, ...), found.take(row, at, "sex", str, "male")
    identities = found.take(row, at, "identities", list, []) or []
    if number is not None and not len(DOCUMENTED) < number < CROWD_START:
        found.add(
            f"{at}number：{len(DOCUMENTED) + 1} 至 {CROWD_START - 1}",
            f"{at}number: {len(DOCUMENTED) + 1} to {CROWD_START - 1}",
        )
    if sex not in ("male", "female", None):
        found.add(f"{at}sex：male 或 female", f"{at}sex: male or female")
    insurances = tuple(
        _tables(row, "insurance", lambda one, where, all_: _insurance(one, at + where, all_), found)
    )
    if not row.get("insurance"):
        found.add(f"{at}insurance：至少一条", f"{at}insurance: at least one")
    if None in (number, name, born, sex):
        return None
    return made_person(number, name, born, sex == "male", insurances, identities=tuple(map(str, identities)))


def _insurance(row: Mapping[str, Any], at: str, found: _Findings) -> Insurance | None:
    found.only(row, at, *_INSURANCE, "balance", "civil_servant", "pool_paid")
    said = {name: found.take(row, at, name, str) for name in _INSURANCE if name in row}
    for name in ("insutype", "psn_type"):
        if name not in said:
            found.add(f"{at}{name}：缺少", f"{at}{name}: missing")
    if said.get("status", "1") not in ("1", "2"):
        found.add(f"{at}status：1 正常或 2 暂停", f"{at}status: 1 active or 2 paused")
    cents = {name: _cents(row, at, name, found) for name in ("balance", "pool_paid")}
    servant = found.take(row, at, "civil_servant", bool, False)
    if None in said.values() or not {"insutype", "psn_type"} <= set(said):
        return None
    texts: dict[str, Any] = {"area": "990101", **said}
    return Insurance(
        **texts, civil_servant=bool(servant), balance=cents["balance"], pool_paid=cents["pool_paid"]
    )


def _cents(row: Mapping[str, Any], at: str, name: str, found: _Findings) -> int:
    text = found.take(row, at, name, str, "0.00")
    try:
        amount = Decimal(text or "0") * 100
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0 or amount != int(amount):
        found.add(f'{at}{name}：应为 "1000.00" 这样的金额', f'{at}{name}: an amount such as "1000.00"')
        return 0
    return int(amount)


def _fault(row: Mapping[str, Any], at: str, found: _Findings) -> Fault | None:
    try:
        return Fault.from_json({**row, "fault": str(row.get("fault", "")).replace("-", "_")})
    except WrongOrder as error:
        found.add(f"{at}{error.zh}", f"{at}{error.en}")
        return None

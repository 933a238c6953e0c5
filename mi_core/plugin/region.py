"""A region as the runtime knows it: its classes, and what it takes for granted beneath an institution's own configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from mi_core.errors import PluginError

if TYPE_CHECKING:
    from mi_core.catalog.regions import RegionData
    from mi_core.model import Interface

__all__ = ["BASE_CLASSES", "BASE_REGION", "Region", "RegionFactory"]

BASE_REGION = "hunan"
"""The region whose documents are the catalogue itself."""
BASE_CLASSES = "mi_core.interfaces"

_TEXTS = ("gateway", "infver", "recerSysCode", "visitUpload")
_LISTS = ("headExtra", "areaCodes", "refusalTexts", "reversible")
_TABLES = ("headLengths", "gatewayOptions", "emptyForms", "fileRules", "timeouts")
_TIMED = frozenset({"settlement", "query", "upload", "download"})


@attrs.frozen(kw_only=True)
class Region:
    """One regional dialect. Whatever is not evidenced is empty or ``None``: then the general rule holds."""

    name: str
    title: str
    title_en: str
    described: str = "partial"
    """``base``, ``whole`` (all its tables are known) or ``partial``."""
    interfaces: str = BASE_CLASSES
    """The package of its classes: its own where they differ, the base's through it."""
    folder: Path | None = None
    """Where its ``region.json`` and overlays are."""
    gateway: str = ""
    """The gateway profile that is used there."""
    head_extras: tuple[str, ...] = ()
    """Fields of the request head beside the specification's; an institution gives their values."""
    head_lengths: Mapping[str, int] = attrs.field(factory=dict)
    """Characters that a field of the head may have, where that differs."""
    area_codes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    """Refusal texts that prove that the bureau did nothing."""
    reversible: tuple[str, ...] = ()
    """Interfaces that 2601 takes back beside those whose document says so."""
    query_without_setl_id: bool | None = None
    """Whether 5203 answers with an empty ``setl_id``; ``None``: not known."""
    absent_nodes: Mapping[str, str] = attrs.field(factory=dict)
    """By interface: the text that stands for a node that is not sent (4701 in Guangdong)."""
    timeouts: Mapping[str, float] = attrs.field(factory=dict)
    """Seconds by class (``settlement query upload download``)."""
    infver: str = ""
    recer_sys_code: str = ""
    visit_upload: str = ""
    """What takes an outpatient visit's information: 2203, or 2203A where ordinary hospitals use it; empty: not known."""

    def by_code(self, code: str) -> Interface[Any]:
        """The descriptor of an interface as this region has it; ``KeyError`` for a code that it does not have."""
        found: Interface[Any] = import_module(self.interfaces).by_code(code)
        return found

    @classmethod
    def at(cls, folder: Path, package: str) -> Region:
        """The region whose ``region.json`` lies in ``folder``, the folder of the importable ``package``.

        Raises ``CatalogError`` or :class:`PluginError` when the file is not sound.
        """
        from mi_core.catalog.regions import read_region

        data = read_region(folder)
        _check(data)
        given = data.defaults
        own = (folder / "interfaces" / "__init__.py").is_file()
        return cls(
            name=data.name, title=data.title, title_en=data.title_en, described=data.described, folder=folder,
            interfaces=f"{package}.interfaces" if own else BASE_CLASSES,
            gateway=given.get("gateway", ""), infver=given.get("infver", ""), recer_sys_code=given.get("recerSysCode", ""),
            visit_upload=given.get("visitUpload", ""),
            head_extras=tuple(given.get("headExtra", ())), head_lengths=dict(given.get("headLengths", {})),
            area_codes=tuple(given.get("areaCodes", ())), refusals=tuple(given.get("refusalTexts", ())),
            reversible=tuple(given.get("reversible", ())), query_without_setl_id=given.get("queryWithoutSetlId"),
            absent_nodes={code: form["absentNode"] for code, form in given.get("emptyForms", {}).items()},
            timeouts=_timeouts(given),
        )  # fmt: skip


RegionFactory = Callable[[], Region]
"""What a plugin registers: the region is read when an institution names it."""


def _timeouts(given: Mapping[str, Any]) -> dict[str, float]:
    """``timeout``: seconds of any exchange but a download; ``timeouts``: by class."""
    one = given.get("timeout")
    general = dict.fromkeys(("settlement", "query", "upload"), float(one)) if one is not None else {}
    return {**general, **{name: float(value) for name, value in given.get("timeouts", {}).items()}}


def _check(data: RegionData) -> None:
    """Defaults decide how messages are made, so nothing of them is guessed."""
    wrong = [name for name in _TEXTS if not isinstance(data.defaults.get(name, ""), str)]
    wrong += [name for name in _LISTS if not _texts(data.defaults.get(name, []))]
    forms = data.defaults.get("emptyForms", {})
    if isinstance(forms, dict) and not all(_is_form(form) for form in forms.values()):
        wrong.append("emptyForms")
    wrong += [name for name in _TABLES if not isinstance(data.defaults.get(name, {}), dict)]
    seconds = data.defaults.get("timeouts", {})
    if isinstance(seconds, dict) and not seconds.keys() <= _TIMED:
        wrong.append("timeouts")
    flag = data.defaults.get("queryWithoutSetlId")
    if flag is not None and not isinstance(flag, bool):
        wrong.append("queryWithoutSetlId")
    if wrong:
        names = ", ".join(wrong)
        raise PluginError(
            f"地区 {data.name} 的 region.json 中 defaults 的 {names} 无效",
            f"region.json of {data.name}: defaults has invalid {names}",
            hint_zh="按 schema/catalog/region.schema.json 改正", hint_en="see schema/catalog/region.schema.json",
        )  # fmt: skip


def _is_form(form: Any) -> bool:
    return isinstance(form, dict) and list(form) == ["absentNode"] and isinstance(form["absentNode"], str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)

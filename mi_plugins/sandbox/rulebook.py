"""What the catalogue says of each interface, compiled once when it is first called."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from mi_core.catalog import Catalog, data_root
from mi_core.catalog.regions import region_catalog
from mi_core.model import InterfaceSpec
from mi_plugins.sandbox.check import Check, compile_node
from mi_plugins.sandbox.dialect import Plan, compile_plan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["Dialect", "Rulebook", "Rules"]

MAX_TOLD = 3
"""Findings that fit into ``err_msg`` (200 characters)."""


@attrs.frozen
class Dialect:
    """The way from a region's request to the base's, and from the base's reply to the region's."""

    spec: InterfaceSpec
    """The base's document."""
    inwards: Plan
    outwards: Plan


@attrs.frozen
class Rules:
    """One interface and the check of its input."""

    spec: InterfaceSpec
    check_input: Check
    base: Dialect | None = None
    """Where the region's document differs from the one that the desks know."""

    def refuse_bad_input(self, content: Mapping[str, object]) -> None:
        """Raise :class:`BureauRefusal` naming the first findings."""
        findings: list[str] = []
        self.check_input(content, "", findings)
        if findings:
            raise BureauRefusal(f"入参校验未通过（{len(findings)}处）：" + "；".join(findings[:MAX_TOLD]))


class Rulebook:
    """The catalogue's interfaces by code; reads only what is called.

    ``region``: name or folder of a region (:func:`mi_core.catalog.regions.region_catalog`); requests are checked and
    replies shaped by its documents.
    """

    def __init__(self, catalog: Catalog | None = None, *, region: str = "") -> None:
        self._base = Catalog(data_root()) if region else None
        self.catalog = catalog or (region_catalog(region) if region else Catalog(data_root()))
        self._rules: dict[str, Rules] = {}

    def rules(self, infno: str) -> Rules:
        """The rules of an interface. Refuses unknown, withdrawn and inbound ones."""
        known = self._rules.get(infno)
        if known is not None:
            return known
        if infno not in self.catalog.interfaces:
            raise BureauRefusal(f"本中心没有交易{infno}")
        spec = self.catalog.interfaces[infno]
        if spec.withdrawn:
            raise BureauRefusal(f"交易{infno}已停止使用")
        if spec.behaviour.direction == "inbound":
            raise BureauRefusal(f"交易{infno}由中心向医药机构发起，机构不能调用")
        rules = Rules(spec, compile_node(spec.input, self.catalog.code_tables), self._dialect(infno, spec))
        self._rules[infno] = rules
        return rules

    def _dialect(self, infno: str, spec: InterfaceSpec) -> Dialect | None:
        if self._base is None or infno not in self._base.interfaces:
            return None
        base = self._base.interfaces[infno]
        if (base.input, base.output) == (spec.input, spec.output):
            return None
        return Dialect(base, compile_plan(spec.input, base.input), compile_plan(base.output, spec.output))

"""The whole way from a dialect's tables to a region's folder; what people wrote there stays."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import attrs

from mi_codegen.importer.dialect.added import new_document
from mi_codegen.importer.dialect.align import align_part
from mi_codegen.importer.dialect.behaviour import follow
from mi_codegen.importer.dialect.knowledge import Knowledge
from mi_codegen.importer.dialect.names import region_names
from mi_codegen.importer.dialect.tables import Tables, read_dialect
from mi_codegen.importer.dialect.writing import Writing
from mi_codegen.importer.layout import write_if_changed
from mi_core.catalog import Catalog
from mi_core.catalog.outcome_reader import lacking
from mi_core.catalog.overlay import read_overlay
from mi_core.catalog.overlay_ops import apply
from mi_core.catalog.regions import RegionData
from mi_core.catalog.spec_reader import read_interface
from mi_core.model.spec import InterfaceSpec

__all__ = ["DialectReport", "import_dialect"]

ADDED = "The base does not have this interface."
FOLLOWS = "The place has another key in the region."


@attrs.define
class DialectReport:
    """What an import did or, with ``dry_run``, would do."""

    interfaces: int = 0
    entries: int = 0
    curated: int = 0
    """Entries that people wrote or confirmed; they were left alone."""
    added: list[str] = attrs.field(factory=list)
    """Interfaces that the base does not have."""
    written: list[str] = attrs.field(factory=list)
    curate: list[str] = attrs.field(factory=list)
    """What a person must decide."""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return attrs.asdict(self)


def import_dialect(
    tables: Path, base: Catalog, region: RegionData, *, dry_run: bool = False
) -> DialectReport:
    """Write ``overlay/*.json`` and ``names.json`` of ``region`` from the dialect's ``tables``."""
    decisions = region.decisions
    dialect = read_dialect(tables, decisions.get("skip"))
    evidence = decisions.get("evidence") or f"tables of {region.title_en}, {{code}}"
    return _Import(base, region, dialect, str(evidence), decisions.get("nodes", {}), dry_run).run()


class _Import:
    def __init__(
        self, base: Catalog, region: RegionData, tables: Tables, evidence: str, forced: dict[str, str], dry_run: bool
    ) -> None:  # fmt: skip
        self.base, self.region, self.tables, self.evidence = base, region, tables, evidence
        self.forced, self.dry_run, self.known = forced, dry_run, Knowledge(base)
        self.folder = region.folder / "overlay"
        self.old = self._existing()
        self.errata = {
            (e.document, p) for o in base.overlays for e in o.entries for p in (e.pointer, e.source) if p
        }
        self.report = DialectReport(interfaces=len(tables))

    def _existing(self) -> dict[str, dict[str, Any]]:
        out = {}
        for path in sorted(self.folder.glob("*.json")):
            out[path.name] = json.loads(path.read_text(encoding="utf-8"))
        return out

    def _file(self, code: str) -> str:
        return f"{code.lower()}.json"

    def run(self) -> DialectReport:
        """All interfaces, then what follows from all of them together."""
        works = {code: self._align(code) for code in self.tables}
        self._follow(works)
        for code in sorted(works):
            if works[code].entries or self._file(code) in self.old:
                self._write(code, works[code])
        self._names(works)
        return self.report

    def _align(self, code: str) -> Writing:
        evidence = self.evidence.replace("{code}", code)
        if code not in self.base.interfaces:
            return self._added(code, evidence)
        writing = Writing(code, self.base.document(code), evidence)
        for part, table in self.tables[code].items():
            if table is not None:
                align_part(writing, part, table, self.known, self.forced)
        return writing

    def _added(self, code: str, evidence: str) -> Writing:
        old = next(
            (e["value"] for e in self.old.get(self._file(code), {}).get("entries", ()) if e["pointer"] == ""),
            None,
        )
        document = new_document(code, self.tables[code], self.known, f"dialect-{self.region.name}", old)
        writing = Writing(code, {}, evidence)
        writing.do("add", "", ADDED, value=document)
        self.report.added.append(code)
        if old is None:
            self.report.curate.append(f"{code}: title, description, slug, className, effect and relations")
        return writing

    def _follow(self, works: dict[str, Writing]) -> None:
        """``x-mi`` of every interface that names a place which moved, its own or another's."""
        moves = {code: w.renamed for code, w in works.items() if w.renamed}
        facts: dict[str, dict[str, Any]] = {}
        for code in self.base.interfaces:
            document = works[code].document if code in works else self.base.document(code)
            facts[code] = follow(document["x-mi"], code, document, moves)
        specs = self._specs(works, facts)
        for code, mi in facts.items():
            self._missing(mi, specs[code], specs)
            before = (works[code].document if code in works else self.base.document(code))["x-mi"]
            for key in mi.keys() | before.keys():
                if mi.get(key) == before.get(key):
                    continue
                if code not in works:
                    works[code] = Writing(
                        code, self.base.document(code), self.evidence.replace("{code}", code)
                    )
            if code in works:
                _write_facts(works[code], mi)

    def _specs(self, works: dict[str, Writing], facts: dict[str, dict[str, Any]]) -> dict[str, InterfaceSpec]:
        out: dict[str, InterfaceSpec] = {}
        for code in {**dict.fromkeys(facts), **works}:
            document = dict(works[code].document if code in works else self.base.document(code))
            document["x-mi"] = facts.get(code, document["x-mi"])
            spec, problems = read_interface(document, code)
            if spec is None:
                raise AssertionError(f"{code}: {problems[0].en}")
            out[code] = spec
        return out

    @staticmethod
    def _missing(mi: dict[str, Any], spec: InterfaceSpec, specs: dict[str, InterfaceSpec]) -> None:
        """Which fields a query cannot give is counted anew: the region's reply has others."""
        for raw, query in zip(mi.get("outcomeQueries", ()), spec.behaviour.outcome_queries, strict=True):
            if query.ask and query.adopt is not None:
                lacks = lacking(spec, query, specs[query.interface])
                kept = [name for name in raw.get("missing", ()) if name in lacks]
                raw["missing"] = kept + sorted(lacks - set(kept))
                if not raw["missing"]:
                    del raw["missing"]

    def _write(self, code: str, writing: Writing) -> None:
        name = self._file(code)
        curated = [e for e in self.old.get(name, {}).get("entries", ()) if e.get("curated")]
        places = {e["pointer"] for e in curated}
        entries = [self._over(e) for e in writing.entries if e["pointer"] not in places or e["pointer"] == ""]
        self.report.curated += len(curated)
        self.report.entries += len(entries) + len(curated)
        spec = self.base.interfaces.get(code)
        title = spec.title if spec else writing.document["title"]
        value = {
            "name": f"{self.region.name}-{code.lower()}", "title": f"{self.region.title}：{code} {title}",
            "entries": entries + curated,
        }  # fmt: skip
        if self.old.get(name) != value:
            self.report.written.append(name)
            if not self.dry_run:
                write_if_changed(self.folder / name, value)

    def _curated(self, code: str, document: dict[str, Any]) -> dict[str, Any]:
        """The document with what people wrote in the same file."""
        name = self._file(code)
        overlay, _ = read_overlay(self.old.get(name, {"entries": []}), name)
        out = copy.deepcopy(document)
        apply(
            out, [e for e in overlay.of(code) if e.curated], name
        )  # what does not fit, mi catalog check tells
        return out

    def _over(self, entry: dict[str, Any]) -> dict[str, Any]:
        touched = {(entry["document"], entry["pointer"]), (entry["document"], entry.get("from"))}
        if not touched & self.errata:
            return entry
        end = {k: entry[k] for k in ("reason", "evidence")}
        return {**{k: v for k, v in entry.items() if k not in end}, "over": "errata", **end}

    def _names(self, works: dict[str, Writing]) -> None:
        path = self.region.folder / "names.json"
        frozen = json.loads(path.read_text(encoding="utf-8"))["interfaces"] if path.exists() else {}
        moves = {code: w.renamed for code, w in works.items()}
        documents = {code: self._curated(code, works[code].document) for code in sorted(works)}
        value = region_names(documents, moves, self.base.names, frozen, self.known)
        if {"interfaces": frozen} != value:
            self.report.written.append("names.json")
            if not self.dry_run:
                write_if_changed(path, value)


def _write_facts(writing: Writing, facts: dict[str, Any]) -> None:
    before = dict(writing.document["x-mi"])
    for key, value in facts.items():
        if before.get(key) != value:
            op = "replace" if key in before else "add"
            writing.do(op, f"/x-mi/{key}", FOLLOWS, value=value)
    for key in before:
        if key not in facts:
            writing.do("remove", f"/x-mi/{key}", FOLLOWS)

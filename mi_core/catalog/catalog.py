"""The catalogue as the tools see it: frozen specifications, read lazily, with the overlays applied.

Nothing is read before it is asked for: one interface costs one document and the overlays. :func:`load_catalog` reads
all and raises one :class:`CatalogError` with every problem of every file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from mi_core.catalog.blame import blamed
from mi_core.catalog.files import code_table_files, digest, document_files, read_json, table_key
from mi_core.catalog.layers import merged_names, read_overlays
from mi_core.catalog.lazy import Lazy
from mi_core.catalog.lock import read_lock
from mi_core.catalog.names import Names, name_problems, read_names
from mi_core.catalog.overlay import Entry, Overlay
from mi_core.catalog.overlay_ops import apply
from mi_core.catalog.paths import data_root
from mi_core.catalog.problems import CatalogError, CatalogProblem
from mi_core.catalog.spec_reader import read_code_table, read_head, read_interface
from mi_core.catalog.whole import everything_wrong
from mi_core.model.spec import CodeTable, InterfaceSpec, NodeSpec

__all__ = ["DEFAULT_OVERLAYS", "Catalog", "default_catalog", "load_catalog", "load_interface"]

DEFAULT_OVERLAYS = ("errata",)


class Catalog:
    """One catalogue folder with a choice of overlays and layers. Values are frozen; documents are fresh copies.

    ``overlays`` name files of the folder; ``extra`` are layers above them (:mod:`mi_core.catalog.layers`): a region's
    folder or a single overlay file, in the order they are applied.
    """

    def __init__(
        self, root: Path, overlays: Sequence[str] = DEFAULT_OVERLAYS, extra: Sequence[Path] = ()
    ) -> None:
        self.root = root
        self.overlay_names = tuple(overlays)
        self.layers = tuple(extra)
        self._files = document_files(root)

    @cached_property
    def interfaces(self) -> Mapping[str, InterfaceSpec]:
        """By code, in specification order; what a layer adds comes last."""
        order = {code: i for i, code in enumerate(self.names.slugs)}
        known = {*self._files, *self._added("")}
        return Lazy(sorted(known, key=lambda c: (order.get(c, len(order)), c)), self._read_interface)

    @cached_property
    def names(self) -> Names:
        """The frozen English names, those of the layers included."""
        path = self.root / "names.json"
        raw = read_json(path, self.root) if path.exists() else {"interfaces": {}}
        if problems := list(name_problems(raw, path.name)):
            raise CatalogError(problems)
        base = read_names(raw)
        return merged_names(base, self.layers) if self.layers else base

    @cached_property
    def overlays(self) -> tuple[Overlay, ...]:
        """The overlays, in order; raises when one is malformed or two touch the same place."""
        return read_overlays(self.root, self.overlay_names, self.layers)

    @cached_property
    def _entries(self) -> dict[str, dict[Overlay, list[Entry]]]:
        """Document -> the entries for it, by overlay, in order."""
        out: dict[str, dict[Overlay, list[Entry]]] = {}
        for overlay in self.overlays:
            for entry in overlay.entries:
                out.setdefault(entry.document, {}).setdefault(overlay, []).append(entry)
        return out

    def _added(self, kind: str) -> dict[str, tuple[Overlay, Entry]]:
        """Documents that an overlay brings: interfaces (``""``) or code tables (``"code_tables/"``), by code or key."""
        if not self.layers:
            return {}
        whole = [(o, e) for o in self.overlays for e in o.entries if e.whole and e.document != "envelope"]
        tables = "code_tables/"
        return {
            e.document.removeprefix(kind): (o, e)
            for o, e in whole
            if e.document.startswith(tables) == (kind == tables)
        }

    def added(self) -> tuple[str, ...]:
        """Codes of the interfaces that the folder itself does not have."""
        return tuple(code for code in self.interfaces if code not in self._files)

    def touched(self) -> frozenset[str]:
        """The documents that entries of the layers name: codes, ``code_tables/<key>``, ``envelope``."""
        own = self.overlays[len(self.overlay_names) :]
        return frozenset(entry.document for overlay in own for entry in overlay.entries)

    def changed(self) -> tuple[str, ...]:
        """Codes of the interfaces that the layers add or whose document they change, in order."""
        touched = self.touched()
        below = Catalog(self.root, self.overlay_names)
        return tuple(
            code
            for code in self.interfaces
            if code in touched and (code not in self._files or self.digest(code) != below.digest(code))
        )

    @cached_property
    def version(self) -> str:
        """The catalogue's own version (``catalog.lock``); it moves independently of the package's."""
        return str(read_lock(self.root)["version"]) if (self.root / "catalog.lock").exists() else ""

    @cached_property
    def _table_files(self) -> dict[str, Path]:
        out: dict[str, Path] = {}
        for path in code_table_files(self.root):
            # Only names with a number at the end may stand for a `#n` key, so only those are opened here.
            stem = path.stem
            out[table_key(stem, read_json(path, self.root)) if stem[-1:].isdigit() else stem] = path
        return out

    @cached_property
    def _added_tables(self) -> dict[str, tuple[Overlay, Entry]]:
        return self._added("code_tables/")

    @cached_property
    def code_tables(self) -> Mapping[str, CodeTable]:
        """By key (``clr_type#2`` is a second table of the code ``clr_type``)."""
        return Lazy(list({**self._table_files, **self._added_tables}), self._read_table)

    @cached_property
    def envelope_request(self) -> NodeSpec:
        """The head of a request."""
        return self._head("request")

    @cached_property
    def envelope_response(self) -> NodeSpec:
        """The head of a reply."""
        return self._head("response")

    @cached_property
    def gateway_headers(self) -> NodeSpec:
        """The HTTP headers of the national gateway."""
        return self._head("gatewayHeaders")

    def path(self, code: str) -> str:
        """Where the document of an interface lies, relative to the catalogue's folder; :class:`KeyError` if unknown.

        For one that a layer adds: the overlay (``guangzhou/overlay/1160.json``).
        """
        if code in self._files:
            return self._files[code].relative_to(self.root).as_posix()
        return self._added("")[code][0].file

    def base_document(self, code: str) -> dict[str, Any]:
        """The document as its file says it, before any overlay (a fresh copy); empty when an overlay brings it."""
        if code not in self._files and code in self._added(""):
            return {}
        document: dict[str, Any] = read_json(self._files[code], self.root)
        return document

    def document(self, code: str) -> dict[str, Any]:
        """The effective document (a fresh copy); raises :class:`CatalogError` when an overlay does not fit it."""
        return self._effective(code, self.base_document(code))

    def digest(self, code: str) -> str:
        """sha256 of the effective document's canonical JSON."""
        return digest(self.document(code))

    def digests(self) -> dict[str, str]:
        """:meth:`digest` of every interface."""
        return {code: self.digest(code) for code in self.interfaces}

    def code_table_document(self, key: str) -> dict[str, Any]:
        """The effective document of a code table."""
        return self._effective(f"code_tables/{key}", self.base_code_table(key))

    def base_code_table(self, key: str) -> dict[str, Any]:
        """A code table's document before any overlay; empty when an overlay brings it."""
        if key not in self._table_files and key in self._added_tables:
            return {}
        document: dict[str, Any] = read_json(self._table_files[key], self.root)
        return document

    @cached_property
    def envelope_document(self) -> dict[str, Any]:
        """The effective document of the heads."""
        return self._effective("envelope", read_json(self.root / "envelope.json", self.root))

    def problems(self) -> list[CatalogProblem]:
        """Read everything and report everything; empty when the catalogue can be used."""
        return everything_wrong(self)

    def _effective(self, name: str, document: dict[str, Any]) -> dict[str, Any]:
        problems = [p for o, es in self._entries.get(name, {}).items() for p in apply(document, es, o.file)]
        if problems:
            raise CatalogError(problems)
        return document

    def _read_interface(self, code: str) -> InterfaceSpec:
        file = self.path(code)
        spec, problems = read_interface(self.document(code), file)
        if spec is not None:
            problems = self._name_problems(spec, file)
        if problems or spec is None:
            raise CatalogError(blamed(problems, self._entries.get(code, {}), self.document(code)))
        return spec

    def _name_problems(self, spec: InterfaceSpec, file: str) -> list[CatalogProblem]:
        out: list[CatalogProblem] = []
        expected = f"interfaces/{spec.category}/{spec.code}_{spec.slug}.json"
        if file != expected and spec.code in self._files:
            out.append(
                CatalogProblem(file, "/x-mi", f"文件应为 {expected}", f"the file should be {expected}")
            )
        for key, frozen, own in (
            ("slug", self.names.slugs.get(spec.code), spec.slug),
            ("className", self.names.classes.get(spec.code), spec.class_name),
        ):
            if frozen is not None and frozen != own:
                out.append(
                    CatalogProblem(
                        file,
                        f"/x-mi/{key}",
                        f"与 names.json 不一致（{frozen}）",
                        f"differs from names.json ({frozen})",
                    )
                )
        return out

    def _read_table(self, key: str) -> CodeTable:
        added = self._added_tables.get(key)
        file = added[0].file if added else self._table_files[key].relative_to(self.root).as_posix()
        table, problems = read_code_table(self.code_table_document(key), file)
        if table is not None and table.key != key:
            problems = [
                CatalogProblem(
                    file,
                    "/$id",
                    f"文件名与代码表 {table.key} 不符",
                    f"the file name does not fit {table.key}",
                )
            ]
        if problems or table is None:
            raise CatalogError(
                blamed(problems, self._entries.get(f"code_tables/{key}", {}), self.code_table_document(key))
            )
        return table

    def _head(self, key: str) -> NodeSpec:
        node, problems = read_head(self.envelope_document, key, "envelope.json")
        if problems:
            raise CatalogError(blamed(problems, self._entries.get("envelope", {}), self.envelope_document))
        return node


@lru_cache(maxsize=1)
def default_catalog() -> Catalog:
    """The shipped catalogue, read as far as it is asked for."""
    return Catalog(data_root())


@lru_cache(maxsize=8)
def _load(root: Path, overlays: tuple[str, ...], extra: tuple[Path, ...]) -> Catalog:
    catalog = Catalog(root, overlays, extra)
    problems = catalog.problems()
    if problems:
        raise CatalogError(problems)
    return catalog


def load_catalog(
    root: Path | None = None, overlays: Sequence[str] = DEFAULT_OVERLAYS, extra: Sequence[Path] = ()
) -> Catalog:
    """Read and check the whole catalogue with the layers ``extra`` above it (regions, other people's overlays).

    Cached for the shipped catalogue without layers; anything else is read anew each time. Raises
    :class:`CatalogError` with every problem of every file.
    """
    if root is None and not extra:
        return _load(data_root(), tuple(overlays), ())
    return _load.__wrapped__(root or data_root(), tuple(overlays), tuple(extra))


def load_interface(
    code: str, root: Path | None = None, overlays: Sequence[str] = DEFAULT_OVERLAYS
) -> InterfaceSpec:
    """One interface without reading the others; :class:`KeyError` when the catalogue does not have it."""
    return Catalog(root or data_root(), overlays).interfaces[code]

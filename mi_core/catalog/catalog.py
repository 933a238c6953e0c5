"""The catalogue as the tools see it: frozen specifications, read lazily, with the overlays applied.

Nothing is read before it is asked for: one interface costs one document and the overlays. :func:`load_catalog` reads
all and raises one :class:`CatalogError` with every problem of every file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from mi_core.catalog.files import code_table_files, digest, document_files, read_json, table_key
from mi_core.catalog.lock import read_lock
from mi_core.catalog.names import Names, read_names
from mi_core.catalog.overlay import Overlay, conflicts, read_overlay
from mi_core.catalog.overlay_ops import apply
from mi_core.catalog.paths import data_root
from mi_core.catalog.problems import CatalogError, CatalogProblem
from mi_core.catalog.spec_reader import read_code_table, read_head, read_interface
from mi_core.model.spec import CodeTable, InterfaceSpec, NodeSpec

__all__ = ["DEFAULT_OVERLAYS", "Catalog", "default_catalog", "load_catalog", "load_interface"]

DEFAULT_OVERLAYS = ("errata",)
V = TypeVar("V")


class _Lazy(Mapping[str, V], Generic[V]):
    """A mapping whose keys are known and whose values are read when first asked for."""

    def __init__(self, keys: Sequence[str], read: Callable[[str], V]) -> None:
        self._keys = dict.fromkeys(keys)
        self._read = read
        self._values: dict[str, V] = {}

    def __getitem__(self, key: str) -> V:
        try:
            return self._values[key]
        except KeyError:
            if key not in self._keys:
                raise
        value = self._values[key] = self._read(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys


class Catalog:
    """One catalogue folder with a choice of overlays. Values are frozen; documents are fresh copies."""

    def __init__(self, root: Path, overlays: Sequence[str] = DEFAULT_OVERLAYS) -> None:
        self.root = root
        self.overlay_names = tuple(overlays)
        self._files = document_files(root)
        order = {code: i for i, code in enumerate(self.names.slugs)}
        codes = sorted(self._files, key=lambda c: (order.get(c, len(order)), c))
        self.interfaces: Mapping[str, InterfaceSpec] = _Lazy(codes, self._read_interface)
        """By code, in specification order."""

    @cached_property
    def names(self) -> Names:
        """The frozen English names."""
        path = self.root / "names.json"
        return read_names(read_json(path, self.root)) if path.exists() else Names({}, {}, {})

    @cached_property
    def overlays(self) -> tuple[Overlay, ...]:
        """The overlays, in order; raises when one is malformed or two touch the same place."""
        problems: list[CatalogProblem] = []
        out: list[Overlay] = []
        for name in self.overlay_names:
            file = f"overlays/{name}.json"
            overlay, bad = read_overlay(read_json(self.root / file, self.root), file)
            out.append(overlay)
            problems += bad
        problems += conflicts(out)
        if problems:
            raise CatalogError(problems)
        return tuple(out)

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
    def code_tables(self) -> Mapping[str, CodeTable]:
        """By key (``clr_type#2`` is a second table of the code ``clr_type``)."""
        return _Lazy(list(self._table_files), self._read_table)

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
        """Where the document of an interface lies, relative to the catalogue's folder; :class:`KeyError` if unknown."""
        return self._files[code].relative_to(self.root).as_posix()

    def base_document(self, code: str) -> dict[str, Any]:
        """The document as its file says it, before any overlay (a fresh copy)."""
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
        return self._effective(f"code_tables/{key}", read_json(self._table_files[key], self.root))

    def base_code_table(self, key: str) -> dict[str, Any]:
        """A code table's document before any overlay."""
        document: dict[str, Any] = read_json(self._table_files[key], self.root)
        return document

    @cached_property
    def envelope_document(self) -> dict[str, Any]:
        """The effective document of the heads."""
        return self._effective("envelope", read_json(self.root / "envelope.json", self.root))

    def problems(self) -> list[CatalogProblem]:
        """Read everything and report everything; empty when the catalogue can be used."""
        out: list[CatalogProblem] = []

        def attempt(read: Callable[[], object]) -> None:
            try:
                read()
            except CatalogError as error:
                out.extend(error.problems)

        attempt(lambda: self.overlays)
        if out:
            return out
        for code in self.interfaces:
            attempt(lambda code=code: self.interfaces[code])  # type: ignore[misc]  # mypy cannot infer a lambda's default
        before = len(out)
        attempt(lambda: list(self.code_tables))
        for key in self.code_tables if len(out) == before else ():
            attempt(lambda key=key: self.code_tables[key])  # type: ignore[misc]  # as above
        for head in ("envelope_request", "envelope_response", "gateway_headers"):
            attempt(lambda head=head: getattr(self, head))  # type: ignore[misc]  # as above
        return out or self._whole_problems()

    def _whole_problems(self) -> list[CatalogProblem]:
        known = {*self.interfaces, "envelope", *(f"code_tables/{k}" for k in self.code_tables)}
        out = [
            CatalogProblem(
                o.file, e.pointer, f"文档 {e.document} 不存在", f"there is no document {e.document}", e.index
            )
            for o in self.overlays
            for e in o.entries
            if e.document not in known
        ]
        for code in self.interfaces:
            if code not in self.names.slugs:
                out.append(
                    CatalogProblem("names.json", f"/interfaces/{code}", "没有英文名称", "has no English name")
                )
        for code in self.names.slugs:
            if code not in self.interfaces:
                out.append(
                    CatalogProblem("names.json", f"/interfaces/{code}", "没有对应的文档", "has no document")
                )
        return out

    def _effective(self, name: str, document: dict[str, Any]) -> dict[str, Any]:
        problems = [p for o in self.overlays for p in apply(document, o.of(name), o.file)]
        if problems:
            raise CatalogError(problems)
        return document

    def _read_interface(self, code: str) -> InterfaceSpec:
        file = self.path(code)
        spec, problems = read_interface(self.document(code), file)
        if spec is not None:
            problems = self._name_problems(spec, file)
        if problems or spec is None:
            raise CatalogError(problems)
        return spec

    def _name_problems(self, spec: InterfaceSpec, file: str) -> list[CatalogProblem]:
        out: list[CatalogProblem] = []
        expected = f"interfaces/{spec.category}/{spec.code}_{spec.slug}.json"
        if file != expected:
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
        file = self._table_files[key].relative_to(self.root).as_posix()
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
            raise CatalogError(problems)
        return table

    def _head(self, key: str) -> NodeSpec:
        node, problems = read_head(self.envelope_document, key, "envelope.json")
        if problems:
            raise CatalogError(problems)
        return node


@lru_cache(maxsize=1)
def default_catalog() -> Catalog:
    """The shipped catalogue, read as far as it is asked for."""
    return Catalog(data_root())


@lru_cache(maxsize=4)
def _load(root: Path, overlays: tuple[str, ...]) -> Catalog:
    catalog = Catalog(root, overlays)
    problems = catalog.problems()
    if problems:
        raise CatalogError(problems)
    return catalog


def load_catalog(root: Path | None = None, overlays: Sequence[str] = DEFAULT_OVERLAYS) -> Catalog:
    """Read and check the whole catalogue. Cached for the shipped catalogue; another ``root`` is read anew each time.

    Raises :class:`CatalogError` with every problem of every file.
    """
    if root is None:
        return _load(data_root(), tuple(overlays))
    return _load.__wrapped__(root, tuple(overlays))


def load_interface(
    code: str, root: Path | None = None, overlays: Sequence[str] = DEFAULT_OVERLAYS
) -> InterfaceSpec:
    """One interface without reading the others; :class:`KeyError` when the catalogue does not have it."""
    return Catalog(root or data_root(), overlays).interfaces[code]

"""Validating the files against ``schema/catalog`` (JSON Schema). A tool's job: needs the extra ``codegen``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from mi_core.catalog.catalog import Catalog
from mi_core.catalog.layers import layer_file, layer_files
from mi_core.catalog.paths import schema_root
from mi_core.catalog.pointer import join
from mi_core.catalog.problems import CatalogProblem
from mi_core.errors import ConfigError

__all__ = ["duplicate_keys", "schema_problems", "validator_class"]


def validator_class() -> Any:
    """JSON Schema 2020-12 of the extra ``codegen``; raises :class:`ConfigError` that says how to install it."""
    try:
        return import_module("jsonschema").Draft202012Validator
    except ImportError as error:
        raise ConfigError(
            "检查目录需要 jsonschema",
            "checking the catalogue needs jsonschema",
            hint_zh="运行：pip install 'mi-core[codegen]'",
            hint_en="run: pip install 'mi-core[codegen]'",
        ) from error


def _validators() -> dict[str, Any]:
    validator = validator_class()
    folder = schema_root() / "catalog"
    return {
        p.name.removesuffix(".schema.json"): validator(json.loads(p.read_text(encoding="utf-8")))
        for p in sorted(folder.glob("*.schema.json"))
    }


def duplicate_keys(path: Path) -> list[str]:
    """Keys that stand twice in one object of a JSON file; parsers silently keep the last."""
    found: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in items:
            if key in seen:
                found.append(key)
            seen.add(key)
        return dict(items)

    json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=pairs)
    return found


def _documents(catalog: Catalog) -> Iterator[tuple[str, str, Any]]:
    """(schema, file, content) of everything, base and effective."""
    changed = set(catalog.changed()) if catalog.layers else set(catalog.interfaces)
    for code in catalog.interfaces:
        if not catalog.layers:
            yield "interface", catalog.path(code), catalog.base_document(code)
        if code in changed:  # the others are the base's, which are checked with the base
            yield "interface", catalog.path(code), catalog.document(code)
    for key in catalog.code_tables:
        if catalog.layers and f"code_tables/{key}" not in catalog.touched():
            continue
        yield "code_table", catalog.code_tables[key].document_path, catalog.code_table_document(key)
    yield "envelope", "envelope.json", catalog.envelope_document
    for name in catalog.overlay_names:
        file = f"overlays/{name}.json"
        yield "overlay", file, json.loads((catalog.root / file).read_text(encoding="utf-8"))
    for layer in catalog.layers:
        for path in layer_files(layer):
            yield "overlay", layer_file(layer, path), json.loads(path.read_text(encoding="utf-8"))
        if (facts := layer / "region.json").is_file():
            yield "region", layer_file(layer, facts), json.loads(facts.read_text(encoding="utf-8"))


def schema_problems(catalog: Catalog) -> list[CatalogProblem]:
    """Every violation of the schemas and every duplicate key; raises :class:`ConfigError` without jsonschema."""
    validators = _validators()
    out: list[CatalogProblem] = []
    seen: set[tuple[str, str, str]] = set()
    for kind, file, content in _documents(catalog):
        for error in validators[kind].iter_errors(content):
            deep = _deepest(error)
            pointer = join([str(p) for p in deep.absolute_path])
            text = deep.message if len(deep.message) < 300 else deep.message[:300] + " …"
            if (file, pointer, text) not in seen:
                seen.add((file, pointer, text))
                out.append(
                    CatalogProblem(
                        file, pointer, f"不符合结构定义：{text}", f"does not fit the schema: {text}"
                    )
                )
    own = [(p, p.relative_to(catalog.root).as_posix()) for p in sorted(catalog.root.rglob("*.json"))]
    layered = [(p, layer_file(layer, p)) for layer in catalog.layers for p in layer_files(layer)]
    for path, name in layered if catalog.layers else own:
        out.extend(
            CatalogProblem(name, "", f"键“{k}”重复", f"key {k!r} stands there twice")
            for k in duplicate_keys(path)
        )
    return out


def _deepest(error: Any) -> Any:
    """The most specific cause of a failed alternative."""
    return import_module("jsonschema.exceptions").best_match([error]) or error

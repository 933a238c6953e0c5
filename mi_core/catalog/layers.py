"""Layers above the catalogue's own folder: the overlays of regions and of other people's plugins.

A layer is a folder (``overlay/*.json``, read in order of file name, and ``names.json``) or one overlay file. Layers are
applied in the order they are given, after the catalogue's own overlays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mi_core.catalog.files import read_json
from mi_core.catalog.names import Names, name_problems
from mi_core.catalog.overlay import Overlay, conflicts, read_overlay
from mi_core.catalog.problems import CatalogError, CatalogProblem

__all__ = ["layer_file", "layer_files", "merged_names", "read_overlays"]


def layer_files(layer: Path) -> list[Path]:
    """The overlay files of a layer, in the order they are applied."""
    if layer.is_dir():
        return sorted((layer / "overlay").glob("*.json"), key=lambda p: p.name)
    return [layer]


def layer_file(layer: Path, path: Path) -> str:
    """How a file of a layer is named to people: ``guangzhou/overlay/2207.json``."""
    return f"{layer.name}/{path.relative_to(layer).as_posix()}" if path != layer else path.name


def read_overlays(root: Path, names: Sequence[str], layers: Sequence[Path]) -> tuple[Overlay, ...]:
    """All overlays in order; raises :class:`CatalogError` when one is malformed or two touch the same place."""
    files = [(root / f"overlays/{name}.json", f"overlays/{name}.json") for name in names]
    files += [(path, layer_file(layer, path)) for layer in layers for path in layer_files(layer)]
    problems: list[CatalogProblem] = []
    out: list[Overlay] = []
    for path, file in files:
        overlay, bad = read_overlay(read_json(path, root), file)
        if any(o.name == overlay.name for o in out):
            text = overlay.name
            problems.append(
                CatalogProblem(
                    file, "/name", f"另一修订层也叫 {text}", f"another overlay has the name {text} too"
                )
            )
        out.append(overlay)
        problems += bad
    problems += conflicts(out[: len(names)], out[len(names) :])
    if problems:
        raise CatalogError(problems)
    return tuple(out)


def merged_names(base: Names, layers: Iterable[Path]) -> Names:
    """The frozen names with those that layers add; a name that is there already must not be given again."""
    slugs, classes, nodes = dict(base.slugs), dict(base.classes), {k: dict(v) for k, v in base.nodes.items()}
    problems: list[CatalogProblem] = []
    for layer in layers:
        path = layer / "names.json"
        if not layer.is_dir() or not path.exists():
            continue
        raw: Any = read_json(path, layer)
        file = layer_file(layer, path)
        wrong = list(name_problems(raw, file))
        problems += wrong
        for code, item in raw["interfaces"].items() if not wrong else ():
            if code not in slugs and "slug" not in item:
                problems.append(
                    CatalogProblem(
                        file, f"/interfaces/{code}", "新增接口须有 slug 与 className（或者编号有误）",
                        "an added interface needs slug and className (or the code is wrong)",
                    )
                )  # fmt: skip
                continue
            if code in slugs and ("slug" in item or "className" in item):
                text = f"/interfaces/{code}"
                problems.append(
                    CatalogProblem(file, text, "已有名称，不能更改", "has its name already: it is frozen")
                )
                continue
            if code not in slugs:
                slugs[code], classes[code] = item["slug"], item["className"]
            problems += _add_nodes(nodes.setdefault(code, {}), item.get("nodes", {}), code, file)
    if problems:
        raise CatalogError(problems)
    return Names(slugs, classes, nodes)


def _add_nodes(
    known: dict[str, str], added: Mapping[str, str], code: str, file: str
) -> Iterable[CatalogProblem]:
    for path, name in added.items():
        if known.setdefault(path, name) != name:
            yield CatalogProblem(
                file, f"/interfaces/{code}/nodes/{path}", f"已有名称 {known[path]}，不能更改",
                f"is named {known[path]} already: it is frozen",
            )  # fmt: skip

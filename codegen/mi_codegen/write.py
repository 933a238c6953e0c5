"""Last stage: write the files, or tell how the folder differs from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import attrs

from mi_codegen.ir import Output

__all__ = ["Difference", "compare", "write"]

PACKAGES = ("codes", "interfaces")


@attrs.frozen(order=True)
class Difference:
    """A file that is not as the catalogue says."""

    path: str
    kind: Literal["changed", "missing", "orphan"]


def compare(outputs: Sequence[Output], folder: Path) -> list[Difference]:
    """Changed, missing and orphan files of the generated packages of a folder, byte for byte."""
    found: list[Difference] = []
    for output in outputs:
        path = folder / output.path
        try:
            same = path.read_bytes() == output.text.encode()
        except FileNotFoundError:
            found.append(Difference(output.path, "missing"))
        else:
            found += [] if same else [Difference(output.path, "changed")]
    found += [Difference(path, "orphan") for path in _orphans(outputs, folder)]
    return sorted(found)


def _orphans(outputs: Sequence[Output], folder: Path) -> list[str]:
    wanted = {o.path for o in outputs}
    present = (
        p.relative_to(folder).as_posix()
        for package in PACKAGES
        for p in (folder / package).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    )
    return [p for p in present if p not in wanted]


def write(outputs: Sequence[Output], folder: Path) -> list[Difference]:
    """Make the folder equal to the outputs; returns what was different. Files that are right are not touched."""
    differences = compare(outputs, folder)
    text = {o.path: o.text for o in outputs}
    for difference in differences:
        path = folder / difference.path
        if difference.kind == "orphan":
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text[difference.path].encode())
    return differences

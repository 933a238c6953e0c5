"""The catalogue's files: where each document lies, and how they are read. No other file is touched to read one."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from mi_core.catalog.problems import CatalogError, CatalogProblem

__all__ = ["canonical", "code_table_files", "digest", "document_files", "read_json", "table_key"]

_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()


def document_files(root: Path) -> dict[str, Path]:
    """Interface code -> its document, by file name (``interfaces/<category>/<code>_<slug>.json``)."""
    out: dict[str, Path] = {}
    base = root / "interfaces"
    if not base.is_dir():
        return out
    with os.scandir(base) as folders:
        names = sorted(f.name for f in folders if f.is_dir())
    for folder in names:
        with os.scandir(base / folder) as files:
            for name in sorted(f.name for f in files):
                code, mark, _ = name.partition("_")
                if mark and name.endswith(".json"):
                    if code in out:
                        raise CatalogError(
                            [
                                CatalogProblem(
                                    f"interfaces/{folder}/{name}",
                                    "",
                                    f"接口 {code} 有两个文件",
                                    f"interface {code} has two files",
                                )
                            ]
                        )
                    out[code] = base / folder / name
    return out


def table_key(stem: str, known: Any = None) -> str:
    """File name of a code table -> its key; only the document knows whether ``_2`` means ``#2``, so prefer its ``$id``."""
    if isinstance(known, dict) and isinstance(known.get("$id"), str):
        return str(known["$id"]).removeprefix("urn:mi:code:")
    return stem


def code_table_files(root: Path) -> list[Path]:
    """All code tables, by file name."""
    return sorted((root / "code_tables").glob("*.json"))


def read_json(path: Path, root: Path) -> Any:
    """Parsed content; raises :class:`CatalogError` naming the file when it cannot be read or is no JSON."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    try:
        return _DECODER.decode(path.read_bytes())
    except OSError as error:
        raise CatalogError(
            [CatalogProblem(name, "", f"无法读取：{error}", f"cannot be read: {error}")]
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CatalogError(
            [CatalogProblem(name, "", f"不是合法的 JSON：{error}", f"is no JSON: {error}")]
        ) from error


def canonical(value: Any) -> bytes:
    """Compact UTF-8 JSON in document order: order is part of the meaning (it is the order on the wire)."""
    return _ENCODER.encode(value)


def digest(value: Any) -> str:
    """sha256 (hex) of :func:`canonical`."""
    return hashlib.sha256(canonical(value)).hexdigest()

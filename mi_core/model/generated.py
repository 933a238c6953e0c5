"""What every generated module calls, in one import: builders of the functions in its ``INTERFACE``."""

from __future__ import annotations

from mi_core.model.fields.base import Field
from mi_core.model.fields.building import builder
from mi_core.model.fields.extra import extra_of
from mi_core.model.fields.plain import to_dict
from mi_core.model.fields.reading import reader
from mi_core.model.fields.writing import encoder
from mi_core.model.record import Record, fields_of

__all__ = ["builder", "encoder", "extra_of", "named", "reader", "to_dict"]


def named(cls: type[Record]) -> dict[str, Field]:
    """The fields of a class by attribute name."""
    return {f.name: f for f in fields_of(cls)}

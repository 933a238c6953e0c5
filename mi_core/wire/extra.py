"""Unknown fields of a reply, read from the kept bytes on demand."""

from mi_core.model.fields.extra import extra_of

__all__ = ["extra_of"]

"""What is found in a catalogue, as frozen values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import attrs

from mi_core.errors import MiError

__all__ = ["DictionaryCode", "Entry", "NotSynchronised", "SourceState"]


class NotSynchronised(MiError):
    """A catalogue is asked for that was never brought here."""

    code = "not_synchronised"


@attrs.frozen(kw_only=True)
class Entry:
    """One entry of a catalogue as the bureau gave it last."""

    source: str
    """The interface it came from, e.g. ``1301``."""
    kind: str
    code: str
    name: str
    """The first name that is not empty; the others are in :attr:`fields`."""
    spec: str = ""
    maker: str = ""
    pinyin: str = ""
    """Initials, where the catalogue has them."""
    valid: bool = True
    """False: withdrawn by the bureau (``有效标志``, ``vali_flag``)."""
    version: str = ""
    """Version of the file (``版本号``), or when the record last changed (``updt_time``)."""
    record: str = ""
    """The bureau's number of the record (``唯一记录号``, ``rid``)."""
    fields: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """Everything that is not empty: by the title of the file's column, or by the code of the row's field. Texts."""


@attrs.frozen(kw_only=True)
class DictionaryCode:
    """One code of a dictionary (1901)."""

    type: str
    value: str
    label: str
    parent: str = ""
    sort: int = 0
    valid: bool = True


@attrs.frozen(kw_only=True)
class SourceState:
    """How far one catalogue is synchronised."""

    source: str
    title: str
    kind: str
    scope: str
    rows: int
    cursor: str
    """Largest version here, or latest change; goes into the next request."""
    synced_at: dt.datetime | None
    """Beijing time; ``None``: never completed."""
    unfinished: bool = False
    """A synchronisation was interrupted; the next one goes on there."""

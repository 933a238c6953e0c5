"""A catalogue's file as it is sent: a ZIP made line by line, so that a large one needs neither memory nor time before."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from typing import Final

import attrs

from mi_plugins.sandbox.catalogue_data import Shelf

__all__ = ["CatalogueFile"]

_LINES: Final = 2000
_TIME: Final = (2025, 1, 1, 8, 0, 0)
_EMPTY: Final = "null"


@attrs.frozen(eq=False)
class CatalogueFile:
    """The entries of a catalogue that changed after one version and not after another."""

    name: str
    shelf: Shelf
    since: int
    upto: int

    def chunks(self) -> Iterator[bytes]:
        """The bytes, some at a time; the same every time."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            info = zipfile.ZipInfo(self.name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as entry:
                lines = self.shelf.lines(self.since, self.upto)
                while some := list(itertools.islice(lines, _LINES)):
                    entry.write(
                        "".join("\t".join(cell or _EMPTY for cell in line) + "\n" for line in some).encode()
                    )
                    yield sink.taken()
        yield sink.taken()

    def whole(self) -> bytes:
        """All bytes."""
        return b"".join(self.chunks())


class _Sink(io.BytesIO):
    """What a ZIP is written to that nobody can go back in."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError("no place in a stream")

    def taken(self) -> bytes:
        """What came since the last time."""
        piece = self.getvalue()
        super().seek(0)
        self.truncate()
        return piece

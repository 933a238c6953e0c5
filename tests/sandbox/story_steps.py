"""What the stories of :mod:`tests.sandbox.stories` share."""

from __future__ import annotations

import base64
from collections.abc import Awaitable
from typing import Any, Final

import pytest

from tests.sandbox.hospital import Hospital, Refused
from tests.sandbox.records import filled

PICTURE: Final = base64.b64encode(b"a picture").decode()


def by_hand(hospital: Hospital) -> Hospital:
    """The same institution without the client: its journal keeps what is refused from being sent again."""
    raw: Hospital = getattr(hospital, "raw", hospital)
    return raw.at(hospital.code)


async def refused(made: Awaitable[Any], text: str = "") -> None:
    with pytest.raises(Refused, match=text):
        await made


async def told_rows(
    hospital: Hospital, infno: str, facts: dict[str, Any], node: str = ""
) -> list[dict[str, Any]]:
    """What a query tells."""
    output = await hospital.call(infno, filled(infno, facts))
    rows: list[dict[str, Any]] = output[node] if node else output
    return rows

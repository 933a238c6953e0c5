"""A hospital that calls through the project's typed client, and sees to it that no reply needed a lenient reading.

It has the face of :class:`tests.sandbox.hospital.Hospital`, so the same stories run through it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

import pytest

import mi_core.wire.output as wire_output
from mi_core import AsyncClient, BureauRefused, OutcomeUnknown
from mi_core.catalog import load_catalog
from mi_core.interfaces import by_code
from mi_core.wire.plan import plan_of
from mi_plugins.sandbox.announce import config_toml, sandbox_gateway
from mi_plugins.sandbox.profiles import envelope_sm
from mi_plugins.sandbox.settings import Settings
from tests.sandbox.centre import Centre
from tests.sandbox.hospital import Hospital, Refused

__all__ = ["PLACES", "Seen", "TypedHospital", "config_of", "watched"]

PLACES: Final = ("H43000000001", "H43000000002", "P43000000001")
PUSHED: Final = ("6204", "6302", "7108", "7109")
_keys = itertools.count(1)


class Seen:
    """What was called, and what of the replies was not as documented."""

    def __init__(self) -> None:
        self.called: set[str] = set()
        self.lenient: list[str] = []
        self.odd: dict[str, Any] = {}


@contextmanager
def watched(seen: Seen) -> Iterator[None]:
    """Note every reply that the wire layer had to read tolerantly; business objects go through the client, too."""
    real = wire_output._lenient

    def lenient(interface: Any, raw: bytes | None, strict: bool) -> Any:
        read = plan_of(
            interface
        ).content  # conforming bytes come here too, where a text elsewhere looks like a long number
        if raw is not None and read is not None and wire_output._fast(read, raw) is None:
            seen.lenient.append(f"{interface.code}: {raw[:300].decode()}")
        return real(interface, raw, strict)

    async def business(centre: Centre, infno: str, content: dict[str, Any]) -> dict[str, Any]:
        output = await centre.hospital.call(infno, {"data": content})
        found: dict[str, Any] = output.get("data", output)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire_output, "_lenient", lenient)
        patch.setattr(Centre, "call", business)
        yield


def config_of(url: str, settings: Settings) -> str:
    """One client for all places; the centres of prescriptions and orders through their own envelope."""
    parts = [config_toml(url, settings, PLACES[0])]
    parts += [
        config_toml(url, settings, one)
        .replace('environment = "test"\n', "")
        .replace("sign_in = true", "sign_in = false")
        for one in PLACES[1:]
    ]
    through = ", ".join(f'"{one}"' for one in (*sorted(envelope_sm.PATHS.values()), "6101", *PUSHED))
    for one in PLACES:
        keys = sandbox_gateway("envelope-sm", url, settings).items()
        parts += [
            f"[institutions.{one}.gateways.centres]",
            f"interfaces = [{through}]",
            'paths = { "6101" = "/6101" }',  # where it really is nobody has published
            *(f'{name} = "{value}"' for name, value in keys),
        ]
    return "\n".join(parts)


def _plain(value: Any) -> Any:
    """As over HTTP: dates and times are texts."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, dt.date) else value


class TypedHospital(Hospital):
    """One institution; every call is made with the interface's request class."""

    def __init__(self, mi: AsyncClient, raw: Hospital, seen: Seen, code: str = PLACES[0]) -> None:
        super().__init__(raw.session, raw.url, raw.token, code)
        self.mi, self.seen, self.raw = mi, seen, raw

    def at(self, code: str) -> TypedHospital:
        return TypedHospital(self.mi, self.raw, self.seen, code)

    async def call(self, infno: str, content: Any, **head: Any) -> Any:
        spec = load_catalog().interfaces[infno]
        options: dict[str, Any] = {
            "institution": self.code,
            "insuplc_admdvs": head.get("insuplc_admdvs", "990101"),
        }
        if "operation_key" in spec.behaviour.business_key:
            options["operation_key"] = f"key-{next(_keys)}"
        request = by_code(infno).request.from_dict(content)
        try:
            reply = await self.mi.call(request, **options)
        except (BureauRefused, OutcomeUnknown) as error:
            if isinstance(error, OutcomeUnknown) and not error.likely_refused:
                raise
            self.last_msgid = error.msgid or ""
            raise Refused(str(getattr(error, "reason", None) or error)) from error
        self.seen.called.add(infno)
        self.last_msgid = reply.meta.msgid or ""
        if reply.meta.problems or reply.meta.discrepancies:
            self.seen.odd[infno] = [*reply.meta.problems, *reply.meta.discrepancies]
        output = _plain(reply.to_dict())
        rows = list(output.values())
        if spec.output_kind == "object-or-array" and len(rows) == 1 and isinstance(rows[0], list):
            return rows[0]
        return output


def money(text: str) -> Decimal:
    return Decimal(text)

"""HTTP of the profiles besides ``csb`` and ``none``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

from aiohttp import web

from mi_plugins.sandbox.keys import OFFICE
from mi_plugins.sandbox.message import Message, read_business, read_message
from mi_plugins.sandbox.misbehaviour import as_json
from mi_plugins.sandbox.profiles import Admitted, Arrival, Profile, Refused
from mi_plugins.sandbox.profiles.base import Leave
from mi_plugins.sandbox.profiles.oauth_sm import TOKEN_PATH, OAuthSm
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["AnswerMessage", "ReadBody", "add_profile_routes"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ReadBody = Callable[[web.Request], Awaitable[tuple[bytes, bytes | None]]]


class AnswerMessage(Protocol):
    """:func:`mi_plugins.sandbox.app.answer_message`."""

    def __call__(
        self, request: web.Request, message: Message | BureauRefusal, received: dt.datetime, leave: Leave | None = None
    ) -> Awaitable[web.StreamResponse]: ...  # fmt: skip


def add_profile_routes(
    app: web.Application, found: Iterable[Profile], read: ReadBody, answer: AnswerMessage
) -> None:
    """Every profile below its name."""
    for profile in found:
        if isinstance(profile, OAuthSm):
            token = _token_handler(profile)
            app.router.add_post(f"/{TOKEN_PATH}", token)
            app.router.add_post(f"/{profile.name}/{TOKEN_PATH}", token)
        handler = _handler(profile, read, answer)
        app.router.add_post(f"/{profile.name}", handler)
        app.router.add_post(f"/{profile.name}/{{path:.*}}", handler)


def _handler(profile: Profile, read: ReadBody, answer: AnswerMessage) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        settings = request.app[OFFICE].settings
        try:
            body, file = await read(request)
        except BureauRefusal as refusal:
            return await answer(request, refusal, settings.clock())
        path = request.match_info.get("path", "").strip("/")
        try:
            admitted = profile.admit(
                Arrival(path, request.headers, body, settings.now_ms(), settings.window_ms)
            )
        except Refused as refused:
            return _refusal(refused)
        return await answer(request, _message(admitted, file), settings.clock(), admitted.leave)

    return handle


def _message(admitted: Admitted, file: bytes | None) -> Message | BureauRefusal:
    try:
        if admitted.business and admitted.api_name is not None:
            return read_business(admitted.body, admitted.api_name)
        return read_message(admitted.body, admitted.api_name, file)
    except BureauRefusal as refusal:
        return refusal


def _token_handler(profile: OAuthSm) -> Handler:
    async def hand_out(request: web.Request) -> web.StreamResponse:
        try:
            form = await request.post()
        except ValueError:
            return _refusal(Refused("invalid_request", status=400, body={"error": "invalid_request"}))
        try:
            return as_json(profile.hand_out_token(request.headers, form), headers=_NO_STORE)
        except Refused as refused:
            return _refusal(refused)

    return hand_out


_NO_STORE: Final = {"Cache-Control": "no-store"}


def _refusal(refused: Refused) -> web.Response:
    if refused.body is not None:
        return as_json(refused.body, refused.status, headers=refused.headers)
    return web.Response(text=str(refused), status=refused.status, headers=refused.headers)

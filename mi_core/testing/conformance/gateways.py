"""A gateway profile: it addresses and signs without input or output, keeps its secrets, and never reads a false reply as a true one."""

from __future__ import annotations

import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from mi_core.errors import MiError
from mi_core.plugin import HttpReply, HttpRequest, TransportFailure, settings_of
from mi_core.testing import examples
from mi_core.testing.conformance import NotApplicable, Subject
from mi_core.testing.conformance.samples import gateway_settings, secrets_in

__all__ = ["CHECKS"]

NOW_MS = 1_600_000_000_123
"""13 September 2020: a time stamp of another day is the profile's own clock."""
TRIED = ("2207", "1101", "5203", "6201", "6202", "7101", "9001")
GARBAGE = (b"", b"{}", b"[]", b"null", b"\xff\xfe", b"<html>502</html>", b'{"infcode":0}', b"x" * 5000)


def _made(whole: Subject, name: str, factory: Any) -> tuple[Any, Any]:
    settings = gateway_settings(whole, name, factory)
    return factory(settings), settings


def _sealed(gateway: Any, body: bytes | None = None) -> tuple[str, bytes, HttpRequest]:
    """A message of the first interface that the profile has an address for."""
    refused: list[str] = []
    for code in TRIED:
        message = body or examples.to_json({"infno": code, "msgid": "M1", "input": examples.values(code)})
        try:
            return code, message, gateway.seal(code, message, NOW_MS)
        except MiError as error:
            refused.append(f"{code}: {error.en}")
    raise AssertionError("no message can be sealed: " + "; ".join(refused))


def its_settings_are_described(whole: Subject, name: str, factory: Any) -> None:
    """What ``mi new-config`` writes and what a mistake is told with."""
    kind = getattr(factory, "settings_class", None)
    if kind is None:
        raise NotApplicable("uses GatewaySettings; name a settings_class to describe keys of your own")
    own = {a.name for a in kind.__attrs_attrs__} - {
        "profile",
        "url",
        "access_key",
        "secret_key",
        "api_version",
    }
    described = dict(settings_of(kind))
    assert own <= set(described), f"described by setting(…): not {', '.join(sorted(own - set(described)))}"
    for field, about in described.items():
        assert about.zh and about.en, f"{field}: zh and en say what it is"


def a_message_is_sealed_into_a_post(whole: Subject, name: str, factory: Any) -> None:
    """An absolute address, header texts that cannot split the request, a body of bytes."""
    gateway, _ = _made(whole, name, factory)
    _, _, request = _sealed(gateway)
    assert isinstance(request, HttpRequest), f"seal returns an HttpRequest, not {type(request).__name__}"
    parts = urlsplit(request.url)
    assert parts.scheme in ("http", "https") and parts.hostname, f"no absolute address: {request.url}"
    assert isinstance(request.body, bytes), f"the body is {type(request.body).__name__}"
    header: Any
    value: Any
    for header, value in request.headers.items():
        assert isinstance(header, str) and isinstance(value, str), (
            f"header {header}: names and values are texts"
        )
        assert re.fullmatch(r"[ -~]*", value), f"header {header}: only printable ASCII can travel"


def the_message_arrives_unchanged(whole: Subject, name: str, factory: Any) -> None:
    """Amounts are signed as they were written: nothing may be rounded, sorted or encoded anew on the way."""
    gateway, settings = _made(whole, name, factory)
    body = '{"infno":"2207","input":{"data":{"medfee_sumamt":128.50,"psn_name":"王𠮷"}}}'.encode()
    _, _, request = _sealed(gateway, body)
    read = whole.given("gateway_read", name, settings, request)
    if read is None:
        if body not in request.body:
            raise NotApplicable(
                "the body is enclosed: give gateway_read(name, settings, request) in the counterpart"
            )
        return
    assert read == body, "the other side reads another message than was sealed"


def the_same_message_at_the_same_time_goes_to_the_same_address(
    whole: Subject, name: str, factory: Any
) -> None:
    """What may differ is a nonce and what is made of it."""
    gateway, _ = _made(whole, name, factory)
    code, body, first = _sealed(gateway)
    again = gateway.seal(code, body, NOW_MS)
    assert again.url == first.url
    assert set(again.headers) == set(first.headers)


def the_time_is_the_callers_in_one_unit(whole: Subject, name: str, factory: Any) -> None:
    """``now_ms`` is the journal's ``signed_at``; recovery reckons with it, so the profile has no clock of its own."""
    gateway, _ = _made(whole, name, factory)
    _, _, request = _sealed(gateway)
    wall = time.time()
    text = " ".join(request.headers.values()) + " " + request.body.decode("latin-1")
    stamps = {int(m) for m in re.findall(r"(?<![0-9a-zA-Z])[0-9]{10}(?:[0-9]{3})?(?![0-9a-zA-Z])", text)}
    for stamp in stamps:
        seconds = stamp / 1000 if stamp > 10**11 else stamp
        assert abs(seconds - wall) > 86_400, f"{stamp} is this machine's time, not the given {NOW_MS}"
        if abs(seconds - NOW_MS / 1000) < 86_400:
            assert stamp in (NOW_MS, NOW_MS // 1000), f"{stamp} is neither {NOW_MS} nor {NOW_MS // 1000}"


def no_secret_is_shown(whole: Subject, name: str, factory: Any) -> None:
    """Neither in ``repr`` nor in an address nor in an error: those are logged."""
    gateway, settings = _made(whole, name, factory)
    known = secrets_in(settings)
    if not known:
        raise NotApplicable("its settings hold no Secret")
    _, _, request = _sealed(gateway)
    shown = [repr(gateway), repr(settings), repr(request), request.url]
    wrong: tuple[Callable[[], Any], ...] = (
        lambda: gateway.seal("2207", None, NOW_MS),
        lambda: gateway.open(HttpReply(200, {}, b"\xff")),
    )
    for call in wrong:
        try:
            call()
        except Exception as error:
            shown.append("".join(traceback.format_exception_only(error)) + repr(error))
    for text in shown:
        assert not any(secret in text for secret in known), f"a secret is shown in: {text[:60]}…"


def false_replies_are_refused_in_its_own_words(whole: Subject, name: str, factory: Any) -> None:
    """``open`` returns bytes or raises ``TransportFailure``; anything else is logged as a fault of the plugin."""
    gateway, _ = _made(whole, name, factory)
    for body in GARBAGE:
        for status in (200, 401, 502):
            try:
                opened = gateway.open(HttpReply(status, {}, body))
            except TransportFailure as failure:
                assert failure.evidence, "TransportFailure needs a short evidence"
            except Exception as error:
                raise AssertionError(
                    f"open({body[:20]!r}) raised {error!r} instead of TransportFailure"
                ) from error
            else:
                assert isinstance(opened, bytes), f"open returns bytes, not {type(opened).__name__}"


def a_true_reply_is_opened(whole: Subject, name: str, factory: Any) -> None:
    """As the other side seals it."""
    gateway, settings = _made(whole, name, factory)
    body = '{"infcode":0,"err_msg":"好","output":{"a":1.10}}'.encode()
    _, _, request = _sealed(gateway)
    answer = whole.given("gateway_answer", name, settings, request, body)
    if answer is None:
        try:
            if gateway.open(HttpReply(200, {}, body)) == body:
                return
        except TransportFailure:
            pass
        raise NotApplicable(
            "replies are sealed: give gateway_answer(name, settings, request, body) in the counterpart"
        )
    assert gateway.open(answer) == body, "the reply is opened as something else"
    damaged = HttpReply(answer.status, answer.headers, _flipped(answer.body))
    try:
        opened = gateway.open(damaged)
    except TransportFailure:
        return
    assert opened != body, "a damaged reply is opened as the true one"


def _flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def it_touches_neither_network_nor_processes(whole: Subject, name: str, factory: Any) -> None:
    """The pipeline sends, once, and the journal knows; a profile that asks somebody else breaks that."""
    gateway, _ = _made(whole, name, factory)
    _sealed(gateway)  # what it imports and reads when it is first used
    with _watched() as events:
        _sealed(gateway)
        with suppress(TransportFailure):
            gateway.open(HttpReply(200, {}, b"{}"))
    assert not events, f"it used {', '.join(sorted(set(events)))}"


_BARRED = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system")
_listeners: list[list[str]] = []
_hooked: list[bool] = []


def _audit(event: str, _arguments: tuple[Any, ...]) -> None:
    if _listeners and event in _BARRED:
        _listeners[-1].append(event)


@contextmanager
def _watched() -> Iterator[list[str]]:
    """Collects what the interpreter reports; the hook cannot be removed, so there is one, and it sleeps otherwise."""
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    events: list[str] = []
    _listeners.append(events)
    try:
        yield events
    finally:
        _listeners.remove(events)


def a_token_is_asked_for_and_read(whole: Subject, name: str, factory: Any) -> None:
    """Only for profiles whose messages carry one."""
    gateway, _ = _made(whole, name, factory)
    ask: Callable[[int], Any] | None = getattr(gateway, "token_request", None)
    if ask is None:
        raise NotApplicable("needs no token")
    assert isinstance(ask(NOW_MS), HttpRequest), "token_request returns an HttpRequest"
    for body in GARBAGE:
        try:
            gateway.token_reply(HttpReply(200, {}, body), NOW_MS)
        except TransportFailure:
            continue
        except Exception as error:
            raise AssertionError(
                f"token_reply({body[:20]!r}) raised {error!r} instead of TransportFailure"
            ) from error
        raise AssertionError(f"token_reply({body[:20]!r}) read a token where there is none")


CHECKS = (
    its_settings_are_described,
    a_message_is_sealed_into_a_post,
    the_message_arrives_unchanged,
    the_same_message_at_the_same_time_goes_to_the_same_address,
    the_time_is_the_callers_in_one_unit,
    no_secret_is_shown,
    false_replies_are_refused_in_its_own_words,
    a_true_reply_is_opened,
    it_touches_neither_network_nor_processes,
    a_token_is_asked_for_and_read,
)

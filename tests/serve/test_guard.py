"""Who gets in, by which name, from which page, how often, and what belongs to whom."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mi_core.serve.app import OPEN_HANDLERS, ROUTES
from mi_core.serve.roles import ROLES
from tests.serve.kit import (
    FIRST,
    PERSON,
    SECOND,
    Served,
    keyed,
    person,
    raw_exchange,
    registration,
    settlement,
    start,
)

PLACES = {
    "institution": FIRST,
    "infno": "1101",
    "operation": "none",
    "name": "docs.js",
    "kind": "outpatient",
    "key": "K1",
    "step": "abandon",
    "subject": "S1",
}
BODIES: dict[str, Any] = {
    "/v1/institutions/{institution}/calls/{infno}": {"input": person()},
    "/v1/institutions/{institution}/flows/{kind}/{key}/{step}": {},
    "/v1/institutions/{institution}/doubts/{operation}/resolve": {"outcome": "executed", "reason": "核对"},
}
EVERY = ("operator", "finance", "auditor", "administrator")
MATRIX: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/health/live"): EVERY,
    ("GET", "/health/ready"): EVERY,
    ("GET", "/"): EVERY,
    ("GET", "/docs"): EVERY,
    ("GET", "/docs/"): EVERY,
    ("GET", "/docs/{name}"): EVERY,
    ("GET", "/v1/institutions"): EVERY,
    ("GET", "/v1/institutions/{institution}/openapi.json"): EVERY,
    ("GET", "/v1/institutions/{institution}/openapi/{infno}.json"): EVERY,
    ("POST", "/v1/institutions/{institution}/calls/{infno}"): ("operator",),
    ("GET", "/v1/institutions/{institution}/flows/{kind}/{key}"): ("operator",),
    ("POST", "/v1/institutions/{institution}/flows/{kind}/{key}/{step}"): ("operator",),
    ("GET", "/v1/institutions/{institution}/notifications/{infno}/{subject}"): ("operator",),
    ("GET", "/v1/institutions/{institution}/lookup/{kind}"): EVERY,
    ("GET", "/v1/institutions/{institution}/operations"): ("operator", "finance", "auditor"),
    ("GET", "/v1/institutions/{institution}/operations/{operation}"): ("operator", "finance", "auditor"),
    ("GET", "/v1/institutions/{institution}/doubts"): ("operator", "finance", "auditor"),
    ("GET", "/v1/institutions/{institution}/doubts/{operation}"): ("operator", "finance", "auditor"),
    ("POST", "/v1/institutions/{institution}/doubts/{operation}/resolve"): ("finance",),
}
"""Route -> the roles that may use it, written out a second time so that a change is meant."""


def asked(
    served: Served, method: str, route: str, token: str | None, places: dict[str, str] = PLACES, **more: Any
) -> Any:
    key = keyed() if method == "POST" else {}
    return served.ask(method, route.format(**places), BODIES.get(route), token=token, headers=key, **more)


def test_every_route_is_in_the_matrix() -> None:
    assert {(method, path) for method, path, _ in ROUTES} == set(MATRIX)
    assert ROLES == EVERY


@pytest.mark.parametrize("role", EVERY)
def test_role_by_route(served: Served, role: str) -> None:
    wrong = {}
    for (method, route), roles in MATRIX.items():
        status = asked(served, method, route, role).status
        if (status == 403) == (role in roles) or status in (401, 405, 500):
            wrong[method, route] = status
    assert wrong == {}


def test_without_a_token_nothing_is_told(served: Served) -> None:
    opened = {(method, path) for method, path, handler in ROUTES if handler in OPEN_HANDLERS}
    assert {path for _, path in opened} == {
        "/health/live",
        "/health/ready",
        "/",
        "/docs",
        "/docs/",
        "/docs/{name}",
    }
    for method, route in MATRIX:
        answer = asked(served, method, route, None)
        assert answer.status == (302 if route == "/" else 200 if (method, route) in opened else 401), route
        time.sleep(0.2)  # strangers are let in slowly
    assert served.ask("GET", "/health/ready", token=None).json == {"status": "ready"}
    told = served.ask("GET", "/health/ready", token="administrator").json
    assert told["parts"]["journal"]["ok"] is True and told["gateways"][0]["breaker"] == "closed"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x", "Basic dTpw", "Bearer mi_", "bearer \xe4"])
def test_a_wrong_token(served: Served, value: str) -> None:
    time.sleep(0.3)
    answer = served.ask("GET", "/v1/institutions", token=None, headers={"Authorization": value})
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_id_of_one_institution_is_unknown_to_the_other(served: Served) -> None:
    bill = settlement(served)
    done = served.call("2207", bill, options={"insuplc_admdvs": "990101"}).json
    names = [done["operation"], done["msgid"]]
    routes = [(m, r) for m, r in MATRIX if "{institution}" in r]
    unknown = served.get("/operations/none", token="other", institution=SECOND).json
    nowhere = served.get("/operations/none", token="other", institution=FIRST).json
    assert (unknown["code"], nowhere["code"]) == ("operation_unknown", "not_found")
    for token in ("other", "other-finance"):
        for name in names:
            for method, route in routes:
                # by the first hospital's address, which does not exist for this token
                answer = asked(served, method, route, token, {**PLACES, "operation": name})
                assert (answer.status, answer.json) in ((404, nowhere), (403, answer.json)), (
                    route,
                    answer.json,
                )
                # and by its own address, where the operation does not exist
                if "{operation}" in route:
                    answer = asked(
                        served, method, route, token, {**PLACES, "institution": SECOND, "operation": name}
                    )
                    assert answer.status in (404, 403), route
                    assert answer.status == 403 or answer.json == unknown
    assert served.get("/operations", token="other", institution=SECOND).json["operations"] == []
    listed = served.ask("GET", "/v1/institutions", token="other").json["institutions"]
    assert [one["code"] for one in listed] == [SECOND]
    assert served.get(f"/operations/{names[0]}").status == 200


def test_an_operation_under_way_is_its_institutions(served: Served) -> None:
    served.fault("1101", "late", seconds=3)
    begun = served.call("1101", person(), headers={"Prefer": "respond-async"})
    assert begun.status == 202
    name = begun.json["operation"]
    assert begun.headers["location"] == f"/v1/institutions/{FIRST}/operations/{name}"
    assert served.get(f"/operations/{name}", token="other", institution=SECOND).status == 404
    assert served.get(f"/operations/{name}").json["status"] == "running"
    ended = served.get(f"/operations/{name}?wait=60")
    assert ended.json["output"]["baseinfo"]["psn_name"] == PERSON.name
    assert "output" not in served.get(f"/operations/{name}", token="auditor").json


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.", "[::2]", "", "a@localhost"],
)
def test_a_name_that_is_not_ours(served: Served, host: str) -> None:
    """DNS rebinding: the browser says under which name it came."""
    head = f"GET /health/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    assert b"HTTP/1.1 403 " in raw_exchange(served.port, head)


def test_a_request_with_two_names_or_none(served: Served) -> None:
    two = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    none = b"GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n"
    old = b"GET /health/live HTTP/1.0\r\n\r\n"
    assert raw_exchange(served.port, two)[9:12] in (b"400", b"403")
    assert raw_exchange(served.port, none)[9:12] in (b"400", b"403")
    assert raw_exchange(served.port, old)[9:12] == b"200"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"])
def test_pages_of_others_may_not_call(served: Served, origin: str) -> None:
    answer = served.call("1101", person(), headers={"Origin": origin})
    assert (answer.status, answer.json["code"]) == (403, "bad_origin")
    assert "access-control-allow-origin" not in answer.headers
    preflight = served.ask(
        "OPTIONS", f"/v1/institutions/{FIRST}/calls/1101", token=None,
        headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
    )  # fmt: skip
    assert preflight.status == 403
    own = served.call("1101", person(), headers={"Origin": f"http://127.0.0.1:{served.port}"})
    assert own.status == 200  # our own documentation


def test_what_a_form_of_a_web_page_can_send_is_no_call(served: Served) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = served.ask(
            "POST", f"/v1/institutions/{FIRST}/calls/1101", raw=b"{}", headers={"Content-Type": kind}
        )
        assert answer.status == 415


def test_a_body_that_is_too_large_is_not_read(served: Served) -> None:
    length = 16 * 1024 * 1024 + 1
    head = (
        f"POST /v1/institutions/{FIRST}/calls/1101 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {served.tokens['operator']}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as line:
        line.sendall(head.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_nothing_personal_is_logged(served: Served) -> None:
    served.call("1101", person(), headers={"User-Agent": PERSON.name.encode().decode("latin-1")})
    served.get(f"/operations/{PERSON.psn_no}?status={PERSON.certno}")
    served.ask("GET", f"/v1/institutions/{PERSON.certno}/calls/{PERSON.certno}")
    served.call("1101", person(PERSON.name, "990101197001010013"))
    lines = [line for line in served.log.splitlines() if "mi_serve" in line]
    assert any(f" {FIRST} 1101 " in line for line in lines)
    for secret in (PERSON.name, PERSON.certno, PERSON.psn_no, "990101197001010013", *served.tokens.values()):
        assert secret not in served.log


@pytest.fixture(scope="module")
def narrow(sandbox: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with tight limits and one allowed page."""
    extra = '\n[serve]\nrate = 5\nbody_seconds = 1.0\nconnections = 20\norigins = ["http://his.lan:8080"]\nhosts = ["mi.lan"]\n'
    service = start(tmp_path_factory.mktemp("narrow"), sandbox, extra)
    try:
        yield service
    finally:
        service.stop()


def test_an_allowed_page_and_name(narrow: Served) -> None:
    origin = "http://his.lan:8080"
    answer = narrow.ask("GET", "/v1/institutions", headers={"Origin": origin, "Host": "MI.lan:9000"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == origin and answer.headers["vary"] == "Origin"
    preflight = narrow.ask("OPTIONS", "/v1/institutions", token=None, headers={
        "Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Private-Network": "true"})  # fmt: skip
    assert preflight.status == 204
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert preflight.headers["access-control-allow-private-network"] == "true"
    assert (
        narrow.ask("GET", "/v1/institutions", token="finance", headers={"Origin": origin + "/"}).status == 403
    )


def test_too_many_requests_of_one_token_leave_the_others_alone(narrow: Served) -> None:
    answers = [narrow.ask("GET", "/v1/institutions", token="auditor") for _ in range(40)]
    refused = [a for a in answers if a.status == 429]
    assert refused and refused[0].json["code"] == "too_many_requests"
    assert int(refused[0].headers["retry-after"]) >= 1
    assert narrow.ask("GET", "/v1/institutions", token="administrator").status == 200


def test_a_body_that_trickles_is_cut_off(narrow: Served) -> None:
    head = (
        f"POST /v1/institutions/{FIRST}/calls/1101 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {narrow.tokens['both']}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    )
    assert raw_exchange(narrow.port, head.encode(), seconds=60).startswith(b"HTTP/1.1 408 ")


def test_heads_that_trickle_are_closed_and_keep_nobody_out(narrow: Served) -> None:
    """Slow loris: more sockets than connections are allowed, none of which ever sends a whole head."""
    lines = [socket.create_connection(("127.0.0.1", narrow.port), timeout=60) for _ in range(30)]
    try:
        for line in lines:
            with contextlib.suppress(OSError):  # one too many is closed at once
                line.sendall(b"GET /health/live HTTP/1.1\r\nHost: ")
        assert [closed(line) for line in lines] == [True] * 30
        assert narrow.ask("GET", "/health/live", token=None).status == 200
    finally:
        for line in lines:
            line.close()


def closed(line: socket.socket) -> bool:
    """The other side hangs up within the socket's time-out; who was one too many is told so before."""
    said = b""
    try:
        while part := line.recv(4096):
            said += part
    except ConnectionError:
        pass
    return not said or b'"code":"too_many_connections"' in said


def test_a_revoked_token_ends_at_once(served: Served, tmp_path: Path) -> None:
    from mi_core.serve.tokens import TokenFile

    file = TokenFile(served.folder / "mi.serve.tokens")
    made, secret = file.new("临时", ["auditor"], [FIRST])
    served.tokens["temporary"] = secret
    assert served.ask("GET", "/v1/institutions", token="temporary").status == 200
    file.revoke(made.id)
    assert served.ask("GET", "/v1/institutions", token="temporary").status == 401
    text = file.path.read_text(encoding="utf-8")
    assert all(token not in text for token in served.tokens.values())
    assert json.loads(text)["tokens"][0]["digest"] and not re.search(r"mi_[A-Za-z0-9_-]{43}", text)


@pytest.mark.skipif(os.name != "posix", reason="rights of files are posix's")
def test_a_token_file_that_others_can_read_is_not_used(served: Served) -> None:
    file = served.folder / "mi.serve.tokens"
    file.chmod(0o644)
    try:
        assert served.ask("GET", "/v1/institutions").status == 503
    finally:
        file.chmod(0o600)
    assert served.ask("GET", "/v1/institutions").status == 200


def test_registration_of_the_other_hospital_is_its_own(served: Served) -> None:
    mine = served.call(
        "2201", registration(), options={"insuplc_admdvs": "990101"}, token="both", institution=SECOND
    )
    assert mine.status == 200
    assert served.get(f"/operations/{mine.json['operation']}", token="both").status == 404
    assert (
        served.get(f"/operations/{mine.json['operation']}", token="other", institution=SECOND).status == 200
    )

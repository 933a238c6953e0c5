"""What old programs, careless programs and browsers send: it works, or one flat error says what to do."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.serve.kit import FIRST, Answer, Served, person, raw_exchange, start

HERE = f"/v1/institutions/{FIRST}"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"


def sent(served: Served, line: bytes, *headers: str, body: bytes = b"", ends: bytes = b"\r\n") -> Answer:
    """A request written by hand; ``line``: method and address."""
    head = [line + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
    head += [
        f"Authorization: Bearer {served.tokens['operator']}".encode(),
        *(h.encode("latin-1") for h in headers),
    ]
    reply = raw_exchange(served.port, ends.join(head) + ends * 2 + body)
    top, _, content = reply.rpartition(b"\r\n\r\n")
    lines = top.split(b"\r\n\r\n")[-1].decode("latin-1").split("\r\n")
    named = dict(text.split(": ", 1) for text in lines[1:])
    return Answer(int(lines[0].split()[1]), {name.lower(): value for name, value in named.items()}, content)


def flat(answer: Answer) -> dict[str, Any]:
    """Its error, which is flat JSON whatever was sent."""
    assert answer.headers["content-type"].startswith("application/json")
    told: dict[str, Any] = answer.json
    assert list(told)[:5] == ["code", "message", "field", "hint", "operation"]
    return told


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
@pytest.mark.parametrize("place", ["/operations/", "/lookup/drug?q="])
def test_raw_chinese_in_an_address_is_told_how_to_be_written(
    served: Served, charset: str, place: str
) -> None:
    answer = sent(served, f"GET {HERE}{place}".encode() + "阿莫西林㐂".encode(charset))
    assert (answer.status, flat(answer)["code"]) == (400, "bad_url")
    assert "%XX" in answer.json["hint"] and "阿莫西林" not in answer.body.decode()
    assert sent(served, f"GET {HERE}/lookup/drug?q=a b".encode()).json["code"] == "bad_url"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_encoded_chinese_means_the_same_in_both_character_sets(served: Served, charset: str) -> None:
    key = quote("门诊王㐂1".encode(charset))
    told = served.get(f"/flows/outpatient/{key}").json
    assert told["key"] == "门诊王㐂1"
    word = served.get(
        f"/lookup/dict?q={quote('女'.encode(charset))}&type={quote('性别㐂'.encode(charset))}"
    ).json
    assert "性别㐂" in word["message"]


@pytest.mark.parametrize(
    ("line", "headers", "code"),
    [
        (b"NONSENSE", (), "bad_http"), (b"GET /docs?" + b"a" * 9000, (), "too_long"), (b"GET /docs", ("X: " + "a" * 9000,), "too_long"),
        (b"POST /docs", ("Content-Length: 2", "Content-Length: 3"), "bad_http"), (b"POST /docs", ("Content-Length: x",), "bad_http"),
        (b"POST /docs", ("Content-Type: text/plain", "Content-Type: application/json", "Content-Length: 0"), "bad_http"),
    ],
    ids=["no-request", "long-address", "long-header", "two-lengths", "odd-length", "two-types"],
)  # fmt: skip
def test_what_is_no_http_gets_a_flat_error(
    served: Served, line: bytes, headers: tuple[str, ...], code: str
) -> None:
    answer = sent(served, line, *headers)
    assert (answer.status, flat(answer)["code"]) == (400, code)
    assert answer.json["hint"] and "aiohttp" not in str(answer.headers) and "\\x" not in answer.body.decode()
    assert served.ask("GET", "/health/live", token=None).status == 200


def test_lines_that_end_in_a_line_feed_only(served: Served) -> None:
    assert flat(sent(served, b"GET /docs", ends=b"\n"))["code"] in ("bad_http", "bad_url")


def test_two_tokens_are_no_token(served: Served) -> None:
    told = sent(served, f"GET {HERE}/operations".encode(), "Authorization: Bearer mi_x")
    assert (told.status, flat(told)["field"]) == (400, "Authorization")


def test_an_expectation_nobody_knows_does_not_lose_a_bill(served: Served) -> None:
    body = json.dumps({"input": person()}).encode()
    head = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: miracles")
    assert sent(served, f"POST {HERE}/calls/1101".encode(), *head, body=body).status == 200
    go_on = (*head[:2], "Expect: 100-Continue")
    assert sent(served, f"POST {HERE}/calls/1101".encode(), *go_on, body=body).status == 200


def test_a_gbk_body_without_a_word_about_it(served: Served) -> None:
    told = served.ask("POST", f"{HERE}/calls/1101", raw='{"input": "王"}'.encode("gbk"))
    assert (told.status, flat(told)["code"]) == (400, "bad_json")
    assert "charset=gb18030" in told.json["hint"]


def test_a_long_body_without_a_length_is_cut_off(served: Served) -> None:
    """Chunked, so that its size is known only when it has come."""
    head = (
        f"POST {HERE}/calls/1101 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
        f"Authorization: Bearer {served.tokens['operator']}\r\nContent-Type: application/json\r\n\r\n"
    )
    piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as line:
        line.sendall(head.encode())
        try:
            for _ in range(17):
                line.sendall(piece)
            line.sendall(b"0\r\n\r\n")
            reply = line.recv(65536)
        except ConnectionError:
            return  # hung up before all of it had come
    assert reply.startswith(b"HTTP/1.1 413 ") and b'"code":"too_large"' in reply


def test_head_and_options(served: Served) -> None:
    """What load balancers and monitors ask."""
    for path in ("/health/live", "/docs", "/docs/docs.css"):
        answer = served.ask("HEAD", path, token=None)
        assert (answer.status, answer.body) == (200, b""), path
    wrong = served.ask("OPTIONS", "/health/live", token=None)
    assert (wrong.status, flat(wrong)["code"]) == (405, "method_not_allowed")
    put = served.ask("PUT", f"{HERE}/calls/1101", {})
    assert put.status == 405 and "POST" in put.json["hint"]


def test_the_bare_address_leads_to_the_documentation(served: Served) -> None:
    for token in (None, "operator"):
        answer = served.ask("GET", "/", token=token)
        assert (answer.status, answer.headers["location"]) == (302, "/docs")
    for path in ("/docs", "/docs/"):
        page = served.ask("GET", path, token=None)
        assert page.status == 200 and "mi serve token new" in page.body.decode()


def test_a_browser_without_a_token_is_told_how(served: Served) -> None:
    page = served.ask("GET", f"{HERE}/operations", token=None, headers={"Accept": BROWSER})
    assert page.status == 401 and page.headers["content-type"].startswith("text/html")
    text = page.body.decode()
    assert 'href="/docs"' in text and "mi serve token new" in text and "Authorization: Bearer" in text
    assert page.headers["www-authenticate"].startswith("Bearer")
    program = served.ask("GET", f"{HERE}/operations", token=None, headers={"Accept": JAVA})
    assert flat(program)["code"] == "unauthorised"


@pytest.fixture(scope="module")
def crowded(sandbox: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that takes few connections, and fewer of one address."""
    extra = "\n[serve]\nconnections = 8\nconnections_of_one = 3\n"
    service = start(tmp_path_factory.mktemp("crowded"), sandbox, extra)
    try:
        yield service
    finally:
        service.stop()


def from_address(served: Served, address: str) -> socket.socket:
    """A connection that is kept open: a health check has been answered on it, or it says why not."""
    line = socket.create_connection(("127.0.0.1", served.port), timeout=60, source_address=(address, 0))
    line.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return line


def status(line: socket.socket) -> int:
    try:
        return int(line.recv(65536).split()[1])
    except (ConnectionError, IndexError):
        return 503  # hung up before the answer was read


def test_one_address_cannot_hold_all_connections(crowded: Served) -> None:
    """Every address of 127.0.0.0/8 is a machine of its own here."""
    lines = [from_address(crowded, "127.0.0.2") for _ in range(8)]
    others = [from_address(crowded, "127.0.0.3") for _ in range(2)]
    try:
        answers = [status(line) for line in lines]
        assert answers == [200] * 3 + [503] * 5
        assert [status(line) for line in others] == [200, 200]
        lines[0].sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status(lines[0]) == 200  # who was in stays in
    finally:
        for line in (*lines, *others):
            line.close()
    assert "127.0.0.2 has more than 3 connections" in crowded.log
    while status(again := from_address(crowded, "127.0.0.2")) != 200:  # as soon as those are gone
        again.close()
    again.close()


def test_the_log_is_in_chinas_time_with_its_offset(served: Served) -> None:
    served.ask("GET", "/health/live", token=None)
    stamps = re.findall(r"^(\S+ \S+) INFO mi_serve.access", served.log, re.M)
    moment = dt.datetime.fromisoformat(stamps[-1])
    assert stamps[-1].endswith("+08:00") and moment.utcoffset() == dt.timedelta(hours=8)
    assert abs(dt.datetime.now(dt.UTC) - moment) < dt.timedelta(hours=1)

"""What ``mi call`` is given: files of any bytes, odd ``--set`` paths. Each mistake is told in one line, exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from mi_core.cli.call_input import call_input, read_operator
from tests.cli.shell import mi

GBK = '{"psn_name": "张三"}'.encode("gb18030")

FILES: dict[str, tuple[bytes, str, str]] = {
    "deep": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "嵌套超过", "nested deeper"),
    "a little too deep": (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "嵌套超过", "nested deeper"),
    "gbk": (GBK, "--encoding gb18030", "--encoding gb18030"),
    "broken": (b'{\n "a": 1,,}', "第 2 行第 9 列", "line 2, column 9"),
    "twice": (b'{"data": {"psn_no": "1", "psn_no": "2"}}', "psn_no 出现了两次", "psn_no stands twice"),
    "nan": (b'{"a": NaN}', "NaN 不是数", "NaN is no number"),
    "huge": (b'{"a": ' + b"1" * 5000 + b"}", "数无法读取", "unreadable number"),
    "list": (b"[]", "应为 JSON 对象", "must be a JSON object"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_bad_file_is_told(kind: str, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, zh, en = FILES[kind]
    monkeypatch.setenv("MI_LANG", lang)
    file = tmp_path / "visit.json"
    file.write_bytes(content)
    with pytest.raises(click.BadParameter) as caught:
        call_input("2207", str(file), ())
    assert (en if lang == "en" else zh) in caught.value.message


def test_a_bad_file_is_no_traceback(tmp_path: Path) -> None:
    for content in (FILES["deep"][0], GBK):
        code, out, err = mi("call", "2207", "--file", "-", "--json", given=content, place=tmp_path)
        assert (code, out) == (2, "") and "--file" in err


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "visit.json"
    file.write_bytes(GBK)
    assert call_input("2207", str(file), (), "gb18030") == {"psn_name": "张三"}
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps({"psn_no": "1"}).encode())
    assert call_input("2207", str(file), ()) == {"psn_no": "1"}
    with pytest.raises(click.BadParameter, match="nix"):
        call_input("2207", str(file), (), "nix")


@pytest.mark.parametrize(
    ("code", "setting", "told"),
    [
        ("2207", "data=5", "data.psn_no=…"), ("2203", "diseinfo=x", "diseinfo.0.diag_type=…"),
        ("2203", "diseinfo.7.diag_type=1", "7"), ("2203", "diseinfo.99999999999999999999=x", "99999"),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere(code: str, setting: str, told: str) -> None:
    with pytest.raises(click.BadParameter, match=told):
        call_input(code, None, (setting,))


@pytest.mark.parametrize("text", ["foo", ":foo", "foo:", " : "])
def test_an_operator_has_a_number_and_a_name(text: str) -> None:
    with pytest.raises(click.BadParameter, match="001"):
        read_operator(text)


def test_a_good_operator() -> None:
    assert read_operator("7:七:a") == {"id": "7", "name": "七:a"}
    assert read_operator(None) is None

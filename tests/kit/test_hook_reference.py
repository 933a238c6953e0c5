"""Every hook is documented as it is, has a test, and the pages people read are current."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from mi_core.plugin import providers
from mi_core.plugin.reference import HOOKS, hook_names, page, signature
from mi_core.plugin.specs import HOOK_API, OLDEST_HOOK_API, MiHooks

ROOT = Path(__file__).resolve().parents[2]
NAMES = pytest.mark.parametrize("name", hook_names())


def test_every_hook_is_documented_in_order_and_nothing_else_is() -> None:
    assert list(HOOKS) == list(hook_names())


@NAMES
def test_its_arguments_are_those_of_the_specification(name: str) -> None:
    arguments = [a for a in inspect.signature(getattr(MiHooks, name)).parameters if a != "self"]
    assert list(HOOKS[name].arguments) == arguments
    assert signature(name).startswith(f"{name}(")


@NAMES
def test_it_is_told_in_both_languages_and_since_when(name: str) -> None:
    hook = HOOKS[name]
    texts = [hook.when, hook.exception, *hook.arguments.values()]
    assert all(text.zh and text.en and text.zh != text.en for text in texts)
    assert OLDEST_HOOK_API <= hook.since <= HOOK_API
    assert all(hasattr(providers, shape) for shape in hook.provides)
    assert inspect.getdoc(getattr(MiHooks, name))


def implementations() -> dict[str, set[str]]:
    """Hook -> test files that implement it (in plugins made of source text, too)."""
    found: dict[str, set[str]] = {name: set() for name in hook_names()}
    for file in (ROOT / "tests").rglob("test_*.py"):
        if file == Path(__file__):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            defined = node.name if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else ""
            texts = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            for name in found:
                if defined == name or f"def {name}(" in texts:
                    found[name].add(file.name)
    return found


@NAMES
def test_it_has_a_test_that_implements_it(name: str) -> None:
    assert implementations()[name], f"no test has a plugin with {name}"


@pytest.mark.parametrize(("language", "file"), [("en", "hooks.md"), ("zh", "hooks.zh-CN.md")])
def test_the_pages_are_current(language: str, file: str) -> None:
    written = (ROOT / "docs" / file).read_text(encoding="utf-8")
    assert written == page(language), "run: mi plugins hooks --write docs"  # type: ignore[arg-type]  # one of the two
    assert all(f"`{name}`" in written for name in hook_names())

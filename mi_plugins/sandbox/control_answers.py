"""How a control endpoint says what is wrong: ``error`` in English, ``error_zh`` in Chinese; commands show the operator's."""

from __future__ import annotations

import json

from aiohttp import web

from mi_plugins.sandbox.refusal import BureauRefusal, WrongOrder

__all__ = ["answer_of", "wrong"]


def answer_of(error: Exception) -> dict[str, str]:
    """Both texts."""
    if isinstance(error, WrongOrder):
        return {"error": error.en, "error_zh": error.zh}
    if isinstance(error, BureauRefusal):
        return {"error": f"the bureau refuses: {error}", "error_zh": str(error)}
    if isinstance(error, json.JSONDecodeError):
        return {"error": f"this is no JSON: {error}", "error_zh": f"不是 JSON：{error}"}
    return {"error": str(error), "error_zh": f"无法使用：{error}"}


def wrong(error: Exception, status: int = 400) -> web.Response:
    """As the answer of an endpoint."""
    return web.json_response(answer_of(error), status=status)

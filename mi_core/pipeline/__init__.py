"""From a typed request to a typed reply, stage by stage: prepare → validate → encode → envelope → seal → log → send →
open → parse → classify → log → decode → observe. Each stage is a small function over a frozen context that grows."""

from mi_core.pipeline.contexts import CallOptions, InputCtx, OutputCtx, RequestCtx, ResponseCtx
from mi_core.pipeline.options import options_of
from mi_core.pipeline.run import run_call
from mi_core.pipeline.runtime import Runtime

__all__ = [
    "CallOptions",
    "InputCtx",
    "OutputCtx",
    "RequestCtx",
    "ResponseCtx",
    "Runtime",
    "options_of",
    "run_call",
]

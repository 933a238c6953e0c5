"""``python -m mi_plugins.sandbox``: the same as ``mi sandbox``."""

from __future__ import annotations

import sys

from mi_core.cli.text import print_error
from mi_core.errors import MiError
from mi_plugins.sandbox.cli import sandbox

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        sandbox(prog_name="python -m mi_plugins.sandbox")
    except MiError as error:
        print_error(error.message())
        sys.exit(1)

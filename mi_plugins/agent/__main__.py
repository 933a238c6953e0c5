"""``python -m mi_plugins.agent``: the same as ``mi agent``."""

from mi_core.cli.exits import exit_code
from mi_core.cli.text import print_error
from mi_core.errors import MiError
from mi_plugins.agent.cli import agent

if __name__ == "__main__":
    try:
        agent()
    except MiError as error:
        print_error(error.message())
        raise SystemExit(exit_code(error)) from None

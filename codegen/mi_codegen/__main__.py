"""``python -m mi_codegen`` is ``mi codegen``."""

from mi_codegen.cli import codegen

codegen(prog_name="mi codegen")

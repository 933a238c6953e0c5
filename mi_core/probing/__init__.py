"""Harmless questions to a test gateway: how it writes its replies, how old a message may be, what it takes and refuses.

Only queries are sent, through an :class:`~mi_core.client.AsyncClient` whose gateway profile is watched. What was found
out becomes a section of ``mi.toml``; what was not is said as a comment, and nothing is guessed. See ``mi probe``.
"""

from mi_core.probing.findings import Finding, as_toml
from mi_core.probing.line import Line, Seen, open_line
from mi_core.probing.questions import Known, probe

__all__ = ["Finding", "Known", "Line", "Seen", "as_toml", "open_line", "probe"]

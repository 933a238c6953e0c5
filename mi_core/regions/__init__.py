"""One interface in two dialects: a request written for one document is sent under another, its reply read back.

Fields are found again by their code; nodes by name, by what they are, or by the fields that they share. What has no place in
the other document is refused when it carries a value, never dropped.
"""

from mi_core.regions.filling import filled
from mi_core.regions.plan import class_name, plan_of
from mi_core.regions.recast import recast
from mi_core.regions.reread import Lossy, reads_as_it_is, reread

__all__ = ["Lossy", "class_name", "filled", "plan_of", "reads_as_it_is", "recast", "reread"]

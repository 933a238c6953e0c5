"""Field kinds: how a value of each kind is checked, read, parsed and written. The vocabulary of generated modules."""

from mi_core.model.fields.base import Field, Unreadable
from mi_core.model.fields.day import EARLIEST, Day, Moment
from mi_core.model.fields.node import Inline, MemberSpec, Node, Root
from mi_core.model.fields.number import Flag, Integer, Number, remainder
from mi_core.model.fields.open import Anything, Many, Strings
from mi_core.model.fields.text import Coded, DateText, Digits, Text

__all__ = [
    "EARLIEST",
    "Anything",
    "Coded",
    "DateText",
    "Day",
    "Digits",
    "Field",
    "Flag",
    "Inline",
    "Integer",
    "Many",
    "MemberSpec",
    "Moment",
    "Node",
    "Number",
    "Root",
    "Strings",
    "Text",
    "Unreadable",
    "remainder",
]

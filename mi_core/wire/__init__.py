"""Bytes <-> objects: the head of a reply, its ``output`` as a typed response, the public cattrs converter.

>>> from mi_core.interfaces import by_code
>>> envelope = read_reply(b'{"infcode":0,"output":{"data":{"mdtrt_id":"1"}}}', strict=True)
>>> decode_output(by_code("2201"), envelope, strict=True)[0].data.mdtrt_id
'1'
"""

from mi_core.model.fields.reading import MissingProof
from mi_core.model.fields.writing import to_bytes
from mi_core.wire.envelope import ReplyEnvelope, read_reply
from mi_core.wire.front import ReplyMalformed
from mi_core.wire.hooks import converter
from mi_core.wire.output import decode_output

__all__ = [
    "MissingProof",
    "ReplyEnvelope",
    "ReplyMalformed",
    "converter",
    "decode_output",
    "read_reply",
    "to_bytes",
]
